import type { Candle } from '../market/price.ts';
import { type Indicator, requirePeriod } from './indicator.ts';
import { Sma, smaSize } from './sma.ts';
import { Window, windowSize } from './window.ts';

const PREVIOUS_CLOSE = 0;
const PARTS = 1;

/**
 * Volatility of the last `period` bars from the gaps between them, their bodies and their ranges: it knows both what happens
 * within a session and over the night. Per bar, as a share of price; not annualised. Prices must be positive.
 *
 *   sigma^2 = s^2(gaps) + k s^2(bodies) + (1 - k) mean(ln(h/c) ln(h/o) + ln(l/c) ln(l/o)), k = 0.34 / (1.34 + (n + 1) / (n - 1))
 *
 * @throws IndicatorError `bad_period`
 * @see Yang, Zhang: "Drift Independent Volatility Estimation Based on High, Low, Open, and Close Prices" (2000)
 */
export class YangZhangVolatility implements Indicator<Candle, number> {
  readonly warmUp: number;
  readonly state: Float64Array;
  readonly #gaps: Window;
  readonly #bodies: Window;
  readonly #ranges: Sma;
  readonly #k: number;

  constructor(period = 30) {
    requirePeriod('Yang-Zhang volatility', period, 2);
    const size = windowSize(period);
    this.warmUp = period + 1;
    this.state = new Float64Array(PARTS + 2 * size + smaSize(period));
    this.#gaps = new Window(period, this.state.subarray(PARTS, PARTS + size));
    this.#bodies = new Window(period, this.state.subarray(PARTS + size, PARTS + 2 * size));
    this.#ranges = new Sma(period, this.state.subarray(PARTS + 2 * size));
    this.#k = 0.34 / (1.34 + (period + 1) / (period - 1));
  }

  add({ open, high, low, close }: Candle): void {
    const previous = this.state[PREVIOUS_CLOSE] as number;
    this.state[PREVIOUS_CLOSE] = close;
    if (previous === 0) return;
    this.#gaps.add(Math.log(open / previous));
    this.#bodies.add(Math.log(close / open));
    this.#ranges.add(Math.log(high / close) * Math.log(high / open) + Math.log(low / close) * Math.log(low / open));
  }

  value(): number | null {
    const gaps = this.#gaps.squares();
    const bodies = this.#bodies.squares();
    const ranges = this.#ranges.value();
    if (gaps === null || bodies === null || ranges === null) return null;
    const k = this.#k;
    return Math.sqrt(Math.max(0, (gaps + k * bodies) / (this.#gaps.warmUp - 1) + (1 - k) * ranges));
  }
}
