import { normalCdf } from '../../kernel/normal.ts';
import type { OptionRight } from '../black76.ts';
import { black76Greeks, type Greeks } from './greeks.ts';

export interface InverseOption {
  readonly right: OptionRight;
  /** Price of the future of that expiry, USD: the frame's `underlying_price`. */
  readonly forward: number;
  readonly strike: number;
  readonly years: number;
  /** A year, as a share: the frame's `mark_iv` over 100. */
  readonly volatility: number;
}

/**
 * An option as Deribit shows it: Black-76 without interest, the price in coin, the greeks in USD.
 *
 * @returns price in coin (USD price over the forward); delta that of Black, not adjusted for a premium in coin; gamma for one USD;
 *   vega for one point (1 %) of volatility; theta for a day of 365; rho for one per cent, K T N(d2) / 100
 */
export function deribitGreeks({ right, forward, strike, years, volatility }: InverseOption): Greeks {
  const { price, delta, gamma, vega, theta } = black76Greeks({ right, forward, strike, years, rate: 0, volatility });
  const deviation = volatility * Math.sqrt(years);
  const sign = right === 'call' ? 1 : -1;
  const d2 = Math.log(forward / strike) / deviation - deviation / 2;
  return {
    price: price / forward,
    delta,
    gamma,
    vega: vega / 100,
    theta: theta / 365,
    rho: (sign * strike * years * normalCdf(sign * d2)) / 100,
  };
}
