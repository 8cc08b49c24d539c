import { cell, type Indicator, requirePeriod } from './indicator.ts';

const COUNT = 0;
const VALUE = 1;
export const WILDER_SIZE = 2;

/**
 * Wilder's smoothing, seeded by the simple mean of the first `period` values.
 *
 *   mean = (mean * (period - 1) + x) / period
 *
 * @throws IndicatorError `bad_period`
 * @see Wilder: "New Concepts in Technical Trading Systems" (1978)
 */
export function createWilder(period: number, state: Float64Array = new Float64Array(WILDER_SIZE)): Indicator<number, number> {
  requirePeriod("Wilder's smoothing", period);
  return {
    warmUp: period,
    state,
    add: (value) => {
      const before = cell(state, VALUE);
      const count = cell(state, COUNT);
      if (count === period) {
        state[VALUE] = (before * (period - 1) + value) / period;
        return;
      }
      // While it is cold the cell holds the plain sum of the values.
      state[COUNT] = count + 1;
      state[VALUE] = count + 1 === period ? (before + value) / period : before + value;
    },
    value: () => (cell(state, COUNT) === period ? cell(state, VALUE) : null),
  };
}
