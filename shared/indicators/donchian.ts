import type { Candle } from '../market/price.ts';
import type { CatchesUp, Forgetful, Indicator } from './indicator.ts';
import { RollingMaximum, rollingMaximumSize } from './rolling-maximum.ts';

/** Highest high and lowest low, in units of price. */
export interface Donchian {
  readonly upper: number;
  readonly lower: number;
}

const HAS_LAST = 0;
const LAST_HIGH = 1;
const LAST_LOW = 2;
const PARTS = 3;

/**
 * Donchian channel of the `period` bars **before** the last one, so that the last bar can break out of it.
 * @throws IndicatorError `bad_period`
 */
export class DonchianChannel implements Indicator<Candle, Donchian>, CatchesUp, Forgetful {
  readonly warmUp: number;
  readonly state: Float64Array;
  readonly #highest: RollingMaximum;
  readonly #lowest: RollingMaximum;

  constructor(period = 20) {
    const size = rollingMaximumSize(period);
    this.warmUp = period + 1;
    this.state = new Float64Array(PARTS + 2 * size);
    this.#highest = new RollingMaximum(period, this.state.subarray(PARTS, PARTS + size));
    this.#lowest = new RollingMaximum(period, this.state.subarray(PARTS + size));
  }

  add({ high, low }: Candle): void {
    const { state } = this;
    if ((state[HAS_LAST] as number) === 1) {
      this.#highest.add(state[LAST_HIGH] as number);
      this.#lowest.add(-(state[LAST_LOW] as number));
    }
    state[HAS_LAST] = 1;
    state[LAST_HIGH] = high;
    state[LAST_LOW] = low;
  }

  addCandles(candles: readonly Candle[], from: number, to: number): void {
    for (let i = from; i < to; i++) this.add(candles[i] as Candle);
  }

  remembersFrom(inputs: number): number {
    return Math.max(0, inputs - this.warmUp);
  }

  forget(): void {
    this.state.fill(0);
  }

  value(): Donchian | null {
    return this.#highest.isWarm() ? { upper: this.#highest.value(), lower: -this.#lowest.value() } : null;
  }
}
