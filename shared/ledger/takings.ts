import type { Fill, Taking } from '../contracts/fill.ts';
import { MINUTE_MS } from '../kernel/time.ts';

/**
 * How long a taking is remembered, ms. Real books do not know of what a paper account took: for a minute it is missing from
 * the levels it was taken from, and it counts against the account's share of the traded volume. After that others are
 * assumed to have replaced it.
 */
export const TAKING_MEMORY_MS = MINUTE_MS;

/** The takings after a fill, without those that are forgotten by then. */
export function remember(takings: readonly Taking[], fill: Fill): readonly Taking[] {
  const recent = takings.filter(({ atMs }) => fill.atMs - atMs < TAKING_MEMORY_MS);
  if (fill.taken !== null) return [...recent, fill.taken];
  return recent.length === takings.length ? takings : recent;
}

/** What is still remembered of a symbol's market at an instant; bought from the asks, sold to the bids. */
export function takenFrom(takings: readonly Taking[], symbol: string, atMs: number): readonly Taking[] {
  return takings.filter((taking) => taking.symbol === symbol && atMs - taking.atMs < TAKING_MEMORY_MS);
}
