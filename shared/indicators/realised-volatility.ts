import { cell, type Indicator, requirePeriod } from './indicator.ts';
import { createWindow, windowSize } from './window.ts';

const PREVIOUS = 0;
const PARTS = 1;

/**
 * Close-to-close volatility: the sample standard deviation of the last `period` log returns. Per bar, as a share of
 * price (0.001 = 0.1 % a bar); not annualised. Closes must be positive.
 * @throws IndicatorError `bad_period`
 */
export function createRealisedVolatility(period = 30): Indicator<number, number> {
  requirePeriod('Realised volatility', period, 2);
  const state = new Float64Array(PARTS + windowSize(period));
  const returns = createWindow(period, state.subarray(PARTS));
  return {
    warmUp: period + 1,
    state,
    add: (close) => {
      const previous = cell(state, PREVIOUS);
      if (previous > 0) returns.add(Math.log(close / previous));
      state[PREVIOUS] = close;
    },
    value: () => {
      const squares = returns.squares();
      return squares === null ? null : Math.sqrt(squares / (period - 1));
    },
  };
}
