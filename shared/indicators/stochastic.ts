import type { Candle } from '../market/price.ts';
import type { Indicator } from './indicator.ts';
import { RollingMaximum, rollingMaximumSize } from './rolling-maximum.ts';
import { Sma, smaSize } from './sma.ts';

/** Where the close lies in the recent range, smoothed once and twice; each 0 to 100. */
export interface Stochastic {
  readonly k: number;
  readonly d: number;
}

/**
 * Slow stochastic oscillator.
 *
 *   raw = 100 * (close - lowest) / (highest - lowest) over `period` bars; k = sma(raw, kSmoothing); d = sma(k, dSmoothing)
 *
 * A range without any height has its close neither high nor low in it: raw is 50 then.
 * @throws IndicatorError `bad_period`
 * @see Lane: "Lane's Stochastics", Technical Analysis of Stocks & Commodities (1984)
 */
export class StochasticOscillator implements Indicator<Candle, Stochastic> {
  readonly warmUp: number;
  readonly state: Float64Array;
  readonly #highest: RollingMaximum;
  readonly #lowest: RollingMaximum;
  readonly #once: Sma;
  readonly #twice: Sma;

  constructor(period = 14, kSmoothing = 3, dSmoothing = 3) {
    const size = rollingMaximumSize(period);
    const smoothed = 2 * size;
    const second = smoothed + smaSize(kSmoothing);
    this.warmUp = period + kSmoothing + dSmoothing - 2;
    this.state = new Float64Array(second + smaSize(dSmoothing));
    this.#highest = new RollingMaximum(period, this.state.subarray(0, size));
    this.#lowest = new RollingMaximum(period, this.state.subarray(size, smoothed));
    this.#once = new Sma(kSmoothing, this.state.subarray(smoothed, second));
    this.#twice = new Sma(dSmoothing, this.state.subarray(second));
  }

  add({ high, low, close }: Candle): void {
    this.#highest.add(high);
    this.#lowest.add(-low);
    if (!this.#highest.isWarm()) return;
    const lowest = -this.#lowest.value();
    const range = this.#highest.value() - lowest;
    this.#once.add(range > 0 ? (100 * (close - lowest)) / range : 50);
    const k = this.#once.value();
    if (k !== null) this.#twice.add(k);
  }

  value(): Stochastic | null {
    const k = this.#once.value();
    const d = this.#twice.value();
    return k === null || d === null ? null : { k, d };
  }
}
