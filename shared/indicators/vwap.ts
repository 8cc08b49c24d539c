import type { EpochMs } from '../kernel/time.ts';
import type { Candle } from '../market/price.ts';
import { cell, type Indicator } from './indicator.ts';

const PERIOD_END = 0;
const TURNOVER = 1;
const VOLUME = 2;

/**
 * Volume-weighted average of the typical price (high + low + close) / 3 since the period began, in units of price.
 * Null while nothing was traded in it.
 * @param periodEndOf  end, exclusive, of the period (a trading day) that a bar belongs to: the first bar past it begins again
 */
export function createVwap(periodEndOf: (openMs: EpochMs) => EpochMs): Indicator<Candle, number> {
  const state = new Float64Array(3);
  return {
    warmUp: 1,
    state,
    add: (candle) => {
      if (candle.openMs >= cell(state, PERIOD_END)) {
        state[PERIOD_END] = periodEndOf(candle.openMs);
        state[TURNOVER] = 0;
        state[VOLUME] = 0;
      }
      state[TURNOVER] = cell(state, TURNOVER) + ((candle.high + candle.low + candle.close) / 3) * candle.volume;
      state[VOLUME] = cell(state, VOLUME) + candle.volume;
    },
    value: () => (cell(state, VOLUME) > 0 ? cell(state, TURNOVER) / cell(state, VOLUME) : null),
  };
}
