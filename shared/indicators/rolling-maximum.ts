import { cell } from './indicator.ts';

const HEAD = 0;
const LENGTH = 1;
const QUEUE = 2;

/** Maximum of the last `period` values; the values come with rising ordinals, one apart. */
export interface RollingMaximum {
  readonly add: (ordinal: number, value: number) => void;
  /** Meaningless before the first value. */
  readonly value: () => number;
}

/** Cells of a rolling maximum's state. */
export const rollingMaximumSize = (period: number): number => QUEUE + 2 * period;

/** A monotone queue: a ring of (ordinal, value) pairs with falling values. Amortised constant work a value. */
export function createRollingMaximum(period: number, state: Float64Array): RollingMaximum {
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
