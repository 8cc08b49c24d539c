import { type Forgetful, type Indicator, requirePeriod } from './indicator.ts';

const COUNT = 0;
const NEXT = 1;
const MEAN = 2;
const SQUARES = 3;
const RING = 4;

/**
 * Mean and sum of squared deviations over the last `period` values, by Welford's update, re-summed in two passes once a lap so
 * that rounding cannot build up. A sum of squares would lose all digits at a price of 100,000 with moves of a cent.
 * `value()` is the mean.
 * @throws IndicatorError `bad_period`
 * @see Welford: "Note on a method for calculating corrected sums of squares and products" (1962)
 */
export class Window implements Indicator<number, number>, Forgetful {
  readonly warmUp: number;
  readonly state: Float64Array;
  readonly #share: number;

  constructor(period: number, state: Float64Array = new Float64Array(windowSize(period))) {
    this.warmUp = period;
    this.state = state;
    this.#share = 1 / period;
  }

  add(value: number): void {
    if ((this.state[COUNT] as number) < this.warmUp) this.#grow(value);
    else this.#slide(value);
  }

  value(): number | null {
    return (this.state[COUNT] as number) === this.warmUp ? (this.state[MEAN] as number) : null;
  }

  /** Sum of squared deviations from the mean; null until warm. */
  squares(): number | null {
    return (this.state[COUNT] as number) === this.warmUp ? (this.state[SQUARES] as number) : null;
  }

  /** The lap before this one: it ended with the sums made anew. Before there was such a lap, the first value. */
  remembersFrom(inputs: number): number {
    return Math.max(0, (Math.floor(inputs / this.warmUp) - 1) * this.warmUp);
  }

  /** What the window then holds is of no moment: a whole lap is to come. */
  forget(): void {
    this.state.fill(0);
    this.state[COUNT] = this.warmUp;
  }

  #grow(value: number): void {
    const { state } = this;
    const count = (state[COUNT] as number) + 1;
    state[RING + count - 1] = value;
    const mean = state[MEAN] as number;
    const moved = mean + (value - mean) / count;
    state[SQUARES] = (state[SQUARES] as number) + (value - mean) * (value - moved);
    state[MEAN] = moved;
    state[COUNT] = count;
  }

  #slide(value: number): void {
    const { state, warmUp: period } = this;
    const next = state[NEXT] as number;
    const oldest = state[RING + next] as number;
    state[RING + next] = value;
    if (next + 1 === period) {
      state[NEXT] = 0;
      resum(state, period);
      return;
    }
    state[NEXT] = next + 1;
    const mean = state[MEAN] as number;
    const step = value - oldest;
    const moved = mean + step * this.#share;
    const squares = (state[SQUARES] as number) + step * (value - moved + oldest - mean);
    state[SQUARES] = Math.max(squares, 0);
    state[MEAN] = moved;
  }
}

/** Cells of a window's state. @throws IndicatorError `bad_period` */
export function windowSize(period: number): number {
  requirePeriod('A window', period);
  return RING + period;
}

function resum(state: Float64Array, period: number): void {
  let sum = 0;
  for (let i = 0; i < period; i++) sum += state[RING + i] as number;
  const mean = sum / period;
  let squares = 0;
  for (let i = 0; i < period; i++) {
    const off = (state[RING + i] as number) - mean;
    squares += off * off;
  }
  state[MEAN] = mean;
  state[SQUARES] = squares;
}
