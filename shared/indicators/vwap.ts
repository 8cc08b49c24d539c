import type { EpochMs } from '../kernel/time.ts';
import type { Candle } from '../market/price.ts';
import type { CatchesUp, Indicator } from './indicator.ts';

const PERIOD_END = 0;
const TURNOVER = 1;
const VOLUME = 2;
/** A product takes a third of the time of a division. */
const THIRD = 1 / 3;

/**
 * Volume-weighted average of the typical price (high + low + close) / 3 since the period began, in units of price.
 * Null while nothing was traded in it.
 */
export class Vwap implements Indicator<Candle, number>, CatchesUp {
  readonly warmUp = 1;
  readonly state = new Float64Array(3);
  readonly #periodMs: number;
  readonly #startMs: EpochMs;

  /**
   * Numbers, not a function that tells the period's end: with a call in it, though of one bar a day, `add` took a third longer.
   * @param periodMs  length of a period (a trading day): the first bar of the next one begins again
   * @param startMs  an instant at which a period begins, not after any bar
   */
  constructor(periodMs: number, startMs: EpochMs) {
    this.#periodMs = periodMs;
    this.#startMs = startMs;
  }

  add({ openMs, high, low, close, volume }: Candle): void {
    const { state } = this;
    if (openMs >= (state[PERIOD_END] as number)) {
      state[PERIOD_END] = openMs - ((openMs - this.#startMs) % this.#periodMs) + this.#periodMs;
      state[TURNOVER] = 0;
      state[VOLUME] = 0;
    }
    state[TURNOVER] = (state[TURNOVER] as number) + (high + low + close) * THIRD * volume;
    state[VOLUME] = (state[VOLUME] as number) + volume;
  }

  addCandles(candles: readonly Candle[], from: number, to: number): void {
    for (let i = from; i < to; i++) this.add(candles[i] as Candle);
  }

  value(): number | null {
    const volume = this.state[VOLUME] as number;
    return volume > 0 ? (this.state[TURNOVER] as number) / volume : null;
  }
}
