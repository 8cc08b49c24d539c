import { cell, type Indicator, requirePeriod } from './indicator.ts';

const COUNT = 0;
const NEXT = 1;
const MEAN = 2;
const SQUARES = 3;
const RING = 4;

/** Mean and sum of squared deviations over the last `period` values. */
export interface Window extends Indicator<number, number> {
  /** Sum of squared deviations from the mean; null until warm. */
  readonly squares: () => number | null;
}

/**
 * Sliding mean and squared deviations by Welford's update, re-summed in two passes once a lap so that rounding cannot
 * build up. A sum of squares would lose all digits at a price of 100,000 with moves of a cent.
 * `value()` is the mean.
 * @throws IndicatorError `bad_period`
 * @see Welford: "Note on a method for calculating corrected sums of squares and products" (1962)
 */
export function createWindow(period: number, state: Float64Array = new Float64Array(windowSize(period))): Window {
  const isWarm = (): boolean => cell(state, COUNT) === period;

  const grow = (value: number): void => {
    const count = cell(state, COUNT) + 1;
    state[RING + count - 1] = value;
    const mean = cell(state, MEAN);
    const moved = mean + (value - mean) / count;
    state[SQUARES] = cell(state, SQUARES) + (value - mean) * (value - moved);
    state[MEAN] = moved;
    state[COUNT] = count;
  };

  const slide = (value: number): void => {
    const next = cell(state, NEXT);
    const oldest = cell(state, RING + next);
    state[RING + next] = value;
    if (next + 1 === period) {
      state[NEXT] = 0;
      resum(state, period);
      return;
    }
    state[NEXT] = next + 1;
    const mean = cell(state, MEAN);
    const moved = mean + (value - oldest) / period;
    const squares = cell(state, SQUARES) + (value - oldest) * (value - moved + oldest - mean);
    state[SQUARES] = Math.max(squares, 0);
    state[MEAN] = moved;
  };

  return {
    warmUp: period,
    state,
    add: (value) => (isWarm() ? slide(value) : grow(value)),
    value: () => (isWarm() ? cell(state, MEAN) : null),
    squares: () => (isWarm() ? cell(state, SQUARES) : null),
  };
}

/** Cells of a window's state. @throws IndicatorError `bad_period` */
export function windowSize(period: number): number {
  requirePeriod('A window', period);
  return RING + period;
}

function resum(state: Float64Array, period: number): void {
  let sum = 0;
  for (let i = 0; i < period; i++) sum += cell(state, RING + i);
  const mean = sum / period;
  let squares = 0;
  for (let i = 0; i < period; i++) squares += (cell(state, RING + i) - mean) ** 2;
  state[MEAN] = mean;
  state[SQUARES] = squares;
}
