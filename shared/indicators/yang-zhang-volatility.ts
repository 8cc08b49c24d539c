import type { Candle } from '../market/price.ts';
import { cell, type Indicator, requirePeriod } from './indicator.ts';
import { createSma, smaSize } from './sma.ts';
import { createWindow, windowSize } from './window.ts';

const PREVIOUS_CLOSE = 0;
const PARTS = 1;

/**
 * Volatility of the last `period` bars from the gaps between them, their bodies and their ranges: it knows both what happens
 * within a session and over the night. Per bar, as a share of price; not annualised. Prices must be positive.
 *
 *   sigma^2 = s^2(gaps) + k s^2(bodies) + (1 - k) mean(ln(h/c) ln(h/o) + ln(l/c) ln(l/o)), k = 0.34 / (1.34 + (n + 1) / (n - 1))
 *
 * @throws IndicatorError `bad_period`
 * @see Yang, Zhang: "Drift Independent Volatility Estimation Based on High, Low, Open, and Close Prices" (2000)
 */
export function createYangZhangVolatility(period = 30): Indicator<Candle, number> {
  requirePeriod('Yang-Zhang volatility', period, 2);
  const size = windowSize(period);
  const state = new Float64Array(PARTS + 2 * size + smaSize(period));
  const gaps = createWindow(period, state.subarray(PARTS, PARTS + size));
  const bodies = createWindow(period, state.subarray(PARTS + size, PARTS + 2 * size));
  const ranges = createSma(period, state.subarray(PARTS + 2 * size));
  const k = 0.34 / (1.34 + (period + 1) / (period - 1));
  return {
    warmUp: period + 1,
    state,
    add: ({ open, high, low, close }) => {
      const previous = cell(state, PREVIOUS_CLOSE);
      state[PREVIOUS_CLOSE] = close;
      if (previous === 0) return;
      gaps.add(Math.log(open / previous));
      bodies.add(Math.log(close / open));
      ranges.add(Math.log(high / close) * Math.log(high / open) + Math.log(low / close) * Math.log(low / open));
    },
    value: () => {
      const ofGaps = gaps.squares();
      const ofBodies = bodies.squares();
      const ofRanges = ranges.value();
      if (ofGaps === null || ofBodies === null || ofRanges === null) return null;
      return Math.sqrt(Math.max(0, (ofGaps + k * ofBodies) / (period - 1) + (1 - k) * ofRanges));
    },
  };
}
