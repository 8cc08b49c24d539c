import type { Candle } from '../market/price.ts';
import { ATR_SIZE, Atr } from './atr.ts';
import type { Indicator } from './indicator.ts';

const PREVIOUS_CLOSE = 0;
/** 1 up, -1 down, 0 before the first value. */
const TREND = 1;
const UPPER = 2;
const LOWER = 3;
const PARTS = 4;

/** The line that the close must cross to turn the trend, in units of price, and the trend: 1 up (the line is below), -1 down. */
export interface TrendLine {
  readonly line: number;
  readonly trend: 1 | -1;
}

/**
 * SuperTrend: bands of `multiple` average true ranges around the middle of the bar that only ever move towards the price; the
 * close crosses one and the other takes over.
 * @throws IndicatorError `bad_period`
 * @see Seban: "Tout le monde mérite d'être riche" (2008)
 */
export class SuperTrend implements Indicator<Candle, TrendLine> {
  readonly warmUp: number;
  readonly state: Float64Array;
  readonly #atr: Atr;
  readonly #multiple: number;

  constructor(period = 10, multiple = 3) {
    this.state = new Float64Array(PARTS + ATR_SIZE);
    this.#atr = new Atr(period, this.state.subarray(PARTS));
    this.#multiple = multiple;
    this.warmUp = this.#atr.warmUp;
  }

  add(candle: Candle): void {
    this.#atr.add(candle);
    const range = this.#atr.value();
    if (range !== null) this.#move(candle, range);
    this.state[PREVIOUS_CLOSE] = candle.close;
  }

  value(): TrendLine | null {
    const { state } = this;
    const trend = state[TREND] as number;
    if (trend === 0) return null;
    return trend === 1 ? { line: state[LOWER] as number, trend: 1 } : { line: state[UPPER] as number, trend: -1 };
  }

  #move({ high, low, close }: Candle, range: number): void {
    const { state } = this;
    const middle = (high + low) / 2;
    const reach = this.#multiple * range;
    const previous = state[PREVIOUS_CLOSE] as number;
    const before = state[TREND] as number;
    let upper = state[UPPER] as number;
    let lower = state[LOWER] as number;
    if (before === 0 || middle + reach < upper || previous > upper) upper = middle + reach;
    if (before === 0 || middle - reach > lower || previous < lower) lower = middle - reach;
    const isUp = before === 0 ? close >= middle : before === 1;
    state[UPPER] = upper;
    state[LOWER] = lower;
    state[TREND] = close <= (isUp ? lower : upper) ? -1 : 1;
  }
}
