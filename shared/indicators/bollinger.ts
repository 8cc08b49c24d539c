import type { Candle } from '../market/price.ts';
import type { CatchesUp, Forgetful, Indicator } from './indicator.ts';
import { Window } from './window.ts';

/** Bands in units of price; `width` is their distance as a share of the middle. */
export interface Bollinger {
  readonly middle: number;
  readonly upper: number;
  readonly lower: number;
  readonly width: number;
}

/**
 * Bollinger bands of closes: the mean of `period` closes and `deviations` population standard deviations around it.
 * @throws IndicatorError `bad_period`
 * @see Bollinger: "Bollinger on Bollinger Bands" (2001)
 */
export class BollingerBands implements Indicator<number, Bollinger>, CatchesUp, Forgetful {
  readonly warmUp: number;
  readonly state: Float64Array;
  readonly #window: Window;
  readonly #deviations: number;

  constructor(period = 20, deviations = 2) {
    this.#window = new Window(period);
    this.#deviations = deviations;
    this.warmUp = period;
    this.state = this.#window.state;
  }

  add(close: number): void {
    this.#window.add(close);
  }

  addCandles(candles: readonly Candle[], from: number, to: number): void {
    for (let i = from; i < to; i++) this.add((candles[i] as Candle).close);
  }

  remembersFrom(inputs: number): number {
    return this.#window.remembersFrom(inputs);
  }

  forget(): void {
    this.#window.forget();
  }

  value(): Bollinger | null {
    const middle = this.#window.value();
    const squares = this.#window.squares();
    if (middle === null || squares === null) return null;
    const reach = this.#deviations * Math.sqrt(squares / this.warmUp);
    return { middle, upper: middle + reach, lower: middle - reach, width: (2 * reach) / middle };
  }
}
