import type { Candle } from '../market/price.ts';
import { type CatchesUp, type Forgetful, type Indicator, requirePeriod } from './indicator.ts';
import { Window, windowSize } from './window.ts';

const PREVIOUS = 0;
const PARTS = 1;

/**
 * Close-to-close volatility: the sample standard deviation of the last `period` log returns. Per bar, as a share of
 * price (0.001 = 0.1 % a bar); not annualised. Closes must be positive.
 * @throws IndicatorError `bad_period`
 */
export class RealisedVolatility implements Indicator<number, number>, CatchesUp, Forgetful {
  readonly warmUp: number;
  readonly state: Float64Array;
  readonly #returns: Window;

  constructor(period = 30) {
    requirePeriod('Realised volatility', period, 2);
    this.warmUp = period + 1;
    this.state = new Float64Array(PARTS + windowSize(period));
    this.#returns = new Window(period, this.state.subarray(PARTS));
  }

  add(close: number): void {
    const { state } = this;
    const previous = state[PREVIOUS] as number;
    if (previous > 0) this.#returns.add(Math.log(close / previous));
    state[PREVIOUS] = close;
  }

  addCandles(candles: readonly Candle[], from: number, to: number): void {
    for (let i = from; i < to; i++) this.add((candles[i] as Candle).close);
  }

  /** A return begins at the close before it. */
  remembersFrom(inputs: number): number {
    return this.#returns.remembersFrom(inputs - 1);
  }

  forget(): void {
    this.state[PREVIOUS] = 0;
    this.#returns.forget();
  }

  value(): number | null {
    const squares = this.#returns.squares();
    return squares === null ? null : Math.sqrt(squares / (this.#returns.warmUp - 1));
  }
}
