import type { Candle } from '../market/price.ts';
import { cell, type Indicator } from './indicator.ts';

const HAS_PREVIOUS = 0;
const PREVIOUS_CLOSE = 1;
const BALANCE = 2;

/**
 * On-balance volume: the volume of bars that closed higher, less that of bars that closed lower, since the first bar (0).
 * Its level means nothing, its changes do.
 * @see Granville: "New Key to Stock Market Profits" (1963)
 */
export function createObv(): Indicator<Pick<Candle, 'close' | 'volume'>, number> {
  const state = new Float64Array(3);
  return {
    warmUp: 1,
    state,
    add: ({ close, volume }) => {
      const previous = cell(state, PREVIOUS_CLOSE);
      if (cell(state, HAS_PREVIOUS) === 1 && close !== previous) state[BALANCE] = cell(state, BALANCE) + (close > previous ? volume : -volume);
      state[HAS_PREVIOUS] = 1;
      state[PREVIOUS_CLOSE] = close;
    },
    value: () => (cell(state, HAS_PREVIOUS) === 1 ? cell(state, BALANCE) : null),
  };
}
