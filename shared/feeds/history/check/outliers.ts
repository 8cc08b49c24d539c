import { DAY_MS, type EpochMs } from '../../../kernel/time.ts';

/** A price at an instant. */
export interface Point {
  readonly atMs: EpochMs;
  readonly price: number;
}

export interface OutlierRule {
  /** Least move in robust standard deviations of the returns. */
  readonly sigmas: number;
  /** Least move as a share of the price, whatever the deviation: a quiet series has a tiny one. */
  readonly leastMove: number;
}

export interface Outlier {
  readonly atMs: EpochMs;
  readonly price: number;
  readonly before: number;
  readonly after: number;
  /** The move in robust standard deviations. */
  readonly sigmas: number;
}

/** Over a longer time without a price a move says nothing. */
const LONGEST_PAUSE_MS = 5 * DAY_MS;
/** A return counts as taken back when what is left of it after the next one is at most this share. */
const MOST_LEFT = 0.25;
/** Of a normal distribution the median absolute deviation is this share of the standard deviation's reciprocal. */
const SIGMA_OF_MAD = 1.4826;

/**
 * Prices that leave the series for one point and come back: what a bad print looks like. A jump that stays is news, or a
 * split. Returns are logarithmic; their scale is the median absolute deviation, which the outliers themselves do not move.
 *
 *   sigma = 1.4826 * median(|r - median(r)|)
 *
 * @see Rousseeuw, Croux: "Alternatives to the Median Absolute Deviation" (1993)
 */
export function outliersIn(points: readonly Point[], { sigmas, leastMove }: OutlierRule): readonly Outlier[] {
  const returns = points.slice(1).map(({ price }, index) => Math.log(price / (points[index]?.price ?? price)));
  const sigma = robustSigma(returns);
  const found: Outlier[] = [];
  for (let i = 0; i + 1 < returns.length; i++) {
    const [move, back] = [returns[i] ?? 0, returns[i + 1] ?? 0];
    const isLarge = Math.abs(move) >= leastMove && Math.abs(move) >= sigmas * sigma;
    if (!isLarge || Math.abs(move + back) > MOST_LEFT * Math.abs(move)) continue;
    const [before, point, after] = points.slice(i, i + 3);
    if (before === undefined || point === undefined || after === undefined) continue;
    if (point.atMs - before.atMs > LONGEST_PAUSE_MS || after.atMs - point.atMs > LONGEST_PAUSE_MS) continue;
    found.push({
      atMs: point.atMs,
      price: point.price,
      before: before.price,
      after: after.price,
      sigmas: sigma === 0 ? Number.POSITIVE_INFINITY : Math.abs(move) / sigma,
    });
  }
  return found;
}

/** The scale of values by their median absolute deviation; 0 for fewer than two of them. */
export function robustSigma(values: readonly number[]): number {
  if (values.length < 2) return 0;
  const middle = median(values);
  return SIGMA_OF_MAD * median(values.map((value) => Math.abs(value - middle)));
}

function median(values: readonly number[]): number {
  const sorted = Float64Array.from(values).sort();
  const half = sorted.length >> 1;
  return sorted.length % 2 === 1 ? (sorted[half] ?? 0) : ((sorted[half - 1] ?? 0) + (sorted[half] ?? 0)) / 2;
}
