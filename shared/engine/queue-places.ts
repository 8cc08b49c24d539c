import type { Order } from '../contracts/order.ts';
import type { Quote, Tick } from '../market/price.ts';
import type { MarketView } from './view.ts';

/** Units that stand before our resting limit orders at their prices, by order id. */
export type QueuePlaces = Readonly<Record<string, number>>;

/**
 * Units that stand at a price on an order's own side, where anybody can know: all of them came before us. Nothing stands at a
 * price that is better than the best; beyond the visible depth, and where sizes are not told, nobody knows.
 */
export function standingAt(view: MarketView, symbol: string, side: Order['side'], price: number): number | null {
  const book = view.book(symbol);
  const own = book === null ? null : side === 'buy' ? book.bids : book.asks;
  if (own === null || own.length === 0) return atTouch(view.quote(symbol), side, price);
  const isBetter = (a: number, b: number): boolean => (side === 'buy' ? a > b : a < b);
  const level = own.find((each) => each.price === price);
  if (level !== undefined) return level.quantity;
  const last = own.at(-1)?.price ?? price;
  return isBetter(price, last) ? 0 : null;
}

function atTouch(quote: Quote | null, side: Order['side'], price: number): number | null {
  if (quote === null) return null;
  const [best, size] = side === 'buy' ? [quote.bid, quote.bidSize] : [quote.ask, quote.askSize];
  if (best === null || size === null) return null;
  if (price === best) return size;
  return (side === 'buy' ? price > best : price < best) ? 0 : null;
}

/**
 * What stands before us after a trade at our price. Those before us who left the queue (fewer stand there than we thought) are
 * gone; we assume that nobody behind us is served first. Whether what stands there has had this trade taken off already nobody
 * tells, so it is not taken off again. Negative: so much of the trade was ours to have. Null: unknown.
 */
export function afterTrade(ahead: number | null, standing: number | null, tick: Tick): number | null {
  // A point of a bar is no trade of that size at that price.
  if (ahead === null || tick.motion !== 'print' || tick.quantity <= 0) return null;
  const left = ahead - tick.quantity;
  return standing === null ? left : Math.min(left, standing);
}
