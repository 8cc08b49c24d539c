import type { Batch } from '../history-store.ts';

/** How many rows, by reason. */
export type Counts = Readonly<Record<string, number>>;

/** What a file of market data holds. */
export interface Parsed {
  readonly batches: readonly Batch[];
  /** Rows that cannot be true. */
  readonly refused: Counts;
  /** Rows that are right and are no part of the series: prices of the pre-open, summaries. */
  readonly leftOut: Counts;
  /** What the reader of these rows should know. */
  readonly notes: readonly string[];
}

export interface Tally {
  readonly add: (reason: string) => void;
  readonly counts: () => Counts;
}

export function createTally(): Tally {
  const counts: Record<string, number> = {};
  return {
    add: (reason) => {
      counts[reason] = (counts[reason] ?? 0) + 1;
    },
    counts: () => counts,
  };
}

export const rowsIn = ({ batches }: Parsed): number => batches.reduce((sum, { rows }) => sum + rows.length, 0);
