import { NightdeskError } from '../kernel/errors.ts';
import type { Candle } from '../market/price.ts';

/**
 * A streaming indicator: one input a bar, amortised constant work, no look-ahead.
 * Its whole memory is `state`: copy it to save, `state.set(saved)` to restore, `state.fill(0)` to begin again. To replace the
 * last bar, restore the state of before it and add it as it has become.
 *
 * Indicators are classes, for V8 compiles their methods with constants where a closure's variables are looked up: a third of
 * the time of an average. So `add` and `value` are methods and are called on their indicator. For the same reason cells of the
 * state are read in place: the layout guarantees that they exist.
 */
export interface Indicator<Input, Output> {
  /** Inputs until the first value; `value()` is null before. */
  readonly warmUp: number;
  readonly state: Float64Array;
  add(input: Input): void;
  value(): Output | null;
}

/** An indicator that catches up with a chart. */
export interface CatchesUp {
  /**
   * Adds what it reads of the candles from a place to another, exclusive: the same, bit for bit, as one after the other. Every indicator has its
   * own loop, in which V8 knows what is called, and those that smooth hold what they smooth in registers: a fifth of the time.
   */
  addCandles(candles: readonly Candle[], from: number, to: number): void;
}

/** An indicator whose value is made by its last inputs alone, bit for bit: who reads it seldom feeds it those and no others. */
export interface Forgetful {
  /** After `inputs` inputs: the place of the oldest that still makes a difference. */
  remembersFrom(inputs: number): number;
  /** Forgets all, to go on with the input at such a place. */
  forget(): void;
}

export class IndicatorError extends NightdeskError<'bad_period'> {}

/** @throws IndicatorError `bad_period` when the period is not a whole number of at least `least` bars */
export function requirePeriod(name: string, period: number, least = 1): void {
  if (Number.isInteger(period) && period >= least) return;
  throw new IndicatorError('bad_period', `${name} needs a whole period of at least ${least} bars, received ${period}`, { name, period, least });
}
