import type { Taking } from '../contracts/fill.ts';
import { add, type Decimal, divide, fromNumber, max, min, multiply, subtract, toStep, ZERO } from '../kernel/decimal.ts';
import type { EpochMs } from '../kernel/time.ts';
import type { BookLevel } from '../market/order-book.ts';

/** What an order takes out of a book. */
export interface BookWalk {
  readonly quantity: Decimal;
  /** Average price, rounded to 8 places against the order. */
  readonly price: Decimal;
  readonly levels: readonly BookLevel[];
}

export interface BookWalker {
  readonly side: 'buy' | 'sell';
  readonly quantity: Decimal;
  readonly lotStep: Decimal;
  /** The worst price that may be paid or taken; null for any. */
  readonly limit: Decimal | null;
  /** What this account took from this side of the market a short while ago. */
  readonly takings: readonly Taking[];
}

/**
 * Walks the levels of the opposite side from the best on, each for what stands there less what this account took from it.
 * What a taking took stays missing while it is remembered, also when the book is told again: real books do not know of us.
 * @param levels best first
 * @returns null when nothing of a whole lot can be had
 */
export function walkBook(levels: readonly BookLevel[], { side, quantity, lotStep, limit, takings }: BookWalker): BookWalk | null {
  const taken = takenByPrice(takings, side);
  const steps: { readonly price: Decimal; readonly quantity: Decimal; readonly level: BookLevel }[] = [];
  const wanted = wholeLots(quantity, quantity, lotStep);
  let left = wanted;
  for (const level of levels) {
    const price = fromNumber(level.price);
    if (left <= 0n || (limit !== null && (side === 'buy' ? price > limit : price < limit))) break;
    const standing = subtract(fromNumber(level.quantity), taken.get(level.price) ?? ZERO);
    const step = wholeLots(left, standing, lotStep);
    if (step <= 0n) continue;
    steps.push({ price, quantity: step, level });
    left = subtract(left, step);
  }
  if (steps.length === 0) return null;
  const got = subtract(wanted, left);
  const notional = steps.reduce((total, step) => add(total, multiply(step.quantity, step.price, side === 'buy' ? 'up' : 'down')), ZERO);
  return {
    quantity: got,
    price: steps.length === 1 ? (steps[0] as (typeof steps)[number]).price : divide(notional, got, side === 'buy' ? 'ceil' : 'floor'),
    levels: steps.map((step) => ({ price: step.level.price, quantity: Number(step.quantity) / 1e8 })),
  };
}

/**
 * What of an order fills when so much is there: whole lots, as the venue takes them. An order under one lot, which a commission
 * in coin can leave of a small holding, fills whole or not at all: otherwise its position would never end.
 */
export function wholeLots(wanted: Decimal, available: Decimal, lotStep: Decimal): Decimal {
  if (wanted < lotStep) return wanted <= available ? wanted : ZERO;
  return max(ZERO, toStep(min(wanted, available), lotStep, 'down'));
}

/** Units taken a price, of one side of the market. */
export function takenByPrice(takings: readonly Taking[], side: 'buy' | 'sell'): ReadonlyMap<number, Decimal> {
  const taken = new Map<number, Decimal>();
  for (const taking of takings) {
    if (taking.side !== side) continue;
    for (const { price, quantity } of taking.levels) taken.set(price, add(taken.get(price) ?? ZERO, fromNumber(quantity)));
  }
  return taken;
}

/** Units taken on one side since an instant. Takings of a few seconds are kept as one: some may be older, which is the cautious side. */
export function takenSince(takings: readonly Taking[], side: 'buy' | 'sell', fromMs: EpochMs): Decimal {
  const since = takings.filter((taking) => taking.side === side && taking.atMs >= fromMs);
  return since.reduce((total, taking) => add(total, taking.quantity), ZERO);
}
