import type { Candle } from '../market/price.ts';
import { cell, type Indicator, requirePeriod } from './indicator.ts';
import { createRollingMaximum, rollingMaximumSize } from './rolling-maximum.ts';

/** Highest high and lowest low, in units of price. */
export interface Donchian {
  readonly upper: number;
  readonly lower: number;
}

const SEEN = 0;
const LAST_HIGH = 1;
const LAST_LOW = 2;
const PARTS = 3;

/**
 * Donchian channel of the `period` bars **before** the last one, so that the last bar can break out of it.
 * Each side is a monotone queue: amortised constant work a bar.
 * @throws IndicatorError `bad_period`
 */
export function createDonchian(period = 20): Indicator<Candle, Donchian> {
  requirePeriod('A Donchian channel', period);
  const size = rollingMaximumSize(period);
  const state = new Float64Array(PARTS + 2 * size);
  const highest = createRollingMaximum(period, state.subarray(PARTS, PARTS + size));
  const lowest = createRollingMaximum(period, state.subarray(PARTS + size));
  return {
    warmUp: period + 1,
    state,
    add: (candle) => {
      const seen = cell(state, SEEN);
      if (seen > 0) {
        highest.add(seen, cell(state, LAST_HIGH));
        lowest.add(seen, -cell(state, LAST_LOW));
      }
      state[SEEN] = seen + 1;
      state[LAST_HIGH] = candle.high;
      state[LAST_LOW] = candle.low;
    },
    value: () => (cell(state, SEEN) > period ? { upper: highest.value(), lower: -lowest.value() } : null),
  };
}
