import { cell, type Indicator } from './indicator.ts';
import { createSma, smaSize } from './sma.ts';

const HAS_CURRENT = 0;
const CURRENT = 1;
const PARTS = 2;

/**
 * Volume of the last bar over the mean of the `period` bars before it that traded (1 = as usual), itself not among them so
 * that a burst does not hide in its own mean. Bars without a trade do not count: after the still minutes before a closing
 * auction every bar of the next morning would look like a burst.
 * @throws IndicatorError `bad_period`
 */
export function createVolumeRatio(period = 20): Indicator<number, number> {
  const state = new Float64Array(PARTS + smaSize(period));
  const usual = createSma(period, state.subarray(PARTS));
  return {
    warmUp: period + 1,
    state,
    add: (volume) => {
      if (cell(state, HAS_CURRENT) === 1 && cell(state, CURRENT) > 0) usual.add(cell(state, CURRENT));
      state[HAS_CURRENT] = 1;
      state[CURRENT] = volume;
    },
    value: () => {
      const mean = usual.value();
      return mean === null ? null : cell(state, CURRENT) / mean;
    },
  };
}
