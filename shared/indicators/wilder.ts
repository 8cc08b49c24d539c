import { type Indicator, requirePeriod } from './indicator.ts';

/** 1 when warm, else 0: asked whether it is more than nothing, one comparison where equality of floats takes two. */
const IS_WARM = 0;
const VALUE = 1;
const COUNT = 2;
export const WILDER_SIZE = 3;

/**
 * Wilder's smoothing, seeded by the simple mean of the first `period` values.
 *
 *   mean = x / period + mean * (1 - 1 / period)
 *
 * @throws IndicatorError `bad_period`
 * @see Wilder: "New Concepts in Technical Trading Systems" (1978)
 */
export class Wilder implements Indicator<number, number> {
  readonly warmUp: number;
  readonly state: Float64Array;
  readonly #share: number;

  constructor(period: number, state: Float64Array = new Float64Array(WILDER_SIZE)) {
    requirePeriod("Wilder's smoothing", period);
    this.warmUp = period;
    this.state = state;
    this.#share = 1 / period;
  }

  add(value: number): void {
    const { state } = this;
    const before = state[VALUE] as number;
    if ((state[IS_WARM] as number) > 0) {
      const share = this.#share;
      state[VALUE] = value * share + before * (1 - share);
      return;
    }
    // While it is cold the cell holds the plain sum of the values.
    const count = (state[COUNT] as number) + 1;
    state[COUNT] = count;
    state[VALUE] = before + value;
    if (count < this.warmUp) return;
    state[VALUE] = (before + value) / count;
    state[IS_WARM] = 1;
  }

  get share(): number {
    return this.#share;
  }

  isWarm(): boolean {
    return (this.state[IS_WARM] as number) > 0;
  }

  /** What the next value is smoothed into. */
  level(): number {
    return this.state[VALUE] as number;
  }

  /** Goes on from a level that was smoothed elsewhere. */
  goOn(level: number): void {
    this.state[VALUE] = level;
  }

  value(): number | null {
    return (this.state[IS_WARM] as number) > 0 ? (this.state[VALUE] as number) : null;
  }
}
