import type { Candle } from '../market/price.ts';
import { smooth } from './ema.ts';
import type { CatchesUp, Indicator } from './indicator.ts';
import { WILDER_SIZE, Wilder } from './wilder.ts';

const HAS_PREVIOUS = 0;
const PREVIOUS_CLOSE = 1;
const PARTS = 2;
export const ATR_SIZE: number = PARTS + WILDER_SIZE;

/** The distance a bar travelled, the gap from the close before it included; in units of price. */
export function trueRange({ high, low }: Candle, previousClose: number): number {
  const top = high > previousClose ? high : previousClose;
  return top - (low < previousClose ? low : previousClose);
}

/**
 * Average true range by Wilder's smoothing, in units of price. The first bar has no close before it and gives no true range.
 * @throws IndicatorError `bad_period`
 * @see Wilder: "New Concepts in Technical Trading Systems" (1978)
 */
export class Atr implements Indicator<Candle, number>, CatchesUp {
  readonly warmUp: number;
  readonly state: Float64Array;
  readonly #mean: Wilder;

  constructor(period = 14, state: Float64Array = new Float64Array(ATR_SIZE)) {
    this.warmUp = period + 1;
    this.state = state;
    this.#mean = new Wilder(period, state.subarray(PARTS));
  }

  add(candle: Candle): void {
    const { state } = this;
    if ((state[HAS_PREVIOUS] as number) === 1) this.#mean.add(trueRange(candle, state[PREVIOUS_CLOSE] as number));
    state[HAS_PREVIOUS] = 1;
    state[PREVIOUS_CLOSE] = candle.close;
  }

  addCandles(candles: readonly Candle[], from: number, to: number): void {
    const { share } = this.#mean;
    let i = from;
    for (; i < to && !this.#mean.isWarm(); i++) this.add(candles[i] as Candle);
    let previous = this.state[PREVIOUS_CLOSE] as number;
    let mean = this.#mean.level();
    for (; i < to; i++) {
      const candle = candles[i] as Candle;
      mean = smooth(mean, trueRange(candle, previous), share);
      previous = candle.close;
    }
    this.state[PREVIOUS_CLOSE] = previous;
    this.#mean.goOn(mean);
  }

  value(): number | null {
    return this.#mean.value();
  }
}
