import { add, type Decimal, fromNumber, max, subtract, toNumber, ZERO } from '../kernel/decimal.ts';
import type { BookLevel } from '../market/order-book.ts';
import type { Tick } from '../market/price.ts';
import { takenByPrice, takenSince } from './book-walk.ts';
import type { MeetingOrder } from './fill-price.ts';

/** How a market came to a resting limit order. */
export interface Reached {
  /** `limit`: it went through the order's price. `queue`: it traded at it beyond those who stood there before us. */
  readonly rule: 'limit' | 'queue';
  /** Units that came; null where nobody tells how many. */
  readonly most: Decimal | null;
  /** What of the other side stands through the price, best first: it is taken from there. */
  readonly standing: readonly BookLevel[];
}

/**
 * Whether a tick reaches a resting limit order, and with how many units: what traded through its price and what stands through
 * it, less what this account had of them already, or its turn at its price. A print has the units that it has, for all of an
 * account's orders together; a point of a bar stands for all that its minute traded.
 * @param queueAhead  units before the order at its price after this tick, negative for what is its own; null where nobody knows
 */
export function limitReach(order: MeetingOrder, level: number, tick: Tick, queueAhead: number | null): Reached | null {
  const isThrough = (price: number): boolean => (order.side === 'buy' ? price < level : price > level);
  const printed = isThrough(tick.price) ? unitsOf(order, tick) : ZERO;
  const standing = standingThrough(order, isThrough);
  if (printed === null || standing === null) return { rule: 'limit', most: null, standing: standing ?? [] };
  if (standing.length > 0 || isThrough(tick.price)) return { rule: 'limit', most: standing.reduce(addLevel, printed), standing };
  if (tick.price !== level || queueAhead === null || queueAhead >= 0) return null;
  return { rule: 'queue', most: ours(order, fromNumber(-queueAhead), tick), standing };
}

const addLevel = (total: Decimal, { quantity }: BookLevel): Decimal => add(total, fromNumber(quantity));

const unitsOf = (order: MeetingOrder, tick: Tick): Decimal | null =>
  tick.motion === 'print' && tick.quantity > 0 ? ours(order, fromNumber(tick.quantity), tick) : null;

/** What other orders of this account had of the same print is gone. */
const ours = ({ takings, side }: MeetingOrder, units: Decimal, { receivedMs }: Tick): Decimal =>
  max(ZERO, subtract(units, takenSince(takings, side, receivedMs)));

/** Null where something stands through the price and nobody tells how much. */
function standingThrough({ side, quote, levels, takings }: MeetingOrder, isThrough: (price: number) => boolean): readonly BookLevel[] | null {
  const [price, size] = side === 'buy' ? [quote.ask, quote.askSize] : [quote.bid, quote.bidSize];
  if (levels === null && price !== null && isThrough(price) && size === null) return null;
  const told = levels ?? (price === null || size === null ? [] : [{ price, quantity: size }]);
  const taken = takenByPrice(takings, side);
  return told
    .filter((level) => isThrough(level.price))
    .map((level) => ({ price: level.price, quantity: toNumber(subtract(fromNumber(level.quantity), taken.get(level.price) ?? ZERO)) }))
    .filter(({ quantity }) => quantity > 0);
}
