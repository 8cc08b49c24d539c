import type { Candle } from '../market/price.ts';
import { ATR_SIZE, createAtr } from './atr.ts';
import { cell, type Indicator } from './indicator.ts';

const PREVIOUS_CLOSE = 0;
/** 1 up, -1 down, 0 before the first value. */
const TREND = 1;
const UPPER = 2;
const LOWER = 3;
const PARTS = 4;

/** The line that the close must cross to turn the trend, in units of price, and the trend: 1 up (the line is below), -1 down. */
export interface SuperTrend {
  readonly line: number;
  readonly trend: 1 | -1;
}

/**
 * SuperTrend: bands of `multiple` average true ranges around the middle of the bar that only ever move towards the price; the
 * close crosses one and the other takes over.
 * @throws IndicatorError `bad_period`
 * @see Seban: "Tout le monde mérite d'être riche" (2008)
 */
export function createSuperTrend(period = 10, multiple = 3): Indicator<Candle, SuperTrend> {
  const state = new Float64Array(PARTS + ATR_SIZE);
  const atr = createAtr(period, state.subarray(PARTS));

  const move = (candle: Candle, range: number): void => {
    const middle = (candle.high + candle.low) / 2;
    const upper = middle + multiple * range;
    const lower = middle - multiple * range;
    const previous = cell(state, PREVIOUS_CLOSE);
    const isFirst = cell(state, TREND) === 0;
    if (isFirst) state[TREND] = candle.close >= middle ? 1 : -1;
    if (isFirst || upper < cell(state, UPPER) || previous > cell(state, UPPER)) state[UPPER] = upper;
    if (isFirst || lower > cell(state, LOWER) || previous < cell(state, LOWER)) state[LOWER] = lower;
    const line = cell(state, TREND) === 1 ? cell(state, LOWER) : cell(state, UPPER);
    state[TREND] = candle.close <= line ? -1 : 1;
  };

  return {
    warmUp: atr.warmUp,
    state,
    add: (candle) => {
      atr.add(candle);
      const range = atr.value();
      if (range !== null) move(candle, range);
      state[PREVIOUS_CLOSE] = candle.close;
    },
    value: () => {
      const trend = cell(state, TREND);
      if (trend === 0) return null;
      return trend === 1 ? { line: cell(state, LOWER), trend: 1 } : { line: cell(state, UPPER), trend: -1 };
    },
  };
}
