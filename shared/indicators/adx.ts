import type { Candle } from '../market/price.ts';
import { trueRange } from './atr.ts';
import { cell, type Indicator } from './indicator.ts';
import { createWilder, WILDER_SIZE } from './wilder.ts';

const HAS_PREVIOUS = 0;
const PREVIOUS_HIGH = 1;
const PREVIOUS_LOW = 2;
const PREVIOUS_CLOSE = 3;
const PARTS = 4;

/** Strength of a trend and its two directions, each 0 to 100. */
export interface Adx {
  readonly adx: number;
  readonly plus: number;
  readonly minus: number;
}

/**
 * Average directional index by Wilder's smoothing.
 * Of two equal directional movements neither counts. Where nothing moved at all the directional index is 0, so that a
 * feed that opens with flat bars recovers.
 * @throws IndicatorError `bad_period`
 * @see Wilder: "New Concepts in Technical Trading Systems" (1978)
 */
export function createAdx(period = 14): Indicator<Candle, Adx> {
  const state = new Float64Array(PARTS + 4 * WILDER_SIZE);
  const smoothing = (slot: number): Indicator<number, number> =>
    createWilder(period, state.subarray(PARTS + slot * WILDER_SIZE, PARTS + (slot + 1) * WILDER_SIZE));
  const range = smoothing(0);
  const up = smoothing(1);
  const down = smoothing(2);
  const index = smoothing(3);

  const share = (part: number | null): number => {
    const whole = range.value();
    return part === null || whole === null || whole === 0 ? 0 : (100 * part) / whole;
  };

  const move = (candle: Candle): void => {
    const rise = candle.high - cell(state, PREVIOUS_HIGH);
    const fall = cell(state, PREVIOUS_LOW) - candle.low;
    range.add(trueRange(candle, cell(state, PREVIOUS_CLOSE)));
    up.add(rise > fall && rise > 0 ? rise : 0);
    down.add(fall > rise && fall > 0 ? fall : 0);
    if (range.value() === null) return;
    const plus = share(up.value());
    const minus = share(down.value());
    index.add(plus + minus === 0 ? 0 : (100 * Math.abs(plus - minus)) / (plus + minus));
  };

  return {
    warmUp: 2 * period,
    state,
    add: (candle) => {
      if (cell(state, HAS_PREVIOUS) === 1) move(candle);
      state[HAS_PREVIOUS] = 1;
      state[PREVIOUS_HIGH] = candle.high;
      state[PREVIOUS_LOW] = candle.low;
      state[PREVIOUS_CLOSE] = candle.close;
    },
    value: () => {
      const adx = index.value();
      return adx === null ? null : { adx, plus: share(up.value()), minus: share(down.value()) };
    },
  };
}
