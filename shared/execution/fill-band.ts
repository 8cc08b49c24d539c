import { type Decimal, fromNumber, max, min } from '../kernel/decimal.ts';
import { MINUTE_MS } from '../kernel/time.ts';

/** What the two ends of a fill are made from. Shares are of the base price. */
export interface BandInput {
  readonly side: 'buy' | 'sell';
  readonly price: Decimal;
  /** Middle of the book, or the price that a stop met. */
  readonly base: number;
  readonly halfSpreadShare: number;
  /** Slippage and impact that the booked price has beyond the touch. */
  readonly concessionShare: number;
  readonly minuteVolatility: number;
  readonly latencyMs: number;
}

/** The booked price between a kinder and a harsher one. */
export interface FillBand {
  readonly optimistic: Decimal;
  readonly pessimistic: Decimal;
}

/**
 * The band of a market fill:
 *
 *   optimistic  = base (1 +- halfSpread)                                          all of it at the touch
 *   pessimistic = base (1 +- (halfSpread + 2 concession + sigma sqrt(latency)))   twice the slippage and impact, and the market
 *                                                                                moved a standard deviation away while the
 *                                                                                order was on its way
 *
 * with + for a buy, - for a sale. The booked price is never outside.
 * @see Almgren, Thum, Hauptmann, Li (2005): the coefficient of impact is known to about a factor of two
 */
export function marketBand(input: BandInput): FillBand {
  const { side, price, base, halfSpreadShare, concessionShare, minuteVolatility, latencyMs } = input;
  const drift = minuteVolatility * Math.sqrt(latencyMs / MINUTE_MS);
  const sign = side === 'buy' ? 1 : -1;
  const at = (share: number): Decimal => fromNumber(Math.max(0, base * (1 + sign * share)));
  const [kind, harsh] = [at(halfSpreadShare), at(halfSpreadShare + 2 * concessionShare + drift)];
  return side === 'buy'
    ? { optimistic: min(kind, price), pessimistic: max(harsh, price) }
    : { optimistic: max(kind, price), pessimistic: min(harsh, price) };
}

/** A limit order and an auction have one price: what is uncertain of them is whether they fill. */
export const singlePrice = (price: Decimal): FillBand => ({ optimistic: price, pessimistic: price });
