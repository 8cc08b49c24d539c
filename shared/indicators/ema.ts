import { type Indicator, requirePeriod } from './indicator.ts';

/** 1 when warm: compared with a constant, cheaper than a count with the period. */
const IS_WARM = 0;
const VALUE = 1;
const COUNT = 2;
export const EMA_SIZE = 3;

/**
 * Exponential moving average, seeded by the simple mean of the first `period` values.
 *
 *   ema = x * share + ema * (1 - share), share = 2 / (period + 1)
 *
 * @throws IndicatorError `bad_period`
 */
export class Ema implements Indicator<number, number> {
  readonly warmUp: number;
  readonly state: Float64Array;
  readonly #share: number;

  constructor(period: number, state: Float64Array = new Float64Array(EMA_SIZE)) {
    requirePeriod('An EMA', period);
    this.warmUp = period;
    this.state = state;
    this.#share = 2 / (period + 1);
  }

  add(value: number): void {
    const { state } = this;
    const before = state[VALUE] as number;
    if ((state[IS_WARM] as number) === 1) {
      // Written so that the step to the next value is one product and one sum long; what remains is taken anew, for a difference
      // takes less than reading a field.
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

  value(): number | null {
    return (this.state[IS_WARM] as number) === 1 ? (this.state[VALUE] as number) : null;
  }
}
