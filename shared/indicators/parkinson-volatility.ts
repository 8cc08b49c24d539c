import type { Candle } from '../market/price.ts';
import type { Indicator } from './indicator.ts';
import { Sma } from './sma.ts';

/**
 * Volatility from the ranges of the last `period` bars: five times as sure as that from closes, blind to gaps between bars.
 * Per bar, as a share of price; not annualised. Prices must be positive.
 *
 *   sigma^2 = mean(ln(high / low)^2) / (4 ln 2)
 *
 * @throws IndicatorError `bad_period`
 * @see Parkinson: "The Extreme Value Method for Estimating the Variance of the Rate of Return" (1980)
 */
export class ParkinsonVolatility implements Indicator<Candle, number> {
  readonly warmUp: number;
  readonly state: Float64Array;
  readonly #squares: Sma;

  constructor(period = 30) {
    this.#squares = new Sma(period);
    this.warmUp = period;
    this.state = this.#squares.state;
  }

  add({ high, low }: Candle): void {
    this.#squares.add(Math.log(high / low) ** 2);
  }

  value(): number | null {
    const mean = this.#squares.value();
    return mean === null ? null : Math.sqrt(Math.max(0, mean) / (4 * Math.LN2));
  }
}
