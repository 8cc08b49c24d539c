import type { Candle } from '../market/price.ts';
import { trueRange } from './atr.ts';
import { smooth } from './ema.ts';
import type { CatchesUp, Indicator } from './indicator.ts';
import { WILDER_SIZE, Wilder } from './wilder.ts';

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
export class DirectionalIndex implements Indicator<Candle, Adx>, CatchesUp {
  readonly warmUp: number;
  readonly state: Float64Array;
  readonly #range: Wilder;
  readonly #up: Wilder;
  readonly #down: Wilder;
  readonly #index: Wilder;

  constructor(period = 14) {
    this.warmUp = 2 * period;
    this.state = new Float64Array(PARTS + 4 * WILDER_SIZE);
    this.#range = new Wilder(period, partOf(this.state, 0));
    this.#up = new Wilder(period, partOf(this.state, 1));
    this.#down = new Wilder(period, partOf(this.state, 2));
    this.#index = new Wilder(period, partOf(this.state, 3));
  }

  add(candle: Candle): void {
    const { state } = this;
    if ((state[HAS_PREVIOUS] as number) === 1) this.#move(candle);
    state[HAS_PREVIOUS] = 1;
    state[PREVIOUS_HIGH] = candle.high;
    state[PREVIOUS_LOW] = candle.low;
    state[PREVIOUS_CLOSE] = candle.close;
  }

  #move(candle: Candle): void {
    const { state } = this;
    const rise = candle.high - (state[PREVIOUS_HIGH] as number);
    const fall = (state[PREVIOUS_LOW] as number) - candle.low;
    this.#range.add(trueRange(candle, state[PREVIOUS_CLOSE] as number));
    this.#up.add(moveOf(rise, fall));
    this.#down.add(moveOf(fall, rise));
    const up = this.#up.value();
    const down = this.#down.value();
    if (up !== null && down !== null) this.#index.add(indexOf(up, down));
  }

  addCandles(candles: readonly Candle[], from: number, to: number): void {
    const { state } = this;
    const { share } = this.#range;
    let i = from;
    for (; i < to && !this.#index.isWarm(); i++) this.add(candles[i] as Candle);
    let previousHigh = state[PREVIOUS_HIGH] as number;
    let previousLow = state[PREVIOUS_LOW] as number;
    let previousClose = state[PREVIOUS_CLOSE] as number;
    let range = this.#range.level();
    let up = this.#up.level();
    let down = this.#down.level();
    let index = this.#index.level();
    for (; i < to; i++) {
      const candle = candles[i] as Candle;
      const rise = candle.high - previousHigh;
      const fall = previousLow - candle.low;
      range = smooth(range, trueRange(candle, previousClose), share);
      up = smooth(up, moveOf(rise, fall), share);
      down = smooth(down, moveOf(fall, rise), share);
      index = smooth(index, indexOf(up, down), share);
      previousHigh = candle.high;
      previousLow = candle.low;
      previousClose = candle.close;
    }
    state[PREVIOUS_HIGH] = previousHigh;
    state[PREVIOUS_LOW] = previousLow;
    state[PREVIOUS_CLOSE] = previousClose;
    this.#range.goOn(range);
    this.#up.goOn(up);
    this.#down.goOn(down);
    this.#index.goOn(index);
  }

  value(): Adx | null {
    const adx = this.#index.value();
    if (adx === null) return null;
    const range = this.#range.value() ?? 0;
    const percent = range > 0 ? 100 / range : 0;
    return { adx, plus: (this.#up.value() ?? 0) * percent, minus: (this.#down.value() ?? 0) * percent };
  }
}

/** Movement one way, where it is more than the other way. */
const moveOf = (one: number, other: number): number => (one > other && one > 0 ? one : 0);

/** The directional index: the range, that both lines are shares of, cancels out. */
function indexOf(up: number, down: number): number {
  const both = up + down;
  return both > 0 ? (100 * Math.abs(up - down)) / both : 0;
}

const partOf = (state: Float64Array, slot: number): Float64Array => state.subarray(PARTS + slot * WILDER_SIZE, PARTS + (slot + 1) * WILDER_SIZE);
