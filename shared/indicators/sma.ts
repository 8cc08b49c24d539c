import { type Indicator, requirePeriod } from './indicator.ts';

const COUNT = 0;
const NEXT = 1;
const SUM = 2;
const RING = 3;

/**
 * Simple moving average of the last `period` values. The running sum is made anew once a lap, so that rounding cannot build up.
 * @throws IndicatorError `bad_period`
 */
export class Sma implements Indicator<number, number> {
  readonly warmUp: number;
  readonly state: Float64Array;

  constructor(period = 20, state: Float64Array = new Float64Array(smaSize(period))) {
    this.warmUp = period;
    this.state = state;
  }

  add(value: number): void {
    const { state, warmUp: period } = this;
    const count = state[COUNT] as number;
    if (count < period) {
      state[RING + count] = value;
      state[COUNT] = count + 1;
      state[SUM] = (state[SUM] as number) + value;
      return;
    }
    const next = state[NEXT] as number;
    const oldest = state[RING + next] as number;
    state[RING + next] = value;
    if (next + 1 === period) {
      state[NEXT] = 0;
      state[SUM] = sumOf(state, period);
      return;
    }
    state[NEXT] = next + 1;
    state[SUM] = (state[SUM] as number) + (value - oldest);
  }

  value(): number | null {
    const { state, warmUp: period } = this;
    return (state[COUNT] as number) === period ? (state[SUM] as number) / period : null;
  }
}

/** Cells of a simple moving average's state. @throws IndicatorError `bad_period` */
export function smaSize(period: number): number {
  requirePeriod('A simple moving average', period);
  return RING + period;
}

function sumOf(state: Float64Array, period: number): number {
  let sum = 0;
  for (let i = 0; i < period; i++) sum += state[RING + i] as number;
  return sum;
}
