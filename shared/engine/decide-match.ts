import { instrumentBySymbol } from '../config/instruments.ts';
import { NSE_CALENDAR } from '../config/nse-calendar.ts';
import type { EntryOrder, ExitOrder, ExitReason, Fill, FillProvenance, Order, Position, Rate, Trigger } from '../contracts/journal.ts';
import { chargesFor } from '../execution/charges.ts';
import { type TriggeredExit, triggeredExit } from '../execution/exit-trigger.ts';
import { limitFill, type MarketOrder, marketFill, type PricedFill } from '../execution/fill-price.ts';
import { shortDeliveryRisk } from '../execution/short-delivery-risk.ts';
import { multiply, negate, subtract, text, toNumber } from '../kernel/decimal.ts';
import { iso } from '../kernel/time.ts';
import type { Account } from '../ledger/account.ts';
import { reserved, shortCollateral } from '../ledger/account.ts';
import { cashChange, entryPostings, exitPostings, type FillAmounts, realisedResult } from '../ledger/postings.ts';
import { isRateFresh } from '../market/best-rates.ts';
import { listedAs } from '../market/listed-rules.ts';
import type { Quote, Tick } from '../market/price.ts';
import { isBeforeDelivery } from '../market/trading-days.ts';
import { type Draft, draftOn } from './draft.ts';
import { isOnScale, type PriceScale, scaleOf } from './price-scale.ts';
import { excerpt, type MarketView } from './view.ts';

/** What the matcher asks about one working order. */
export interface MatchCommand {
  readonly orderId: string;
  /** The tick that may reach a level; null when the order is looked at because its latency has passed. */
  readonly tick: Tick | null;
  /** Best price since the exit began to work, before this tick; for trailing stops. */
  readonly extreme: number | null;
}

// Unknown volatility is taken as high: the cautious side for slippage.
const UNKNOWN_VOLATILITY = 0.002;

/** The id of a fill: the order and its ordinal. It is the id of the command that books it, so nothing fills twice. */
export const fillId = (orderId: string, ordinal: number): string => `F:${orderId}:${ordinal}`;

/**
 * Whether an order fills now, and the events if it does. Pure. Null when it rests on: not yet active, no level reached, or
 * no quote fresh enough to fill on. An entry also waits while other venues contradict the quote, while it is too old
 * to be compared with theirs and while the rate is too old, until the monitor ends it; an exit fills then, and keeps what was said of its quote.
 */
export function decideMatch(account: Account, view: MarketView, command: MatchCommand): Draft | null {
  const order = account.orders.get(command.orderId);
  if (order === undefined || view.nowMs < order.activeFromMs) return null;
  const quote = view.quote(order.symbol);
  const rate = view.rate(order.currency);
  if (quote === null || rate === null || view.nowMs - quote.receivedMs > account.limits.maxPriceAgeMs) return null;
  if (!view.phase(order.market).canEnter) return null;
  // A price from the other side of a split says nothing about this order's levels.
  if (!isOnScale(scaleOfOrder(account, order), quote.exchangeMs)) return null;
  const market: Market = { view, quote, rate };
  if (order.purpose === 'exit') return matchExit(account, order, market, command);
  return entryHeldBack(view, order) === null ? matchEntry(account, order, market) : null;
}

function scaleOfOrder(account: Account, order: Order): PriceScale {
  const position = account.positions.get(order.positionId);
  if (position !== undefined) return scaleOf(position);
  const evidence = order.purpose === 'entry' ? order.intent.quote.evidence : account.evidence;
  return scaleOf({ symbol: order.symbol, evidence, openedMs: order.acceptedMs });
}

/** Why an entry does not fill although there is a price: a stable code and a sentence. */
export function entryHeldBack(view: MarketView, order: EntryOrder): { readonly code: string; readonly why: string } | null {
  const quote = view.quote(order.symbol);
  if (quote?.evidence === 'delayed') return { code: 'delayed_price', why: 'the price is delayed: it marks positions and opens none' };
  const check = quote?.check ?? null;
  if (check?.state === 'diverged') {
    return { code: 'quote_diverged', why: `the price is ${check.spreadBps} bps from ${check.against.join(' and ')}` };
  }
  if (check?.state === 'stale') return { code: 'quote_stale', why: 'the price is too old to be compared with other venues' };
  const rate = view.rate(order.currency);
  if (rate !== null && !isRateFresh(rate, view.nowMs))
    return { code: 'rate_too_old', why: `the ${order.currency}/USD rate is of ${iso(rate.asOfMs)}` };
  return null;
}

interface Market {
  readonly view: MarketView;
  readonly quote: Quote;
  readonly rate: Rate;
}

function matchEntry(account: Account, order: EntryOrder, market: Market): Draft {
  const draft = draftOn(account, fillId(order.id, 1));
  const made = marketFill(marketOrder(order, market, null));
  const amounts = amountsOf(order, made, market);
  const postings = entryPostings(amounts);
  const free = subtract(subtract(account.cash, subtract(reserved(account), order.reserved)), shortCollateral(account));
  const needed = order.side === 'buy' ? negate(cashChange(postings)) : cashChange(postings);
  if (needed > free) {
    const reason = `insufficient_cash: the fill needs ${text(needed)} USD, free are ${text(free)}`;
    draft.emit({ type: 'order-ended', atMs: market.view.nowMs, orderId: order.id, state: 'rejected', reason });
    return draft;
  }
  const fill: Fill = { ...fillOf(account, order, made, amounts, market, 'market'), postings, realised: null, exitReason: null };
  draft.emit({ type: 'filled', atMs: market.view.nowMs, fill });
  return draft;
}

function matchExit(account: Account, order: ExitOrder, market: Market, { tick, extreme }: MatchCommand): Draft | null {
  const position = account.positions.get(order.positionId);
  if (position === undefined) return null;
  if (order.marketReason !== null) return exitFilled(account, order, position, market, null, order.marketReason);
  if (tick === null) return null;
  const met = triggeredExit(
    {
      direction: position.direction,
      stop: order.stop === null ? null : toNumber(order.stop),
      target: order.target === null ? null : toNumber(order.target),
      trailingShare: order.trailingShare,
      extreme: extreme ?? toNumber(position.entryPrice),
    },
    tick,
  );
  return met === null ? null : exitFilled(account, order, position, market, met, met.trigger);
}

function exitFilled(account: Account, order: ExitOrder, position: Position, market: Market, met: TriggeredExit | null, reason: ExitReason): Draft {
  const draft = draftOn(account, fillId(order.id, 1));
  const made = pricedExit(order, market, met);
  const amounts = withSettlementRisk(amountsOf(order, made, market), order, position, market.view.nowMs);
  const closed = {
    direction: position.direction,
    cost: position.cost,
    entryRate: position.entryRate,
    entryCash: position.entryCash,
    entryCharges: position.entryCharges,
    entrySlippage: position.entrySlippage,
    exitSlippage: made.slippage,
  };
  const postings = exitPostings(amounts, closed);
  const fill: Fill = {
    ...fillOf(account, order, made, amounts, market, met?.trigger ?? 'market'),
    postings,
    realised: realisedResult(amounts, closed, cashChange(postings)),
    exitReason: reason,
  };
  draft.emit({ type: 'filled', atMs: market.view.nowMs, fill });
  return draft;
}

function pricedExit(order: ExitOrder, market: Market, met: TriggeredExit | null): PricedFill {
  if (met?.rule === 'limit' && order.target !== null) return limitFill(marketOrder(order, market, null), order.target);
  return marketFill(marketOrder(order, market, met === null || met.rule === 'limit' ? null : { price: met.base, rule: met.rule }));
}

function marketOrder(order: Order, { view, quote }: Market, met: MarketOrder['met']): MarketOrder {
  const tape = view.tape(order.symbol);
  return {
    instrument: listedAs(instrumentBySymbol(order.symbol, view.nowMs), view.rules(order.symbol)),
    side: order.side,
    quantity: order.quantity,
    quote,
    met: met === null ? null : worseOf(met, order.side, quote),
    minuteVolatility: tape.volatility ?? UNKNOWN_VOLATILITY,
    minuteVolume: tape.minuteVolume,
  };
}

// A print at the stop or through it may stand better than the book behind it: the first tradable price is the worse of the two.
function worseOf(met: NonNullable<MarketOrder['met']>, side: Order['side'], quote: Quote): MarketOrder['met'] {
  if (quote.bid === null || quote.ask === null) return met;
  const isBookWorse = side === 'sell' ? quote.bid <= met.price : quote.ask >= met.price;
  return isBookWorse ? null : met;
}

function amountsOf(order: Order, made: PricedFill, { view, rate }: Market): FillAmounts {
  const notional = multiply(order.quantity, made.price);
  const charges = chargesFor({
    instrument: instrumentBySymbol(order.symbol, view.nowMs),
    product: order.product,
    side: order.side,
    liquidity: made.rule === 'limit' ? 'maker' : 'taker',
    notional,
    quantity: order.quantity,
    price: made.price,
    atMs: view.nowMs,
    // The books take every charge in the quote currency, whatever the venue takes it in.
  }).map(({ line, amount }) => ({ line, amount }));
  return { positionId: order.positionId, currency: order.currency, side: order.side, notional, charges, rate: rate.value };
}

/** Shares sold before they came may not come: what that costs on average is charged as a line of its own. */
function withSettlementRisk(amounts: FillAmounts, order: ExitOrder, position: Position, nowMs: number): FillAmounts {
  const instrument = instrumentBySymbol(order.symbol, nowMs);
  const isEarly = order.market === 'NSE' && isBeforeDelivery(NSE_CALENDAR, position.openedMs, nowMs);
  const { product, side } = order;
  const risk = shortDeliveryRisk({ instrument, product, side, notional: amounts.notional, isBeforeDelivery: isEarly });
  return { ...amounts, charges: [...amounts.charges, ...risk] };
}

function fillOf(
  account: Account,
  order: Order,
  made: PricedFill,
  amounts: FillAmounts,
  { view, quote, rate }: Market,
  trigger: Trigger,
): Omit<Fill, 'postings' | 'realised' | 'exitReason'> {
  return {
    id: fillId(order.id, 1),
    orderId: order.id,
    ordinal: 1,
    positionId: order.positionId,
    strategy: order.strategy,
    symbol: order.symbol,
    market: order.market,
    purpose: order.purpose,
    side: order.side,
    quantity: order.quantity,
    price: made.price,
    currency: order.currency,
    charges: amounts.charges,
    slippage: made.slippage,
    rate,
    trigger,
    evidence: quote.evidence,
    provenance: provenanceOf(account, order, made, view, quote),
    atMs: view.nowMs,
  };
}

function provenanceOf(account: Account, order: Order, made: PricedFill, view: MarketView, quote: Quote): FillProvenance {
  const tape = view.tape(order.symbol);
  return {
    quote: excerpt(quote),
    basePrice: made.base,
    baseRule: made.rule,
    halfSpreadShare: made.halfSpreadShare,
    slippageShare: made.slippageShare,
    impactShare: made.impactShare,
    regime: made.regime,
    volatility: tape.volatility ?? UNKNOWN_VOLATILITY,
    minuteVolume: tape.minuteVolume,
    // A request for an exit by a clock that is behind the one that accepted its order.
    latencyMs: Math.max(0, order.activeFromMs - order.acceptedMs),
    seed: account.seed,
  };
}
