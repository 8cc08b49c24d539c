import type { Candle } from '../market/price.ts';
import { type CatchesUp, type Indicator, requirePeriod } from './indicator.ts';

/** 1 when warm, else 0: asked whether it is more than nothing, one comparison where equality of floats takes two. */
const IS_WARM = 0;
const VALUE = 1;
const COUNT = 2;
export const EMA_SIZE = 3;

/** What a smoothed value becomes by the next one: as `add` of an average, which has it written out, for a call there takes as long again. */
export const smooth = (before: number, value: number, share: number): number => value * share + before * (1 - share);

/**
 * Exponential moving average, seeded by the simple mean of the first `period` values.
 *
 *   ema = x * share + ema * (1 - share), share = 2 / (period + 1)
 *
 * @throws IndicatorError `bad_period`
 */
export class Ema implements Indicator<number, number>, CatchesUp {
  readonly warmUp: number;
  readonly state: Float64Array;
  readonly #share: number;

  constructor(period: number, state: Float64Array = new Float64Array(EMA_SIZE)) {
    requirePeriod('An EMA', period);
    this.warmUp = period;
    this.state = state;
    this.#share = 2 / (period + 1);
  }

  add(value: number): void {
    const { state } = this;
    const before = state[VALUE] as number;
    if ((state[IS_WARM] as number) > 0) {
      // Written so that the step to the next value is one product and one sum long; what remains is taken anew, for a difference
      // takes less than reading a field.
      const share = this.#share;
      state[VALUE] = value * share + before * (1 - share);
      return;
    }
    // While it is cold the cell holds the plain sum of the values.
    const count = (state[COUNT] as number) + 1;
    state[COUNT] = count;
    state[VALUE] = before + value;
    if (count < this.warmUp) return;
    state[VALUE] = (before + value) / count;
    state[IS_WARM] = 1;
  }

  addCandles(candles: readonly Candle[], from: number, to: number): void {
    const share = this.#share;
    let i = from;
    for (; i < to && !this.isWarm(); i++) this.add((candles[i] as Candle).close);
    let level = this.level();
    for (; i < to; i++) level = smooth(level, (candles[i] as Candle).close, share);
    this.goOn(level);
  }

  get share(): number {
    return this.#share;
  }

  isWarm(): boolean {
    return (this.state[IS_WARM] as number) > 0;
  }

  /** What the next value is smoothed into. */
  level(): number {
    return this.state[VALUE] as number;
  }

  /** Goes on from a level that was smoothed elsewhere. */
  goOn(level: number): void {
    this.state[VALUE] = level;
  }

  value(): number | null {
    return (this.state[IS_WARM] as number) > 0 ? (this.state[VALUE] as number) : null;
  }
}
