import type { Fill, Taking } from '../contracts/fill.ts';
import { add, type Decimal, fromNumber, toNumber, ZERO } from '../kernel/decimal.ts';
import { MINUTE_MS, SECOND_MS } from '../kernel/time.ts';

/**
 * How long a taking is remembered, ms. Real books do not know of what a paper account took: for a minute it is missing from
 * the levels it was taken from, and it counts against the account's share of the traded volume. After that others are
 * assumed to have replaced it.
 */
export const TAKING_MEMORY_MS = MINUTE_MS;

/**
 * Takings of one side of a market within such a slot are kept as one, under the time of the newest: an account that fills often
 * would carry every fill of the minute. They are remembered by up to a slot longer for it, which is the cautious side.
 */
const SLOT_MS = 5 * SECOND_MS;

/** The takings after a fill, without those that are forgotten by then; oldest first. */
export function remember(takings: readonly Taking[], { atMs, taken }: Pick<Fill, 'atMs' | 'taken'>): readonly Taking[] {
  const recent = takings.filter((taking) => atMs - taking.atMs < TAKING_MEMORY_MS);
  if (taken === null) return recent.length === takings.length ? takings : recent;
  const before = recent.findIndex((taking) => isOfOneSlot(taking, taken));
  const known = recent[before];
  return known === undefined ? [...recent, taken] : [...recent.toSpliced(before, 1), together(known, taken)];
}

const isOfOneSlot = (a: Taking, b: Taking): boolean => a.symbol === b.symbol && a.side === b.side && slotOf(a) === slotOf(b);

const slotOf = ({ atMs }: Taking): number => Math.floor(atMs / SLOT_MS);

function together(a: Taking, b: Taking): Taking {
  const levels = new Map<number, Decimal>();
  for (const { price, quantity } of [...a.levels, ...b.levels]) levels.set(price, add(levels.get(price) ?? ZERO, fromNumber(quantity)));
  return {
    symbol: a.symbol,
    side: a.side,
    quantity: add(a.quantity, b.quantity),
    levels: [...levels].map(([price, quantity]) => ({ price, quantity: toNumber(quantity) })),
    atMs: Math.max(a.atMs, b.atMs),
  };
}

/** What is still remembered of a symbol's market at an instant; bought from the asks, sold to the bids. */
export function takenFrom(takings: readonly Taking[], symbol: string, atMs: number): readonly Taking[] {
  return takings.filter((taking) => taking.symbol === symbol && atMs - taking.atMs < TAKING_MEMORY_MS);
}
