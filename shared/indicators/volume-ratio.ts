import type { Candle } from '../market/price.ts';
import type { CatchesUp, Indicator } from './indicator.ts';
import { Sma, smaSize } from './sma.ts';

const HAS_CURRENT = 0;
const CURRENT = 1;
const PARTS = 2;

/**
 * Volume of the last bar over the mean of the `period` bars before it that traded (1 = as usual), itself not among them so
 * that a burst does not hide in its own mean. Bars without a trade do not count: after the still minutes before a closing
 * auction every bar of the next morning would look like a burst.
 * @throws IndicatorError `bad_period`
 */
export class VolumeRatio implements Indicator<number, number>, CatchesUp {
  readonly warmUp: number;
  readonly state: Float64Array;
  readonly #usual: Sma;

  constructor(period = 20) {
    this.warmUp = period + 1;
    this.state = new Float64Array(PARTS + smaSize(period));
    this.#usual = new Sma(period, this.state.subarray(PARTS));
  }

  add(volume: number): void {
    const { state } = this;
    if ((state[HAS_CURRENT] as number) === 1 && (state[CURRENT] as number) > 0) this.#usual.add(state[CURRENT] as number);
    state[HAS_CURRENT] = 1;
    state[CURRENT] = volume;
  }

  addCandles(candles: readonly Candle[], from: number, to: number): void {
    for (let i = from; i < to; i++) this.add((candles[i] as Candle).volume);
  }

  value(): number | null {
    const mean = this.#usual.value();
    return mean === null ? null : (this.state[CURRENT] as number) / mean;
  }
}
