import type { EpochMs } from '../../kernel/time.ts';

/** When a row's features end and when its label was known: [atMs, endMs]. */
export interface Spanned {
  readonly atMs: EpochMs;
  readonly endMs: EpochMs;
}

/** Places of rows. */
export interface Split {
  readonly train: readonly number[];
  readonly test: readonly number[];
}

/**
 * Walk-forward: the rows, in order of time, are cut into `folds + 1` blocks of the same count; each block but the first is tested
 * by what was learnt from before it. Purged: a row whose label was not known when the test begins is left out of training. Embargoed: so is one
 * whose label became known less than `embargoMs` before, for what it was made from reaches into the test.
 * @see Lopez de Prado: "Advances in financial machine learning" (2018), chapter 7
 */
export function walkForward(rows: readonly Spanned[], folds: number, embargoMs: number): readonly Split[] {
  return blocksOf(rows, folds + 1)
    .slice(1)
    .map((test) => {
      const startMs = firstOf(rows, test);
      const train = places(rows).filter((row) => (rows[row] as Spanned).endMs + embargoMs <= startMs);
      return { train, test };
    })
    .filter(({ test }) => test.length > 0);
}

/**
 * Cross-validation within training: the same blocks, each held out once and the rest learnt from, without the rows whose span comes within
 * `embargoMs` of the block on either side.
 * @param among  places of the rows to divide
 */
export function purgedFolds(rows: readonly Spanned[], among: readonly number[], folds: number, embargoMs: number): readonly Split[] {
  const own = among.map((row) => rows[row] as Spanned);
  return blocksOf(own, folds).map((block) => {
    const startMs = firstOf(own, block) - embargoMs;
    const endMs = block.reduce((latest, row) => Math.max(latest, (own[row] as Spanned).endMs), 0) + embargoMs;
    const train = places(own).filter((row) => (own[row] as Spanned).endMs <= startMs || (own[row] as Spanned).atMs >= endMs);
    const named = (local: readonly number[]): readonly number[] => local.map((row) => among[row] as number);
    return { train: named(train), test: named(block) };
  });
}

const places = (rows: readonly unknown[]): readonly number[] => rows.map((_, row) => row);

const firstOf = (rows: readonly Spanned[], block: readonly number[]): EpochMs =>
  block.reduce((first, row) => Math.min(first, (rows[row] as Spanned).atMs), Number.POSITIVE_INFINITY);

/** Blocks of rows in order of time. Rows of one instant stay together: what happened at once is not split into past and future. */
function blocksOf(rows: readonly Spanned[], count: number): readonly (readonly number[])[] {
  const order = [...places(rows)].sort((a, b) => (rows[a] as Spanned).atMs - (rows[b] as Spanned).atMs || a - b);
  const blocks: number[][] = Array.from({ length: count }, () => []);
  let block = 0;
  order.forEach((row, index) => {
    const before = order[index - 1];
    const isSameInstant = before !== undefined && (rows[before] as Spanned).atMs === (rows[row] as Spanned).atMs;
    if (!isSameInstant) block = Math.max(block, Math.floor((index * count) / order.length));
    (blocks[block] as number[]).push(row);
  });
  return blocks;
}
