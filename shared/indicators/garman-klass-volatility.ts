import type { Candle } from '../market/price.ts';
import type { Indicator } from './indicator.ts';
import { Sma } from './sma.ts';

/**
 * Volatility from the ranges and bodies of the last `period` bars, blind to gaps between bars. Per bar, as a share of price;
 * not annualised. Prices must be positive.
 *
 *   sigma^2 = mean(ln(high / low)^2 / 2 - (2 ln 2 - 1) ln(close / open)^2)
 *
 * @throws IndicatorError `bad_period`
 * @see Garman, Klass: "On the Estimation of Security Price Volatilities from Historical Data" (1980)
 */
export class GarmanKlassVolatility implements Indicator<Candle, number> {
  readonly warmUp: number;
  readonly state: Float64Array;
  readonly #variances: Sma;

  constructor(period = 30) {
    this.#variances = new Sma(period);
    this.warmUp = period;
    this.state = this.#variances.state;
  }

  add({ open, high, low, close }: Candle): void {
    this.#variances.add(Math.log(high / low) ** 2 / 2 - (2 * Math.LN2 - 1) * Math.log(close / open) ** 2);
  }

  value(): number | null {
    const mean = this.#variances.value();
    return mean === null ? null : Math.sqrt(Math.max(0, mean));
  }
}
