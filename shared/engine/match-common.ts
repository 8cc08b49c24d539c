import type { Order } from '../contracts/order.ts';
import { limitFill, type MarketOrder, marketFill, type PricedFill } from '../execution/fill-price.ts';
import { limitReach } from '../execution/limit-reach.ts';
import { type Decimal, toNumber } from '../kernel/decimal.ts';
import type { Account } from '../ledger/account.ts';
import type { Quote, Tick } from '../market/price.ts';
import type { Market, MatchCommand, meeting } from './fill-inputs.ts';
import { fillId, type Met } from './fill-record.ts';
import type { MarketView } from './view.ts';

/** What entries and exits have in common when they meet the market. */

/** The command that books a fill: the order's next one, so that it is booked once. */
export const matchId = (account: Account, orderId: string): string => fillId(orderId, (account.orders.get(orderId)?.fills ?? 0) + 1);

/** The command that books what a stop met when nothing could be had: the name of the next fill is left to that fill. */
export const triggerId = ({ id, version }: Order): string => `T:${id}@${version}`;

/** The market that an order meets now; null without a price or a rate. */
export function marketOf(view: MarketView, order: Order, command: MatchCommand): Market | null {
  const [quote, rate] = [view.quote(order.symbol), view.rate(order.currency)];
  return quote === null || rate === null ? null : { view, quote, rate, command };
}

/** What a market order has of what stands. */
export function marketMet(order: MarketOrder): Met | null {
  const made = marketFill(order);
  return made === null ? null : { made, trigger: 'market', liquidity: 'taker' };
}

/** What a limit order that has just come in meets: the other side within its limit, as a market order would. */
export function crossing(order: Order, meets: ReturnType<typeof meeting>, limit: Decimal, quote: Quote): Met | null {
  const level = toNumber(limit);
  const opposite = (order.side === 'buy' ? quote.ask : quote.bid) ?? quote.last;
  const isCrossed = order.side === 'buy' ? opposite <= level : opposite >= level;
  return isCrossed ? marketMet({ ...meets, met: null, limit }) : null;
}

/** What a resting limit order has of a tick that reaches it. */
export function restingMet(meets: ReturnType<typeof meeting>, limit: Decimal, tick: Tick, market: Market, trigger: 'limit' | 'target'): Met | null {
  const reached = limitReach(meets, toNumber(limit), tick, market.command.queueAhead);
  return reached === null ? null : maker(limitFill(meets, limit, reached), trigger);
}

const maker = (made: PricedFill | null, trigger: 'limit' | 'target'): Met | null => (made === null ? null : { made, trigger, liquidity: 'maker' });

// A print at the stop or through it may stand better than the book behind it: the first tradable price is the worse of the two.
export function worseOf(met: NonNullable<MarketOrder['met']>, side: Order['side'], quote: Quote): MarketOrder['met'] {
  if (quote.bid === null || quote.ask === null) return met;
  const isBookWorse = side === 'sell' ? quote.bid <= met.price : quote.ask >= met.price;
  return isBookWorse ? null : met;
}
