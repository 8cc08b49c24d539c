import { instrumentBySymbol } from '../config/instruments.ts';
import type { FillProvenance } from '../contracts/fill.ts';
import type { Order } from '../contracts/order.ts';
import type { BookExcerpt } from '../contracts/quote-excerpt.ts';
import type { Rate } from '../contracts/terms.ts';
import type { MeetingOrder, PricedFill } from '../execution/fill-price.ts';
import { type Decimal, subtract } from '../kernel/decimal.ts';
import type { Account } from '../ledger/account.ts';
import { takenFrom } from '../ledger/takings.ts';
import { listedAs } from '../market/listed-rules.ts';
import type { BookLevel, OrderBook } from '../market/order-book.ts';
import type { Quote, Tick } from '../market/price.ts';
import { excerpt, type MarketView } from './view.ts';

/** What the matcher asks about one working order. */
export interface MatchCommand {
  readonly orderId: string;
  /** The tick that may reach a level; null when the order is looked at because its latency has passed. */
  readonly tick: Tick | null;
  /** Best price since the order began to work, before this tick; for trails. */
  readonly extreme: number | null;
  /** Units that stand before a limit order at its price; null where nobody knows. */
  readonly queueAhead: number | null;
  /** Of the settings that it is matched under: an order may have been placed under others. */
  readonly configVersion: string;
}

/** The market that one order meets at one moment: a price and a rate are there. */
export interface Market {
  readonly view: MarketView;
  readonly quote: Quote;
  readonly rate: Rate;
  readonly command: MatchCommand;
}

// Unknown volatility is taken as high: the cautious side for slippage.
const UNKNOWN_VOLATILITY = 0.002;

/** Units of an order that are still to be filled. */
export const remaining = (order: Order): Decimal => subtract(order.quantity, order.filledQuantity);

/** The latency that an order was drawn; of an exit it is that of the request, and none for one that rests. */
function latencyOf(order: Order): number {
  const sentMs = order.purpose === 'entry' ? order.acceptedMs : (order.atMarket?.requestedMs ?? order.activeFromMs);
  return Math.max(0, order.activeFromMs - sentMs);
}

/** An order as it meets the market: `quantity` of it, which is not more than what remains. */
export function meeting(account: Account, order: Order, { view, quote }: Market, quantity: Decimal): MeetingOrder {
  const tape = view.tape(order.symbol);
  const book = view.book(order.symbol);
  return {
    instrument: listedAs(instrumentBySymbol(order.symbol, view.nowMs), view.rules(order.symbol)),
    side: order.side,
    quantity,
    quote,
    levels: book === null ? null : oppositeSide(book, order.side),
    takings: takenFrom(account.takings, order.symbol, view.nowMs),
    minuteVolatility: tape.volatility ?? UNKNOWN_VOLATILITY,
    minuteVolume: tape.minuteVolume,
    latencyMs: latencyOf(order),
  };
}

/** The side of a book that an order meets. */
const oppositeSide = (book: OrderBook, side: Order['side']): OrderBook['bids'] => (side === 'buy' ? book.asks : book.bids);

/** All that the fill was made from, so that it can be made again: see `explain-fill.ts`. */
export function provenanceOf(account: Account, order: Order, made: PricedFill, market: Market): FillProvenance {
  const { view, quote, command } = market;
  const tape = view.tape(order.symbol);
  const rules = view.rules(order.symbol);
  return {
    quote: excerpt(quote),
    book: bookExcerpt(view.book(order.symbol), order.side),
    tick: command.tick === null ? null : tickExcerpt(command.tick),
    extreme: command.extreme,
    queueAhead: command.queueAhead,
    volatility: tape.volatility,
    minuteVolume: tape.minuteVolume,
    previousClose: view.previousClose(order.symbol),
    rules: rules === null ? null : rulesExcerpt(rules),
    basePrice: made.base,
    baseRule: made.rule,
    halfSpreadShare: made.halfSpreadShare,
    slippageShare: made.slippageShare,
    impactShare: made.impactShare,
    regime: made.regime,
    latencyMs: latencyOf(order),
    seed: account.seed,
    configVersion: command.configVersion,
    modelVersion: order.purpose === 'entry' ? order.intent.modelVersion : null,
  };
}

function bookExcerpt(book: OrderBook | null, side: Order['side']): BookExcerpt | null {
  if (book === null) return null;
  const { exchangeMs, receivedMs, sequence, source } = book;
  const levels = oppositeSide(book, side).map(levelExcerpt);
  const ownBest = oppositeSide(book, side === 'buy' ? 'sell' : 'buy').map(levelExcerpt)[0] ?? null;
  return { levels, ownBest, exchangeMs, receivedMs, source, ...(sequence === undefined ? {} : { sequence }) };
}

const levelExcerpt = ({ price, quantity }: BookLevel): BookLevel => ({ price, quantity });

function tickExcerpt({ price, quantity, motion, ahead, exchangeMs, receivedMs, sequence }: Tick): NonNullable<FillProvenance['tick']> {
  const kept = { price, quantity, motion, exchangeMs, receivedMs };
  return { ...kept, ...(ahead === undefined ? {} : { ahead }), ...(sequence === undefined ? {} : { sequence }) };
}

function rulesExcerpt({
  status,
  tickSize,
  lotStep,
  minNotional,
  source,
  asOfMs,
}: NonNullable<ReturnType<MarketView['rules']>>): NonNullable<FillProvenance['rules']> {
  return { status, tickSize, lotStep, minNotional, source, asOfMs };
}
