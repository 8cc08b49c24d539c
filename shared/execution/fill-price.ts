import { type Decimal, fromNumber, max, multiply, subtract, toNumber, toStep, ZERO } from '../kernel/decimal.ts';
import type { Instrument } from '../market/instrument.ts';
import type { Quote } from '../market/price.ts';
import { booklessConcession, type VolatilityRegime } from './slippage.ts';

export interface MarketOrder {
  readonly instrument: Instrument;
  readonly side: 'buy' | 'sell';
  readonly quantity: Decimal;
  readonly quote: Quote;
  /** The price that a stop met, where it is not the standing quote's; the book is then not asked. */
  readonly met: { readonly price: number; readonly rule: 'stop-level' | 'gap' } | null;
  /** Standard deviation of one-minute returns, share of price. */
  readonly minuteVolatility: number;
  readonly minuteVolume: number | null;
}

/** A price with the way it was made. Shares are of the base price; `slippage` is in the quote currency, never negative. */
export interface PricedFill {
  readonly price: Decimal;
  readonly base: Decimal;
  readonly rule: 'touch' | 'last' | 'stop-level' | 'gap' | 'limit';
  readonly halfSpreadShare: number;
  readonly slippageShare: number;
  readonly impactShare: number;
  readonly regime: VolatilityRegime;
  readonly slippage: Decimal;
}

/**
 * The price of a market order.
 * With a top of book it crosses the spread and takes what stands there; what is larger than the touch, or of a touch without
 * a size, pays volatility slippage and impact beyond it. Without a book it pays spread, slippage and impact on the base price.
 * Rounded to the venue's tick against the order.
 */
export function marketFill(order: MarketOrder): PricedFill {
  const touch = order.met === null ? touchOf(order) : null;
  const base = order.met?.price ?? (touch === null ? order.quote.last : touch.mid);
  const quantity = toNumber(order.quantity);
  const { instrument, minuteVolatility, minuteVolume } = order;
  const concession = booklessConcession({ instrument, price: base, quantity, minuteVolatility, minuteVolume });
  const beyond = touch === null ? 1 : shareBeyond(quantity, touch.size);
  const slippageShare = beyond * concession.slippage;
  const impactShare = beyond * concession.impact;
  const halfSpreadShare = touch === null ? concession.halfSpread : Math.abs(touch.price - touch.mid) / touch.mid;
  const sign = order.side === 'buy' ? 1 : -1;
  const raw = fromNumber((touch?.price ?? base * (1 + sign * halfSpreadShare)) * (1 + sign * (slippageShare + impactShare)));
  const price = onTick(instrument, raw, order.side);
  return priced(
    {
      price,
      base: fromNumber(base),
      rule: order.met?.rule ?? (touch === null ? 'last' : 'touch'),
      halfSpreadShare,
      slippageShare,
      impactShare,
      regime: concession.regime,
    },
    order,
  );
}

/** A limit order that the market traded through: it fills at its own level, without slippage. */
export function limitFill(order: MarketOrder, level: Decimal): PricedFill {
  const { regime } = booklessConcession({
    instrument: order.instrument,
    price: toNumber(level),
    quantity: toNumber(order.quantity),
    minuteVolatility: order.minuteVolatility,
    minuteVolume: order.minuteVolume,
  });
  return { price: level, base: level, rule: 'limit', halfSpreadShare: 0, slippageShare: 0, impactShare: 0, regime, slippage: ZERO };
}

function priced(made: Omit<PricedFill, 'slippage'>, { side, quantity }: MarketOrder): PricedFill {
  const worse = side === 'buy' ? subtract(made.price, made.base) : subtract(made.base, made.price);
  return { ...made, slippage: multiply(max(worse, ZERO), quantity) };
}

function touchOf({ side, quote }: MarketOrder): { readonly price: number; readonly size: number | null; readonly mid: number } | null {
  if (quote.bid === null || quote.ask === null) return null;
  const mid = (quote.bid + quote.ask) / 2;
  return side === 'buy' ? { price: quote.ask, size: quote.askSize, mid } : { price: quote.bid, size: quote.bidSize, mid };
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
