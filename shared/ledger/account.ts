import type { AccountHead } from '../contracts/journal.ts';
import type { Order } from '../contracts/order.ts';
import type { Position } from '../contracts/position.ts';
import { add, type Decimal, max, min, multiply, subtract, sum, toNumber, ZERO } from '../kernel/decimal.ts';
import { NightdeskError } from '../kernel/errors.ts';

export class LedgerError extends NightdeskError<
  'unbalanced' | 'unknown_order' | 'unknown_position' | 'wrong_sequence' | 'not_started' | 'already_started' | 'wrong_quantity'
> {}

/** A session's account as a value: its head, open positions and working orders. Changed only by `apply`. */
export interface Account extends AccountHead {
  readonly positions: ReadonlyMap<string, Position>;
  readonly orders: ReadonlyMap<string, Order>;
}

/** Base currency for one unit of a currency, or null where no rate is known. */
export type RateOf = (currency: Position['currency']) => Decimal | null;
/** Price at which a position in a symbol is valued, quote currency, or null where none is known. */
export type MarkOf = (symbol: string, position: Position) => Decimal | null;

/** Whether nothing but the difference of prices changes hands: futures, dated and perpetual. Options are paid for. */
export const isMargined = ({ product }: Pick<Position, 'product'>): boolean => product === 'future' || product === 'perpetual';

/**
 * A position's worth in base currency: what closing it at the mark returns. A short's proceeds are in cash already, so
 * it counts against; a future is worth its unrealised result. Where no mark or rate is known the entry's own stand in, so that equity is never undefined.
 */
export function positionValue(position: Position, markOf: MarkOf, rateOf: RateOf): Decimal {
  const mark = markOf(position.symbol, position) ?? position.entryPrice;
  const rate = rateOf(position.currency) ?? position.entryRate;
  const paid = isMargined(position) ? position.cost : ZERO;
  const value = multiply(subtract(multiply(position.quantity, mark), paid), rate);
  return position.direction === 'long' ? value : subtract(ZERO, value);
}

/** What a position exposes to the market, base currency, never negative: its units at the mark, a short option its margin where that is more. */
export function exposureOf(position: Position, markOf: MarkOf, rateOf: RateOf): Decimal {
  const mark = markOf(position.symbol, position) ?? position.entryPrice;
  const notional = multiply(multiply(position.quantity, mark), rateOf(position.currency) ?? position.entryRate);
  return position.product === 'option' ? max(notional, position.margin ?? ZERO) : notional;
}

/** Cash plus the value of every position, base currency. */
export function equity(account: Account, markOf: MarkOf, rateOf: RateOf): Decimal {
  let total = account.cash;
  for (const position of account.positions.values()) total = add(total, positionValue(position, markOf, rateOf));
  return total;
}

/** Sum of what the positions expose, base currency. */
export function exposure(account: Account, markOf: MarkOf, rateOf: RateOf): Decimal {
  return sum([...account.positions.values()].map((position) => exposureOf(position, markOf, rateOf)));
}

/** Base currency set aside by accepted entries that have not filled. */
export function reserved(account: Account): Decimal {
  return sum([...account.orders.values()].map((order) => (order.purpose === 'entry' ? order.reserved : ZERO)));
}

/**
 * Cash blocked by positions. Contracts block their margin, with what was received for a short option in it. A short of
 * shares blocks its proceeds and as much again: they are in cash and are owed, the second half is the margin of an
 * intraday short at leverage one (the cautious assumption).
 */
export function blockedCash(account: Account): Decimal {
  return sum([...account.positions.values()].map(blockedBy));
}

function blockedBy({ margin, direction, cost, entryRate }: Position): Decimal {
  if (margin !== undefined) return margin;
  return direction === 'short' ? multiply(add(cost, cost), entryRate) : ZERO;
}

/**
 * Unrealised losses of futures, base currency, at most zero: a venue takes them out of the balance as they come, and gives
 * nothing on gains before they are realised.
 */
export function variationLoss(account: Account, markOf: MarkOf, rateOf: RateOf): Decimal {
  const values = [...account.positions.values()].filter(isMargined).map((position) => positionValue(position, markOf, rateOf));
  return min(ZERO, sum(values));
}

/** Cash that a new entry may use: neither reserved by accepted orders nor blocked by positions; never negative. */
export function availableCash(account: Account): Decimal {
  return max(ZERO, subtract(subtract(account.cash, reserved(account)), blockedCash(account)));
}

/** Loss at the stops over all positions, base currency, as a share of `equityNow`: what the portfolio risks. */
export function riskAtStops(account: Account, equityNow: Decimal, rateOf: RateOf): number {
  const risked = sum([...account.positions.values()].map((position) => lossAtStop(position, rateOf)));
  return equityNow <= 0n ? Number.POSITIVE_INFINITY : toNumber(risked) / toNumber(equityNow);
}

function lossAtStop(position: Position, rateOf: RateOf): Decimal {
  if (position.structure !== undefined) return position.structure.risk;
  // A short option without a stop is taken to lose what it blocks.
  if (position.product === 'option' && position.direction === 'short' && position.stop === null) return position.margin ?? ZERO;
  const rate = rateOf(position.currency) ?? position.entryRate;
  // A position without a stop can lose all of its cost.
  const distance = position.stop === null ? position.entryPrice : subtract(position.entryPrice, position.stop);
  const adverse = position.direction === 'long' || position.stop === null ? distance : subtract(ZERO, distance);
  return max(ZERO, multiply(multiply(adverse, position.quantity), rate));
}

/** Positions that are held, and those that a working entry would open. */
export function positionsOpenOrComing({ positions, orders }: Pick<Account, 'positions' | 'orders'>): number {
  const coming = [...orders.values()].filter(({ purpose, positionId }) => purpose === 'entry' && !positions.has(positionId));
  return positions.size + coming.length;
}
