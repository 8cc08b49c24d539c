import type { Taking } from '../contracts/fill.ts';
import { type Decimal, fromNumber, max, min, multiply, subtract, toNumber, toStep, ZERO } from '../kernel/decimal.ts';
import type { Instrument } from '../market/instrument.ts';
import type { BookLevel } from '../market/order-book.ts';
import type { Quote } from '../market/price.ts';
import { takenByPrice, walkBook, wholeLots } from './book-walk.ts';
import { type FillBand, marketBand, singlePrice } from './fill-band.ts';
import type { Reached } from './limit-reach.ts';
import { allowance } from './participation.ts';
import { booklessConcession, type VolatilityRegime, volatilityRegime } from './slippage.ts';

/** An order that meets the market, and the market that it meets. */
export interface MeetingOrder {
  readonly instrument: Instrument;
  readonly side: 'buy' | 'sell';
  /** What is still to be filled. */
  readonly quantity: Decimal;
  readonly quote: Quote;
  /** The opposite side of the book, best first; null where no depth is known. */
  readonly levels: readonly BookLevel[] | null;
  /** What this account took from this symbol's market within the last minute. */
  readonly takings: readonly Taking[];
  /** Standard deviation of one-minute returns, share of price. */
  readonly minuteVolatility: number;
  readonly minuteVolume: number | null;
  readonly latencyMs: number;
}

export interface MarketOrder extends MeetingOrder {
  /** The price that a stop met, where it is not the standing quote's; the book is then not asked. */
  readonly met: { readonly price: number; readonly rule: 'stop-level' | 'gap' } | null;
  /** The worst price that may be paid; null for any. */
  readonly limit: Decimal | null;
}

/** A price with the way it was made. Shares are of the base price; `slippage` is in the quote currency, never negative. */
export interface PricedFill {
  readonly quantity: Decimal;
  readonly price: Decimal;
  readonly base: Decimal;
  readonly rule: 'book' | 'touch' | 'last' | 'stop-level' | 'gap' | 'limit' | 'queue' | 'auction';
  readonly halfSpreadShare: number;
  readonly slippageShare: number;
  readonly impactShare: number;
  readonly regime: VolatilityRegime;
  readonly slippage: Decimal;
  readonly band: FillBand;
  /** What it took from the levels of the book. */
  readonly levels: readonly BookLevel[];
}

/**
 * The price of a market order, and how much of it fills now; null when nothing of a whole lot can be had.
 *
 * With depth it walks the book. With a top of book it crosses the spread and takes what stands there; what is larger than the
 * touch, or of a touch without a size, pays volatility slippage and impact beyond it. Without a book it pays spread,
 * slippage and impact on the base price. Without depth no more is filled than the account's share of the traded volume.
 * Rounded to the venue's tick against the order.
 */
export function marketFill(order: MarketOrder): PricedFill | null {
  return order.levels !== null && order.met === null ? depthFill(order, order.levels) : concededFill(order);
}

function depthFill(order: MarketOrder, levels: readonly BookLevel[]): PricedFill | null {
  const { side, quantity, limit, instrument, quote, takings, minuteVolatility, latencyMs } = order;
  const walk = walkBook(levels, { side, quantity, lotStep: instrument.lotStep, limit, takings });
  const best = levels[0]?.price;
  if (walk === null || best === undefined) return null;
  const mid = quote.bid === null || quote.ask === null ? best : (quote.bid + quote.ask) / 2;
  const halfSpreadShare = Math.abs(best - mid) / mid;
  const impactShare = Math.abs(toNumber(walk.price) - best) / mid;
  const band = { side, price: walk.price, base: mid, halfSpreadShare, concessionShare: impactShare, minuteVolatility, latencyMs };
  const made = { quantity: walk.quantity, price: walk.price, base: fromNumber(mid), rule: 'book', levels: walk.levels } as const;
  const regime = volatilityRegime(instrument.market, minuteVolatility);
  return withSlippage({ ...made, halfSpreadShare, slippageShare: 0, impactShare, regime, band: marketBand(band) }, side);
}

function concededFill(order: MarketOrder): PricedFill | null {
  const { instrument, side, quote, minuteVolatility, minuteVolume, latencyMs, limit } = order;
  const touch = order.met === null ? touchOf(order) : null;
  const quantity = availableNow(order, touch?.size ?? null);
  if (quantity <= 0n) return null;
  const base = order.met?.price ?? (touch === null ? quote.last : touch.mid);
  const units = toNumber(quantity);
  const concession = booklessConcession({ instrument, price: base, quantity: units, minuteVolatility, minuteVolume });
  const beyond = touch === null ? 1 : shareBeyond(units, touch.size);
  const slippageShare = beyond * concession.slippage;
  const impactShare = beyond * concession.impact;
  const halfSpreadShare = touch === null ? concession.halfSpread : Math.abs(touch.price - touch.mid) / touch.mid;
  const sign = side === 'buy' ? 1 : -1;
  const raw = fromNumber((touch?.price ?? base * (1 + sign * halfSpreadShare)) * (1 + sign * (slippageShare + impactShare)));
  const price = onTick(instrument, raw, side);
  if (limit !== null && (side === 'buy' ? price > limit : price < limit)) return withinTouch(order, touch);
  const band = { side, price, base, halfSpreadShare, concessionShare: slippageShare + impactShare, minuteVolatility, latencyMs };
  const rule = order.met?.rule ?? (touch === null ? 'last' : 'touch');
  const levels = touch === null ? [] : [{ price: touch.price, quantity: Math.min(units, touch.size ?? units) }];
  const made = { quantity, price, base: fromNumber(base), rule, levels } as const;
  return withSlippage({ ...made, halfSpreadShare, slippageShare, impactShare, regime: concession.regime, band: marketBand(band) }, side);
}

/** Within a limit that the whole order would pass no more can be had than what stands at the touch. */
function withinTouch(order: MarketOrder, touch: Touch | null): PricedFill | null {
  const standing = toStep(fromNumber(touch?.size ?? 0), order.instrument.lotStep, 'down');
  return standing > 0n && standing < order.quantity ? concededFill({ ...order, quantity: standing }) : null;
}

/** How much can be had without depth: what stands at the touch, or the account's share of the volume where that is more. */
function availableNow({ quantity, minuteVolume, takings, instrument }: MarketOrder, touchSize: number | null): Decimal {
  const share = allowance(minuteVolume, takings);
  if (share === null) return wholeLots(quantity, quantity, instrument.lotStep);
  const most = touchSize === null ? share : max(share, fromNumber(Math.max(0, touchSize)));
  return wholeLots(quantity, most, instrument.lotStep);
}

/**
 * A limit order that the market reached: it fills at its own level, without slippage, for no more than came to it and no more
 * than the account's share of the volume. What it has of what stands through its price is taken from there.
 */
export function limitFill(order: MeetingOrder, level: Decimal, { rule, most, standing }: Reached): PricedFill | null {
  const share = allowance(order.minuteVolume, order.takings);
  const caps = [order.quantity, ...(share === null ? [] : [share]), ...(most === null ? [] : [most])];
  const made = atOnePrice(order, level, rule, caps.reduce(min));
  return made === null || standing.length === 0 ? made : { ...made, levels: takenOf(standing, made.quantity) };
}

/** So many units out of these levels, best first. */
function takenOf(levels: readonly BookLevel[], quantity: Decimal): readonly BookLevel[] {
  let left = quantity;
  return levels.flatMap(({ price, quantity: standing }) => {
    const taken = min(left, fromNumber(standing));
    left = subtract(left, taken);
    return taken > 0n ? [{ price, quantity: toNumber(taken) }] : [];
  });
}

/** A fill in the closing auction: one price for all, and no more than the account's share of what traded there. */
export function auctionFill(order: MeetingOrder, price: Decimal, auctionVolume: number | null): PricedFill | null {
  const share = allowance(auctionVolume, order.takings);
  return atOnePrice(order, price, 'auction', share === null ? order.quantity : min(order.quantity, share));
}

function atOnePrice(
  { instrument, minuteVolatility, quantity: wanted }: MeetingOrder,
  price: Decimal,
  rule: PricedFill['rule'],
  most: Decimal,
): PricedFill | null {
  const quantity = wholeLots(wanted, most, instrument.lotStep);
  if (quantity <= 0n) return null;
  const shares = { halfSpreadShare: 0, slippageShare: 0, impactShare: 0 };
  const regime = volatilityRegime(instrument.market, minuteVolatility);
  return { quantity, price, base: price, rule, ...shares, regime, slippage: ZERO, band: singlePrice(price), levels: [] };
}

function withSlippage(made: Omit<PricedFill, 'slippage'>, side: 'buy' | 'sell'): PricedFill {
  const worse = side === 'buy' ? subtract(made.price, made.base) : subtract(made.base, made.price);
  return { ...made, slippage: multiply(max(worse, ZERO), made.quantity) };
}

interface Touch {
  readonly price: number;
  /** What stands there less what this account took; null where nobody tells. */
  readonly size: number | null;
  readonly mid: number;
}

function touchOf({ side, quote, takings }: MarketOrder): Touch | null {
  if (quote.bid === null || quote.ask === null) return null;
  const [price, size] = side === 'buy' ? [quote.ask, quote.askSize] : [quote.bid, quote.bidSize];
  const taken = toNumber(takenByPrice(takings, side).get(price) ?? ZERO);
  return { price, size: size === null ? null : Math.max(0, size - taken), mid: (quote.bid + quote.ask) / 2 };
}

// A touch whose size nobody tells may hold nothing: the whole order is taken to go beyond it.
function shareBeyond(quantity: number, size: number | null): number {
  if (size === null || size <= 0) return 1;
  return Math.max(0, 1 - size / quantity);
}

/** A price on the venue's grid, rounded against the side that pays it. */
export function onTick(instrument: Instrument, price: Decimal, side: 'buy' | 'sell'): Decimal {
  return max(toStep(price, instrument.tickSize(price), side === 'buy' ? 'ceil' : 'floor'), instrument.tickSize(price));
}
