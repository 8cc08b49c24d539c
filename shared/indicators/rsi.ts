import type { Candle } from '../market/price.ts';
import { smooth } from './ema.ts';
import type { CatchesUp, Indicator } from './indicator.ts';
import { WILDER_SIZE, Wilder } from './wilder.ts';

const HAS_PREVIOUS = 0;
const PREVIOUS = 1;
const PARTS = 2;

/**
 * Relative strength index of closes by Wilder's smoothing, 0 to 100.
 *
 *   rsi = 100 * gain / (gain + loss)
 *
 * A series that never moved has neither gains nor losses: its RSI is 50, neither strong nor weak.
 * @throws IndicatorError `bad_period`
 * @see Wilder: "New Concepts in Technical Trading Systems" (1978)
 */
export class Rsi implements Indicator<number, number>, CatchesUp {
  readonly warmUp: number;
  readonly state: Float64Array;
  readonly #gain: Wilder;
  readonly #loss: Wilder;

  constructor(period = 14) {
    this.warmUp = period + 1;
    this.state = new Float64Array(PARTS + 2 * WILDER_SIZE);
    this.#gain = new Wilder(period, this.state.subarray(PARTS, PARTS + WILDER_SIZE));
    this.#loss = new Wilder(period, this.state.subarray(PARTS + WILDER_SIZE));
  }

  add(close: number): void {
    const { state } = this;
    if ((state[HAS_PREVIOUS] as number) === 1) {
      const change = close - (state[PREVIOUS] as number);
      this.#gain.add(gainOf(change));
      this.#loss.add(lossOf(change));
    }
    state[HAS_PREVIOUS] = 1;
    state[PREVIOUS] = close;
  }

  /** @param told  what is said after each candle, at the place of the candle, NaN while cold; left out where nobody asks */
  addCandles(candles: readonly Candle[], from: number, to: number, told?: Float64Array): void {
    const { share } = this.#gain;
    let i = from;
    for (; i < to && !this.#gain.isWarm(); i++) {
      this.add((candles[i] as Candle).close);
      if (told !== undefined) told[i] = this.value() ?? Number.NaN;
    }
    let previous = this.state[PREVIOUS] as number;
    let gain = this.#gain.level();
    let loss = this.#loss.level();
    for (; i < to; i++) {
      const { close } = candles[i] as Candle;
      const change = close - previous;
      previous = close;
      gain = smooth(gain, gainOf(change), share);
      loss = smooth(loss, lossOf(change), share);
      if (told !== undefined) told[i] = strengthOf(gain, loss);
    }
    this.state[PREVIOUS] = previous;
    this.#gain.goOn(gain);
    this.#loss.goOn(loss);
  }

  value(): number | null {
    const up = this.#gain.value();
    const down = this.#loss.value();
    if (up === null || down === null) return null;
    return strengthOf(up, down);
  }
}

const gainOf = (change: number): number => Math.max(change, 0);
const lossOf = (change: number): number => (change < 0 ? -change : 0);
const strengthOf = (gain: number, loss: number): number => (gain + loss === 0 ? 50 : (100 * gain) / (gain + loss));
