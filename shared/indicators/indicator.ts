import { NightdeskError } from '../kernel/errors.ts';

/**
 * A streaming indicator: one input a bar, amortised constant work, no look-ahead.
 * Its whole memory is `state`: copy it to save, `state.set(saved)` to restore, `state.fill(0)` to begin again.
 */
export interface Indicator<Input, Output> {
  /** Inputs until the first value; `value()` is null before. */
  readonly warmUp: number;
  readonly state: Float64Array;
  readonly add: (input: Input) => void;
  readonly value: () => Output | null;
}

export class IndicatorError extends NightdeskError<'bad_period'> {}

/** @throws IndicatorError `bad_period` when the period is not a whole number of at least `least` bars */
export function requirePeriod(name: string, period: number, least = 1): void {
  if (Number.isInteger(period) && period >= least) return;
  throw new IndicatorError('bad_period', `${name} needs a whole period of at least ${least} bars, received ${period}`, { name, period, least });
}

/** A cell of a state array; the layout guarantees that it exists. */
export const cell = (state: Float64Array, index: number): number => state[index] as number;
