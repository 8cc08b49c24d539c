import { cell, type Indicator, requirePeriod } from './indicator.ts';

const COUNT = 0;
const NEXT = 1;
const SUM = 2;
const RING = 3;

/**
 * Simple moving average of the last `period` values. The running sum is made anew once a lap, so that rounding cannot build up.
 * @throws IndicatorError `bad_period`
 */
export function createSma(period = 20, state: Float64Array = new Float64Array(smaSize(period))): Indicator<number, number> {
  const grow = (value: number): void => {
    const count = cell(state, COUNT);
    state[RING + count] = value;
    state[COUNT] = count + 1;
    state[SUM] = cell(state, SUM) + value;
  };

  const slide = (value: number): void => {
    const next = cell(state, NEXT);
    const oldest = cell(state, RING + next);
    state[RING + next] = value;
    if (next + 1 === period) {
      state[NEXT] = 0;
      state[SUM] = sumOf(state, period);
      return;
    }
    state[NEXT] = next + 1;
    state[SUM] = cell(state, SUM) + value - oldest;
  };

  return {
    warmUp: period,
    state,
    add: (value) => (cell(state, COUNT) === period ? slide(value) : grow(value)),
    value: () => (cell(state, COUNT) === period ? cell(state, SUM) / period : null),
  };
}

/** Cells of a simple moving average's state. @throws IndicatorError `bad_period` */
export function smaSize(period: number): number {
  requirePeriod('A simple moving average', period);
  return RING + period;
}

function sumOf(state: Float64Array, period: number): number {
  let sum = 0;
  for (let i = 0; i < period; i++) sum += cell(state, RING + i);
  return sum;
}
