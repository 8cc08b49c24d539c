import { cell, type Indicator } from './indicator.ts';
import { createWilder, WILDER_SIZE } from './wilder.ts';

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
export function createRsi(period = 14): Indicator<number, number> {
  const state = new Float64Array(PARTS + 2 * WILDER_SIZE);
  const gain = createWilder(period, state.subarray(PARTS, PARTS + WILDER_SIZE));
  const loss = createWilder(period, state.subarray(PARTS + WILDER_SIZE));
  return {
    warmUp: period + 1,
    state,
    add: (close) => {
      if (cell(state, HAS_PREVIOUS) === 1) {
        const change = close - cell(state, PREVIOUS);
        gain.add(Math.max(change, 0));
        loss.add(Math.max(-change, 0));
      }
      state[HAS_PREVIOUS] = 1;
      state[PREVIOUS] = close;
    },
    value: () => {
      const up = gain.value();
      const down = loss.value();
      if (up === null || down === null) return null;
      return up + down === 0 ? 50 : (100 * up) / (up + down);
    },
  };
}
