/** How a feature was spread in training: the edges between its bins, and the share of the rows in each; the last share is of rows where it is missing. */
export interface Spread {
  readonly edges: readonly number[];
  readonly shares: readonly number[];
}

const BINS = 5;

/** Bins of about the same count of the values that are there; fewer where many are the same. NaN is missing. */
export function spreadOf(values: readonly number[]): Spread {
  const sorted = values.filter((value) => !Number.isNaN(value)).sort((a, b) => a - b);
  const cuts = Array.from({ length: BINS - 1 }, (_, cut) => sorted[Math.floor(((cut + 1) * sorted.length) / BINS)] as number);
  const edges = sorted.length === 0 ? [] : [...new Set(cuts)];
  const counts = new Array<number>(edges.length + 2).fill(0);
  for (const value of values) {
    const bin = binOf(edges, Number.isNaN(value) ? null : value);
    counts[bin] = (counts[bin] as number) + 1;
  }
  return { edges, shares: counts.map((count) => count / Math.max(1, values.length)) };
}

/** The bin of a value; null is missing. */
export const binOf = (edges: readonly number[], value: number | null): number =>
  value === null ? edges.length + 1 : edges.filter((edge) => value >= edge).length;

/**
 * Population stability index of live counts by bin against the shares of training: how far the population has moved.
 *
 *   PSI = sum over bins (live - trained) ln(live / trained)
 *
 * Below .1 it is the same population, above .25 another one. An empty bin counts as half a row.
 * @see Siddiqi: "Credit risk scorecards" (2006)
 */
export function stabilityIndex(shares: readonly number[], counts: readonly number[]): number {
  const total = Math.max(
    1,
    counts.reduce((sum, count) => sum + count, 0),
  );
  const least = 0.5 / total;
  return shares.reduce((sum, share, bin) => {
    const trained = Math.max(least, share);
    const seen = Math.max(least, (counts[bin] ?? 0) / total);
    return sum + (seen - trained) * Math.log(seen / trained);
  }, 0);
}
