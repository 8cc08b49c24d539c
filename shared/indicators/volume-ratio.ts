import { cell, type Indicator } from './indicator.ts';
import { createWindow, windowSize } from './window.ts';

const HAS_CURRENT = 0;
const CURRENT = 1;
const PARTS = 2;

/**
 * Volume of the last bar over the mean of the `period` bars before it (1 = as usual), itself not among them so that a
 * burst does not hide in its own mean. Null while the bars before it traded nothing.
 * @throws IndicatorError `bad_period`
 */
export function createVolumeRatio(period = 20): Indicator<number, number> {
  const state = new Float64Array(PARTS + windowSize(period));
  const usual = createWindow(period, state.subarray(PARTS));
  return {
    warmUp: period + 1,
    state,
    add: (volume) => {
      if (cell(state, HAS_CURRENT) === 1) usual.add(cell(state, CURRENT));
      state[HAS_CURRENT] = 1;
      state[CURRENT] = volume;
    },
    value: () => {
      const mean = usual.value();
      return mean === null || mean <= 0 ? null : cell(state, CURRENT) / mean;
    },
  };
}
