import type { Candle } from '../market/price.ts';
import type { Indicator } from './indicator.ts';
import { createSma } from './sma.ts';

/**
 * Volatility from the ranges and bodies of the last `period` bars, blind to gaps between bars. Per bar, as a share of price;
 * not annualised. Prices must be positive.
 *
 *   sigma^2 = mean(ln(high / low)^2 / 2 - (2 ln 2 - 1) ln(close / open)^2)
 *
 * @throws IndicatorError `bad_period`
 * @see Garman, Klass: "On the Estimation of Security Price Volatilities from Historical Data" (1980)
 */
export function createGarmanKlassVolatility(period = 30): Indicator<Candle, number> {
  const variances = createSma(period);
  return {
    warmUp: period,
    state: variances.state,
    add: ({ open, high, low, close }) => variances.add(Math.log(high / low) ** 2 / 2 - (2 * Math.LN2 - 1) * Math.log(close / open) ** 2),
    value: () => {
      const mean = variances.value();
      return mean === null ? null : Math.sqrt(Math.max(0, mean));
    },
  };
}
