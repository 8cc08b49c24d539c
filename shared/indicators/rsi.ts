import type { Indicator } from './indicator.ts';
import { WILDER_SIZE, Wilder } from './wilder.ts';

const HAS_PREVIOUS = 0;
const PREVIOUS = 1;
const PARTS = 2;

/**
 * Relative strength index of closes by Wilder's smoothing, 0 to 100.
 *
 *   rsi = 100 * gain / (gain + loss)
 *
 * A series that never moved has neither gains nor losses: its RSI is 50, neither strong nor weak.
 * @throws IndicatorError `bad_period`
 * @see Wilder: "New Concepts in Technical Trading Systems" (1978)
 */
export class Rsi implements Indicator<number, number> {
  readonly warmUp: number;
  readonly state: Float64Array;
  readonly #gain: Wilder;
  readonly #loss: Wilder;

  constructor(period = 14) {
    this.warmUp = period + 1;
    this.state = new Float64Array(PARTS + 2 * WILDER_SIZE);
    this.#gain = new Wilder(period, this.state.subarray(PARTS, PARTS + WILDER_SIZE));
    this.#loss = new Wilder(period, this.state.subarray(PARTS + WILDER_SIZE));
  }

  add(close: number): void {
    const { state } = this;
    if ((state[HAS_PREVIOUS] as number) === 1) {
      const change = close - (state[PREVIOUS] as number);
      this.#gain.add(Math.max(change, 0));
      this.#loss.add(change < 0 ? -change : 0);
    }
    state[HAS_PREVIOUS] = 1;
    state[PREVIOUS] = close;
  }

  value(): number | null {
    const up = this.#gain.value();
    const down = this.#loss.value();
    if (up === null || down === null) return null;
    return up + down === 0 ? 50 : (100 * up) / (up + down);
  }
}
