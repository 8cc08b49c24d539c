import type { Candle } from '../market/price.ts';
import { EMA_SIZE, Ema, smooth } from './ema.ts';
import { type CatchesUp, type Indicator, IndicatorError } from './indicator.ts';

/** Line, its signal and their difference, in units of price. */
export interface Macd {
  readonly line: number;
  readonly signal: number;
  readonly histogram: number;
}

/**
 * Moving average convergence/divergence of closes.
 *
 *   line = ema(fast) - ema(slow); signal = ema(line, smoothing); histogram = line - signal
 *
 * @throws IndicatorError `bad_period`
 * @see Appel: "Technical Analysis: Power Tools for Active Investors" (2005)
 */
export class MovingAverageConvergence implements Indicator<number, Macd>, CatchesUp {
  readonly warmUp: number;
  readonly state: Float64Array;
  readonly #quick: Ema;
  readonly #calm: Ema;
  readonly #smooth: Ema;

  constructor(fast = 12, slow = 26, smoothing = 9) {
    if (fast >= slow)
      throw new IndicatorError('bad_period', `MACD needs a fast period below the slow one, received ${fast} and ${slow}`, { fast, slow });
    this.warmUp = slow + smoothing - 1;
    this.state = new Float64Array(3 * EMA_SIZE);
    this.#quick = new Ema(fast, this.state.subarray(0, EMA_SIZE));
    this.#calm = new Ema(slow, this.state.subarray(EMA_SIZE, 2 * EMA_SIZE));
    this.#smooth = new Ema(smoothing, this.state.subarray(2 * EMA_SIZE));
  }

  add(close: number): void {
    this.#quick.add(close);
    this.#calm.add(close);
    const line = this.#line();
    if (line !== null) this.#smooth.add(line);
  }

  addCandles(candles: readonly Candle[], from: number, to: number): void {
    const { share: quickShare } = this.#quick;
    const { share: calmShare } = this.#calm;
    const { share: smoothShare } = this.#smooth;
    let i = from;
    for (; i < to && !this.#smooth.isWarm(); i++) this.add((candles[i] as Candle).close);
    let quick = this.#quick.level();
    let calm = this.#calm.level();
    let signal = this.#smooth.level();
    for (; i < to; i++) {
      const { close } = candles[i] as Candle;
      quick = smooth(quick, close, quickShare);
      calm = smooth(calm, close, calmShare);
      signal = smooth(signal, quick - calm, smoothShare);
    }
    this.#quick.goOn(quick);
    this.#calm.goOn(calm);
    this.#smooth.goOn(signal);
  }

  value(): Macd | null {
    const line = this.#line();
    const signal = this.#smooth.value();
    return line === null || signal === null ? null : { line, signal, histogram: line - signal };
  }

  #line(): number | null {
    const quick = this.#quick.value();
    const calm = this.#calm.value();
    return quick === null || calm === null ? null : quick - calm;
  }
}
