import type { Candle } from '../market/price.ts';
import { cell, type Indicator, requirePeriod } from './indicator.ts';
import { createRollingMaximum, rollingMaximumSize } from './rolling-maximum.ts';
import { createSma, smaSize } from './sma.ts';

const SEEN = 0;
const PARTS = 1;

/** Where the close lies in the recent range, smoothed once and twice; each 0 to 100. */
export interface Stochastic {
  readonly k: number;
  readonly d: number;
}

/**
 * Slow stochastic oscillator.
 *
 *   raw = 100 * (close - lowest) / (highest - lowest) over `period` bars; k = sma(raw, kSmoothing); d = sma(k, dSmoothing)
 *
 * A range without any height has its close neither high nor low in it: raw is 50 then.
 * @throws IndicatorError `bad_period`
 * @see Lane: "Lane's Stochastics", Technical Analysis of Stocks & Commodities (1984)
 */
export function createStochastic(period = 14, kSmoothing = 3, dSmoothing = 3): Indicator<Candle, Stochastic> {
  requirePeriod('A stochastic', period);
  const size = rollingMaximumSize(period);
  const state = new Float64Array(PARTS + 2 * size + smaSize(kSmoothing) + smaSize(dSmoothing));
  const highest = createRollingMaximum(period, state.subarray(PARTS, PARTS + size));
  const lowest = createRollingMaximum(period, state.subarray(PARTS + size, PARTS + 2 * size));
  const smoothed = PARTS + 2 * size;
  const once = createSma(kSmoothing, state.subarray(smoothed, smoothed + smaSize(kSmoothing)));
  const twice = createSma(dSmoothing, state.subarray(smoothed + smaSize(kSmoothing)));
  return {
    warmUp: period + kSmoothing + dSmoothing - 2,
    state,
    add: (candle) => {
      const seen = cell(state, SEEN) + 1;
      state[SEEN] = seen;
      highest.add(seen, candle.high);
      lowest.add(seen, -candle.low);
      if (seen < period) return;
      const low = -lowest.value();
      const range = highest.value() - low;
      once.add(range > 0 ? (100 * (candle.close - low)) / range : 50);
      const k = once.value();
      if (k !== null) twice.add(k);
    },
    value: () => {
      const k = once.value();
      const d = twice.value();
      return k === null || d === null ? null : { k, d };
    },
  };
}
