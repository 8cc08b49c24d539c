import type { Candle } from '../market/price.ts';
import type { Indicator } from './indicator.ts';
import { createSma } from './sma.ts';

/**
 * Volatility from the ranges of the last `period` bars: five times as sure as that from closes, blind to gaps between bars.
 * Per bar, as a share of price; not annualised. Prices must be positive.
 *
 *   sigma^2 = mean(ln(high / low)^2) / (4 ln 2)
 *
 * @throws IndicatorError `bad_period`
 * @see Parkinson: "The Extreme Value Method for Estimating the Variance of the Rate of Return" (1980)
 */
export function createParkinsonVolatility(period = 30): Indicator<Pick<Candle, 'high' | 'low'>, number> {
  const squares = createSma(period);
  return {
    warmUp: period,
    state: squares.state,
    add: ({ high, low }) => squares.add(Math.log(high / low) ** 2),
    value: () => {
      const mean = squares.value();
      return mean === null ? null : Math.sqrt(Math.max(0, mean) / (4 * Math.LN2));
    },
  };
}
