import { requirePeriod } from './indicator.ts';

const NEXT = 0;
const IS_WARM = 1;
/** Largest value of this lap so far. */
const PREFIX = 2;
const MAXIMUM = 3;
const RING = 4;

/**
 * Maximum of the last `period` values, amortised constant work a value and no branch that a falling market could make slow:
 * once a lap the ring becomes the maxima of its own ends, so that the window is one of them and the lap so far.
 * @see van Herk: "A fast algorithm for local minimum and maximum filters" (1992)
 */
export class RollingMaximum {
  readonly #period: number;
  readonly #state: Float64Array;

  constructor(period: number, state: Float64Array) {
    this.#period = period;
    this.#state = state;
  }

  add(value: number): void {
    const state = this.#state;
    const next = state[NEXT] as number;
    const before = state[PREFIX] as number;
    const prefix = next === 0 || value > before ? value : before;
    state[RING + next] = value;
    state[PREFIX] = prefix;
    if (next + 1 === this.#period) {
      state[MAXIMUM] = prefix;
      state[NEXT] = 0;
      state[IS_WARM] = 1;
      endsOf(state, this.#period);
      return;
    }
    state[NEXT] = next + 1;
    const behind = (state[IS_WARM] as number) === 1 ? (state[RING + next + 1] as number) : prefix;
    state[MAXIMUM] = Math.max(behind, prefix);
  }

  /** Of fewer than `period` values, while there are no more; 0 before the first. */
  value(): number {
    return this.#state[MAXIMUM] as number;
  }

  /** Whether a whole period has been seen. */
  isWarm(): boolean {
    return (this.#state[IS_WARM] as number) === 1;
  }
}

/** Cells of a rolling maximum's state. @throws IndicatorError `bad_period` */
export function rollingMaximumSize(period: number): number {
  requirePeriod('A rolling maximum', period);
  return RING + period;
}

/** Each place of the ring becomes the maximum from it to the ring's end. */
function endsOf(state: Float64Array, period: number): void {
  let most = state[RING + period - 1] as number;
  for (let i = period - 2; i >= 0; i--) {
    const value = state[RING + i] as number;
    if (value > most) most = value;
    else state[RING + i] = most;
  }
}
