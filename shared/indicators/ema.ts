import { cell, type Indicator, requirePeriod } from './indicator.ts';

const COUNT = 0;
const VALUE = 1;
export const EMA_SIZE = 2;

/**
 * Exponential moving average, seeded by the simple mean of the first `period` values.
 *
 *   ema += (x - ema) * 2 / (period + 1)
 *
 * @throws IndicatorError `bad_period`
 */
export function createEma(period: number, state: Float64Array = new Float64Array(EMA_SIZE)): Indicator<number, number> {
  requirePeriod('An EMA', period);
  const share = 2 / (period + 1);
  return {
    warmUp: period,
    state,
    add: (value) => {
      const before = cell(state, VALUE);
      const count = cell(state, COUNT);
      if (count === period) {
        state[VALUE] = before + (value - before) * share;
        return;
      }
      // While it is cold the cell holds the plain sum of the values.
      state[COUNT] = count + 1;
      state[VALUE] = count + 1 === period ? (before + value) / period : before + value;
    },
    value: () => (cell(state, COUNT) === period ? cell(state, VALUE) : null),
  };
}
