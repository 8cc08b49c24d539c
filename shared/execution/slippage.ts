import { SLIPPAGE, type SlippageSettings } from '../config/slippage.ts';
import { fromNumber, toNumber } from '../kernel/decimal.ts';
import type { Instrument, Market } from '../market/instrument.ts';
import { ExecutionError } from './execution-error.ts';

export type VolatilityRegime = 'low' | 'medium' | 'high';

/**
 * Square-root market impact: the price concession paid for taking `participation` of the volume
 * traded in the order's horizon.
 *
 *   impact = Y * sigma * sqrt(participation)
 *
 * @param sigma          volatility over the horizon, as a share of price (0.01 = 1 %)
 * @param participation  order quantity / volume in the horizon, 0 < participation <= 1
 * @param y              dimensionless coefficient, about 1 for liquid markets
 * @returns concession as a share of price, never negative
 * @throws ExecutionError `participation_out_of_range` when participation is not in (0, 1], `negative_volatility`
 * @see Almgren, Thum, Hauptmann, Li: "Direct Estimation of Equity Market Impact" (2005)
 */
export function squareRootImpact(sigma: number, participation: number, y = 1): number {
  requireVolatility(sigma);
  if (!(participation > 0 && participation <= 1)) {
    throw new ExecutionError('participation_out_of_range', `Participation must be above 0 and at most 1, received ${participation}`, {
      participation,
    });
  }
  return y * sigma * Math.sqrt(participation);
}

/**
 * The volatility regime of a market.
 * @param minuteVolatility  standard deviation of one-minute returns, as a share of price; a bar of n minutes has sqrt(n) times it
 * @throws ExecutionError `negative_volatility`
 */
export function volatilityRegime(market: Market, minuteVolatility: number, settings: SlippageSettings = SLIPPAGE): VolatilityRegime {
  requireVolatility(minuteVolatility);
  const { mediumFrom, highFrom } = settings.regimes[market];
  if (minuteVolatility >= highFrom) return 'high';
  return minuteVolatility >= mediumFrom ? 'medium' : 'low';
}

/** Slippage of a market order in a regime where no book is known, as a share of price. */
export function regimeSlippage(market: Market, regime: VolatilityRegime, settings: SlippageSettings = SLIPPAGE): number {
  return settings.slippage[market][regime];
}

/** Impact by the size of the order where the traded volume is unknown: `notional` in the quote currency, result as a share of price. */
export function impactBySize(market: Market, notional: number, settings: SlippageSettings = SLIPPAGE): number {
  const { small, medium, large } = settings.impactFallback;
  const { smallBelow, mediumBelow } = settings.impactFallback[market];
  if (notional < smallBelow) return small;
  return notional < mediumBelow ? medium : large;
}

/**
 * Half the spread that is assumed where no book is known, as a share of price; never less than half a tick, which is the
 * narrowest spread the venue can show.
 * @throws ExecutionError `price_not_positive`
 */
export function assumedHalfSpread(
  instrument: Pick<Instrument, 'symbol' | 'market' | 'tickSize'>,
  price: number,
  settings: SlippageSettings = SLIPPAGE,
): number {
  if (!(price > 0)) throw new ExecutionError('price_not_positive', `A price must be positive, received ${price}`, { price });
  const assumed = settings.halfSpread.bySymbol[instrument.symbol] ?? settings.halfSpread[instrument.market];
  return Math.max(assumed, toNumber(instrument.tickSize(fromNumber(price))) / 2 / price);
}

/** A market order that meets no known book. Prices and notional in the quote currency, quantities in shares or coin. */
export interface BooklessOrder {
  readonly instrument: Pick<Instrument, 'symbol' | 'market' | 'tickSize'>;
  readonly price: number;
  readonly quantity: number;
  /** Standard deviation of one-minute returns, as a share of price. */
  readonly minuteVolatility: number;
  /** Quantity traded in the last minute; null where it is unknown or nothing traded. */
  readonly minuteVolume: number | null;
}

/** What a market order concedes against the last price, in parts, each a share of price. */
export interface Concession {
  readonly regime: VolatilityRegime;
  readonly halfSpread: number;
  readonly slippage: number;
  readonly impact: number;
  readonly total: number;
}

/**
 * The concession of a market order where no book is known: spread + volatility slippage + square-root impact over one minute,
 * or the impact by size where the minute's volume is unknown. A buyer pays price * (1 + total), a seller gets price * (1 - total).
 * @throws ExecutionError `negative_volatility`, `price_not_positive`
 */
export function booklessConcession(order: BooklessOrder, settings: SlippageSettings = SLIPPAGE): Concession {
  const { instrument, price, minuteVolatility } = order;
  const regime = volatilityRegime(instrument.market, minuteVolatility, settings);
  const halfSpread = assumedHalfSpread(instrument, price, settings);
  const slippage = regimeSlippage(instrument.market, regime, settings);
  const impact = impactOf(order, settings);
  return { regime, halfSpread, slippage, impact, total: halfSpread + slippage + impact };
}

function impactOf({ instrument, price, quantity, minuteVolatility, minuteVolume }: BooklessOrder, settings: SlippageSettings): number {
  if (minuteVolume === null || !(minuteVolume > 0)) return impactBySize(instrument.market, price * quantity, settings);
  // How much of an order larger than the minute's volume fills is the matcher's matter; what fills takes all of it.
  return quantity > 0 ? squareRootImpact(minuteVolatility, Math.min(1, quantity / minuteVolume)) : 0;
}

function requireVolatility(sigma: number): void {
  if (sigma >= 0) return;
  throw new ExecutionError('negative_volatility', `A volatility cannot be negative, received ${sigma}`, { sigma });
}
