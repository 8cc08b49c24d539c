import type { Candle } from '../market/price.ts';
import { cell, type Indicator } from './indicator.ts';
import { createWilder, WILDER_SIZE } from './wilder.ts';

const HAS_PREVIOUS = 0;
const PREVIOUS_CLOSE = 1;
const PARTS = 2;
export const ATR_SIZE: number = PARTS + WILDER_SIZE;

/** The distance a bar travelled, the gap from the close before it included; in units of price. */
export function trueRange(candle: Candle, previousClose: number): number {
  return Math.max(candle.high, previousClose) - Math.min(candle.low, previousClose);
}

/**
 * Average true range by Wilder's smoothing, in units of price. The first bar has no close before it and gives no true range.
 * @throws IndicatorError `bad_period`
 * @see Wilder: "New Concepts in Technical Trading Systems" (1978)
 */
export function createAtr(period = 14, state: Float64Array = new Float64Array(ATR_SIZE)): Indicator<Candle, number> {
  const mean = createWilder(period, state.subarray(PARTS));
  return {
    warmUp: period + 1,
    state,
    add: (candle) => {
      if (cell(state, HAS_PREVIOUS) === 1) mean.add(trueRange(candle, cell(state, PREVIOUS_CLOSE)));
      state[HAS_PREVIOUS] = 1;
      state[PREVIOUS_CLOSE] = candle.close;
    },
    value: mean.value,
  };
}
