import { normalCdf, normalDensity } from '../../kernel/normal.ts';
import { black76, type OptionRight } from '../black76.ts';

/** A European option on something that is held at a cost. Prices are in one currency, rates are continuous and a year. */
export interface CarriedOption {
  readonly right: OptionRight;
  readonly spot: number;
  readonly strike: number;
  readonly years: number;
  readonly rate: number;
  /**
   * Cost of carry b: the forward is spot exp(b T). `rate` for a stock, rate - yield for a stock with a dividend yield, 0 for a
   * future or a forward (Black-76), rate - foreign rate for a currency.
   */
  readonly carry: number;
  /** A year, as a share (0.2 = 20 %). */
  readonly volatility: number;
}

/** Value of an option and its derivatives, for one unit of the underlying. */
export interface Greeks {
  readonly price: number;
  /** For one unit of the spot price. */
  readonly delta: number;
  /** Of the delta, for one unit of the spot price. */
  readonly gamma: number;
  /** For 1.00 of volatility, which is 100 points. */
  readonly vega: number;
  /** For a year that passes, mostly negative. */
  readonly theta: number;
  /** For 1.00 of the rate; the carry moves with it, unless it is 0 (a future's price does not follow the rate). */
  readonly rho: number;
}

/**
 * Generalised Black-Scholes:
 *
 *   call = S e^((b - r) T) N(d1) - K e^(-r T) N(d2),  d1,2 = (ln(S / K) + b T) / s +- s / 2,  s = volatility sqrt(T)
 *
 * An option that has expired or cannot move is worth its discounted intrinsic value on the forward; its delta is a step, its
 * gamma and vega are 0, its theta is that of the discount alone.
 * @see Haug: "The complete guide to option pricing formulas" (2007), chapters 1 and 2
 */
export function generalisedGreeks(option: CarriedOption): Greeks {
  const { right, spot, strike, years, rate, carry, volatility } = option;
  const sign = right === 'call' ? 1 : -1;
  const forward = spot * Math.exp(carry * years);
  const discount = Math.exp(-rate * years);
  const carried = discount * Math.exp(carry * years);
  const deviation = volatility * Math.sqrt(Math.max(0, years));
  const price = black76({ right, forward, strike, variance: deviation * deviation, discount });
  const d1 = d1Of(forward, strike, deviation);
  const d2 = d1 - deviation;
  const density = deviation > 0 ? normalDensity(d1) : 0;
  const exercised = sign * strike * discount * normalCdf(sign * d2);
  const delta = sign * carried * normalCdf(sign * d1);
  const spread = deviation > 0 ? (spot * carried * density * volatility) / (2 * Math.sqrt(years)) : 0;
  return {
    price,
    delta,
    gamma: deviation > 0 ? (carried * density) / (spot * deviation) : 0,
    vega: deviation > 0 ? spot * carried * density * Math.sqrt(years) : 0,
    theta: -spread - (carry - rate) * spot * delta - rate * exercised,
    rho: carry === 0 ? -years * price : years * exercised,
  };
}

/** Without deviation d1 and d2 are the side of the strike that the forward is on. */
function d1Of(forward: number, strike: number, deviation: number): number {
  const moneyness = Math.log(forward / strike);
  return deviation > 0 ? moneyness / deviation + deviation / 2 : Math.sign(moneyness) * Number.POSITIVE_INFINITY || 0;
}

/** A European option on a future or forward. */
export type FutureOption = Omit<CarriedOption, 'spot' | 'carry'> & { readonly forward: number };

/** Black-76: the greeks of an option on a forward; delta and gamma are by the forward. */
export const black76Greeks = ({ forward, ...option }: FutureOption): Greeks => generalisedGreeks({ ...option, spot: forward, carry: 0 });

/** The delta of `black76Greeks` without a discount, alone: a tenth of the work of all greeks. */
export function forwardDelta({ right, forward, strike, years, volatility }: Omit<FutureOption, 'rate'>): number {
  const sign = right === 'call' ? 1 : -1;
  return sign * normalCdf(sign * d1Of(forward, strike, volatility * Math.sqrt(Math.max(0, years))));
}
