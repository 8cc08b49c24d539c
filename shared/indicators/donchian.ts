import type { Candle } from '../market/price.ts';
import { cell, type Indicator, requirePeriod } from './indicator.ts';

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
  const size = queueSize(period);
  const state = new Float64Array(PARTS + 2 * size);
  const highest = maximumOf(period, state.subarray(PARTS, PARTS + size));
  const lowest = maximumOf(period, state.subarray(PARTS + size));
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

const HEAD = 0;
const LENGTH = 1;
const QUEUE = 2;
const queueSize = (period: number): number => QUEUE + 2 * period;

/** Maximum of the last `period` values: a ring of (ordinal, value) pairs with falling values. */
function maximumOf(period: number, state: Float64Array): { readonly add: (ordinal: number, value: number) => void; readonly value: () => number } {
  // Integers and a comparison, for a remainder of floats is slow: position is never above period.
  const slot = (head: number, position: number): number => {
    const at = (head + position) | 0;
    return QUEUE + 2 * (at >= period ? at - period : at);
  };
  return {
    add: (ordinal, value) => {
      let head = cell(state, HEAD) | 0;
      let length = cell(state, LENGTH) | 0;
      if (length > 0 && cell(state, slot(head, 0)) <= ordinal - period) {
        head = head + 1 === period ? 0 : head + 1;
        length -= 1;
      }
      while (length > 0 && cell(state, slot(head, length - 1) + 1) <= value) length -= 1;
      const at = slot(head, length);
      state[at] = ordinal;
      state[at + 1] = value;
      state[HEAD] = head;
      state[LENGTH] = length + 1;
    },
    value: () => cell(state, slot(cell(state, HEAD) | 0, 0) + 1),
  };
}
