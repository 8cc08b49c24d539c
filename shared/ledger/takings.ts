import type { Fill, Taking } from '../contracts/fill.ts';
import { add, fromNumber, toNumber } from '../kernel/decimal.ts';
import { MINUTE_MS, SECOND_MS } from '../kernel/time.ts';
import type { BookLevel } from '../market/order-book.ts';

/**
 * How long a taking is remembered, ms. Real books do not know of what a paper account took: for a minute it is missing from
 * the levels it was taken from, and it counts against the account's share of the traded volume. After that others are
 * assumed to have replaced it.
 */
export const TAKING_MEMORY_MS = MINUTE_MS;

/**
 * Takings of one side of a market within one such span are kept as one, as of the last of them, ms. They are written with the
 * account at every commit: a burst of fills must not make it grow. The first of a span is remembered that much longer.
 */
const SPAN_MS = 10 * SECOND_MS;

/** The takings after a fill, without those that are forgotten by then; oldest first. */
export function remember(takings: readonly Taking[], { taken, atMs: nowMs }: Pick<Fill, 'taken' | 'atMs'>): readonly Taking[] {
  const recent = takings.filter(({ atMs }) => nowMs - atMs < TAKING_MEMORY_MS);
  if (taken === null) return recent.length === takings.length ? takings : recent;
  const same = recent.find((taking) => isOfOneSpan(taking, taken));
  return same === undefined ? [...recent, taken] : [...recent.filter((taking) => taking !== same), together(same, taken)];
}

/** What is still remembered of a symbol's market at an instant; bought from the asks, sold to the bids. */
export function takenFrom(takings: readonly Taking[], symbol: string, atMs: number): readonly Taking[] {
  return takings.filter((taking) => taking.symbol === symbol && atMs - taking.atMs < TAKING_MEMORY_MS);
}

const isOfOneSpan = (a: Taking, b: Taking): boolean =>
  a.symbol === b.symbol && a.side === b.side && Math.floor(a.atMs / SPAN_MS) === Math.floor(b.atMs / SPAN_MS);

const together = (a: Taking, b: Taking): Taking => ({ ...b, quantity: add(a.quantity, b.quantity), levels: levelsTogether(a.levels, b.levels) });

function levelsTogether(a: readonly BookLevel[], b: readonly BookLevel[]): readonly BookLevel[] {
  const sums = new Map(a.map(({ price, quantity }) => [price, fromNumber(quantity)]));
  for (const { price, quantity } of b) {
    const known = sums.get(price);
    sums.set(price, known === undefined ? fromNumber(quantity) : add(known, fromNumber(quantity)));
  }
  return [...sums].map(([price, quantity]) => ({ price, quantity: toNumber(quantity) }));
}
