import { instrumentBySymbol } from '../../config/instruments.ts';
import type { Bracket, Instruction, TimeInForce } from '../../contracts/order.ts';
import type { Product, Trail } from '../../contracts/terms.ts';
import type { BracketInput, LegRequest, TrailInput } from '../../contracts/v8/order-request.ts';
import { toNumber } from '../../kernel/decimal.ts';
import { type EpochMs, MINUTE_MS } from '../../kernel/time.ts';
import type { Instrument } from '../../market/instrument.ts';
import { listedAs } from '../../market/listed-rules.ts';
import type { Quote } from '../../market/price.ts';
import type { Timeframe } from '../../market/timeframe.ts';
import type { RiskModel } from '../../risk/var/risk-model.ts';
import { shortInstrument } from '../contracts/coin-short.ts';
import type { Contracts } from '../contracts/contracts-view.ts';
import { EngineError } from '../errors.ts';
import type { MarketView } from '../view.ts';
import { endOfDay } from './expiry.ts';
import { assertValid, type FieldError, venueErrors } from './venue-rules.ts';

/** A view with what trails by average true range are made from. */
export interface PlaceView extends MarketView, Contracts {
  /** ATR(14) of the closed candles; null while too few are known. */
  readonly atr: (symbol: string, timeframe: Timeframe) => number | null;
  /** How prices move together; the assumed moves count without. */
  readonly risk?: RiskModel | null;
}

/** An order as its venue will take it: everything that the request left open is decided. */
export interface OrderTerms {
  readonly instrument: Instrument;
  readonly quote: Quote;
  readonly product: Product;
  readonly side: 'buy' | 'sell';
  readonly direction: 'long' | 'short';
  readonly quantity: LegRequest['quantity'];
  readonly instruction: Instruction;
  readonly timeInForce: TimeInForce;
  readonly tradedIn: LegRequest['tradedIn'];
  readonly expiresMs: EpochMs | null;
  readonly bracket: Bracket;
  /** What is expected to be paid a unit, in the quote currency: the gate's sizes are counted at it. */
  readonly price: number;
  /** Whether it is to trade on the price that stands, or else rests until its own price comes. */
  readonly isImmediate: boolean;
}

/**
 * The terms of an order, held against the rules of its venue. `quote` is the price that stands. `at` names the place in the
 * request for messages, such as `legs.0.`.
 * @throws EngineError `invalid_order` naming each field that the venue would not take; InstrumentError `unknown_symbol`
 */
export function orderTerms(leg: LegRequest, view: PlaceView, quote: Quote, at: string): OrderTerms {
  const listed = tradedAs(leg, view);
  const { symbol } = listed;
  const instrument = listedAs(listed, view.rules(symbol));
  const errors: FieldError[] = [];
  const trailOf = (trail: TrailInput, field: string): Trail => resolveTrail(trail, view, symbol, (message) => errors.push({ field, message }));
  const product = leg.product ?? productOf(instrument, leg.side);
  const timeInForce = leg.timeInForce ?? (product === 'intraday' || leg.tradedIn === 'closing-auction' ? 'DAY' : 'GTC');
  const instruction: Instruction =
    leg.instruction.type === 'trailing-stop' ? { type: 'trailing-stop', trail: trailOf(leg.instruction.trail, 'trail') } : leg.instruction;
  const terms: OrderTerms = {
    instrument,
    quote,
    product,
    side: leg.side,
    direction: leg.side === 'buy' ? 'long' : 'short',
    quantity: leg.quantity,
    instruction,
    timeInForce,
    tradedIn: leg.tradedIn,
    expiresMs: timeInForce === 'DAY' ? endOfDay(instrument, { tradedIn: leg.tradedIn, product }, view.nowMs) : null,
    bracket: bracketOf(leg.bracket, trailOf),
    price: expectedPrice(instruction, leg.side, quote),
    isImmediate: leg.tradedIn === 'continuous' && (instruction.type === 'market' || timeInForce === 'IOC' || timeInForce === 'FOK'),
  };
  assertValid([...errors, ...venueErrors(terms, view)], at);
  return terms;
}

/**
 * The instrument that an order is for. Coin cannot be sold without being held: an order to do so goes to its perpetual, with
 * funding, where one is quoted and the settings do not forbid it.
 * @throws EngineError `unknown_symbol` for a contract that nobody quotes; InstrumentError `unknown_symbol`
 */
export function tradedAs({ symbol: name, side, product }: Pick<LegRequest, 'symbol' | 'side' | 'product'>, view: MarketView & Contracts): Instrument {
  const listed = instrumentBySymbol(name, view.nowMs);
  if (listed.contract === null) return side === 'sell' && product === null ? (shortInstrument(listed, view)?.instrument ?? listed) : listed;
  if (view.contract(listed.symbol) !== null || view.quote(listed.symbol) !== null) return listed;
  const why = `${listed.symbol} is not quoted: GET chain?underlying=${listed.contract.underlying} has what is`;
  throw new EngineError('unknown_symbol', why, { symbol: listed.symbol });
}

/** Shares that are sold without being held are a short, and shorts of shares are of the day only. */
function productOf({ market, contract }: Instrument, side: LegRequest['side']): Product {
  if (contract !== null) return contract.kind;
  return market === 'CRYPTO' ? 'spot' : side === 'buy' ? 'delivery' : 'intraday';
}

function bracketOf({ stop, target, trail, maxHoldingMinutes }: BracketInput, trailOf: (trail: TrailInput, field: string) => Trail): Bracket {
  return {
    stop: stop ?? null,
    target: target ?? null,
    trail: trail === undefined ? null : trailOf(trail, 'bracket.trail'),
    maxHoldingMs: maxHoldingMinutes === undefined ? null : maxHoldingMinutes * MINUTE_MS,
  };
}

/** A trail as it is kept; one by average true range becomes a distance, as it stands now. */
export function resolveTrail(trail: TrailInput, view: PlaceView, symbol: string, tell: (message: string) => void): Trail {
  if (trail.share !== undefined) return { kind: 'share', share: trail.share };
  if (trail.distance !== undefined) return { kind: 'distance', distance: toNumber(trail.distance), basis: 'as asked' };
  const { multiple, timeframe } = trail.atr ?? { multiple: 1, timeframe: '1d' as const };
  const atr = view.atr(symbol, timeframe);
  if (atr === null || atr <= 0) tell(`too few bars of ${timeframe} are known for an average true range of ${symbol}`);
  return { kind: 'distance', distance: multiple * (atr ?? 1), basis: `${multiple} x ATR(14) of ${timeframe}` };
}

/** What is expected to be paid a unit: the order's own price or, without one, that which stands. */
export function expectedPrice(instruction: Instruction, side: LegRequest['side'], quote: Pick<Quote, 'last' | 'bid' | 'ask'>): number {
  if ('limit' in instruction) return toNumber(instruction.limit);
  if ('stop' in instruction) return toNumber(instruction.stop);
  if (instruction.type === 'trailing-stop') return quote.last;
  return (side === 'buy' ? quote.ask : quote.bid) ?? quote.last;
}
