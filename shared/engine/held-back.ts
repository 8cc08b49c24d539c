import { NSE_CALENDAR } from '../config/nse-calendar.ts';
import type { EntryOrder, ExitOrder, Order } from '../contracts/order.ts';
import { iso } from '../kernel/time.ts';
import type { Account } from '../ledger/account.ts';
import { isRateFresh } from '../market/best-rates.ts';
import { marketPhase } from '../market/calendar.ts';
import { parseContractSymbol } from '../market/contract-symbol.ts';
import { isTrading } from '../market/listed-rules.ts';
import type { Tick } from '../market/price.ts';
import { MISSED_BARS } from './missed-bars.ts';
import { isOnScale, type PriceScale, scaleOf } from './price-scale.ts';
import { phaseOf } from './trading-phase.ts';
import type { MarketView } from './view.ts';

/** Why an order does not fill although its price may have come: a stable code and a sentence. */
export interface HeldBack {
  readonly code: string;
  readonly why: string;
}

/**
 * What keeps a working order from filling now, whatever its level; null when nothing does.
 * A stale, one-sided or crossed quote fills nothing. A quote that other venues contradict, one too old to be compared, a delayed
 * one and an old rate open nothing: an exit fills then, and keeps what was said of its quote.
 */
export function heldBack(account: Account, view: MarketView, order: Order): HeldBack | null {
  return (
    notYet(view, order) ??
    withoutPrice(account, view, order) ??
    (order.purpose === 'entry' ? entryHeldBack(view, order) : legHeldBack(account, order))
  );
}

/** That a leg which was bought is not sold while one that was sold is open: it would leave a naked short. */
export const LEGS_IN_ORDER = 'legs_in_order';

function legHeldBack(account: Account, { positionId, atMarket }: ExitOrder): HeldBack | null {
  const position = atMarket === null ? undefined : account.positions.get(positionId);
  if (position?.structure === undefined || position.direction === 'short') return null;
  const { id } = position.structure;
  const short = [...account.positions.values()].find(({ structure, direction }) => structure?.id === id && direction === 'short');
  return short === undefined ? null : { code: LEGS_IN_ORDER, why: `what was sold is bought back first: ${short.symbol}` };
}

function notYet(view: MarketView, order: Order): HeldBack | null {
  if (view.nowMs < order.activeFromMs) return { code: 'in_flight', why: `the venue has it from ${iso(order.activeFromMs)}` };
  if (order.purpose === 'entry' && order.expiresMs !== null && view.nowMs >= order.expiresMs) return { code: 'expired', why: 'its time is over' };
  const phase = phaseOf(view, order);
  if (inAuction(phase.phase)) {
    const isAuctioned = order.purpose === 'exit' ? order.atMarket !== null : order.tradedIn === 'closing-auction';
    return isAuctioned ? null : { code: 'closing_auction', why: `${order.market}: ${phase.reason}; it trades in continuous trading` };
  }
  if (!phase.canEnter) return { code: 'market_closed', why: `${order.market}: ${phase.reason}` };
  if (order.purpose === 'entry' && order.tradedIn === 'closing-auction') return { code: 'awaits_auction', why: 'the closing auction has not begun' };
  const rules = view.rules(order.symbol);
  if (rules !== null && !isTrading(rules)) return { code: 'not_trading', why: `${rules.source} says ${rules.status}` };
  return null;
}

/** Whether orders meet in the one price of the closing auction. */
export const inAuction = (phase: string): boolean => phase.startsWith('closing-auction');

/** Whether a trade is one of the closing auction: a source that connects anew repeats the last one of continuous trading. */
export const isOfAuction = ({ exchangeMs }: Tick): boolean => inAuction(marketPhase(NSE_CALENDAR, 'NSE', exchangeMs).phase);

function withoutPrice(account: Account, view: MarketView, order: Order): HeldBack | null {
  const quote = view.quote(order.symbol);
  if (quote === null) return { code: 'no_price', why: `no price of ${order.symbol} has been received` };
  const { maxPriceAgeMs } = account.limits;
  const ageMs = view.nowMs - quote.receivedMs;
  if (ageMs > maxPriceAgeMs) {
    const why = `the price of ${order.symbol} is ${Math.round(ageMs / 1000)} s old, at most ${maxPriceAgeMs / 1000} s is allowed`;
    return { code: 'stale_price', why };
  }
  if (quote.bid !== null && quote.ask !== null && quote.bid > quote.ask) {
    return { code: 'crossed_quote', why: `bid ${quote.bid} is above ask ${quote.ask}` };
  }
  const book = view.book(order.symbol);
  if (book !== null && (book.bids.length === 0 || book.asks.length === 0)) {
    return { code: 'one_sided_quote', why: `nobody ${book.bids.length === 0 ? 'bids' : 'offers'}` };
  }
  // A future or an option without a second side has no price that could be had; shares and coin may come from bars alone.
  if ((quote.bid === null || quote.ask === null) && parseContractSymbol(order.symbol) !== null) {
    return { code: 'one_sided_quote', why: `nobody ${quote.bid === null ? 'bids for' : 'offers'} ${order.symbol}` };
  }
  if (view.rate(order.currency) === null) return { code: 'no_rate', why: `no ${order.currency}/USD rate is known` };
  // A price from the other side of a split says nothing about this order's levels.
  if (!isOnScale(scaleOfOrder(account, order), quote.exchangeMs)) {
    return { code: 'corporate_action', why: 'the price and the order are of different sides of a corporate action' };
  }
  return null;
}

/** The span of prices that an order's levels can be compared with. */
export function scaleOfOrder(account: Account, order: Order): PriceScale {
  const position = account.positions.get(order.positionId);
  if (position !== undefined) return scaleOf(position);
  const evidence = order.purpose === 'entry' ? order.intent.quote.evidence : account.evidence;
  return scaleOf({ symbol: order.symbol, evidence, openedMs: order.acceptedMs });
}

/** What keeps an entry, and only an entry, from filling on the price that stands. */
export function entryHeldBack(view: MarketView, order: EntryOrder): HeldBack | null {
  const quote = view.quote(order.symbol);
  if (quote?.evidence === 'delayed') return { code: 'delayed_price', why: 'the price is delayed: it marks positions and opens none' };
  const check = quote?.check ?? null;
  if (check?.state === 'diverged') {
    return { code: 'quote_diverged', why: `the price is ${check.spreadBps} bps from ${check.against.join(' and ')}` };
  }
  if (check?.state === 'stale') return { code: 'quote_stale', why: 'the price is too old to be compared with other venues' };
  const rate = view.rate(order.currency);
  // While no feed ran nobody told a rate. What rested at its venue filled there all the same: at the last rate that was known.
  if (rate !== null && quote?.source !== MISSED_BARS && !isRateFresh(rate, view.nowMs))
    return { code: 'rate_too_old', why: `the ${order.currency}/USD rate is of ${iso(rate.asOfMs)}` };
  return null;
}
