import type { EpochMs } from '../kernel/time.ts';
import type { Market } from '../market/instrument.ts';
import type { RolledCandle } from '../market/rollup.ts';
import type { Timeframe } from '../market/timeframe.ts';
import { CANDLES_KEPT, type CandleRing } from './candle-ring.ts';
import { IndicatorSet, type IndicatorValues } from './indicator-set.ts';

/** What a strategy reads of one timeframe: everything in it depends only on the bars since `anchorMs`. */
export interface TimeframeView {
  readonly timeframe: Timeframe;
  /** The first instant whose bars could have been read. */
  readonly anchorMs: EpochMs;
  /** Closed candles read since the anchor. */
  readonly count: number;
  /** Whether there are enough of them for range and volatility. */
  readonly isWarm: boolean;
  /** The newest closed candle; null when there is none. */
  readonly last: RolledCandle | null;
  /** The recent closed candles, at most 64, newest last. */
  readonly candles: readonly RolledCandle[];
  /** RSI after each of `candles`, null while it was not warm. */
  readonly rsis: readonly (number | null)[];
  readonly indicators: IndicatorValues;
  /** End of the last closed candle's span; null when there is none. */
  readonly closedMs: EpochMs | null;
  /**
   * Whether the newest `bars` candles (all kept ones by default) hold an incomplete one, or lack one between two of the
   * same trading day. Nights, weekends and holidays of a market with sessions are not gaps.
   */
  hasGap(bars?: number): boolean;
}

/**
 * Indicator state over a ring's candles that began at a fixed instant. A class, for the reason that an `IndicatorSet` is one:
 * five strategies look at every symbol every minute.
 */
export class Generation implements TimeframeView {
  readonly timeframe: Timeframe;
  readonly indicators: IndicatorSet;
  readonly #ring: CandleRing;
  readonly #candles: Newest<RolledCandle>;
  readonly #rsis: Newest<number | null>;
  #anchorMs: EpochMs = 0;
  /** Place of the first candle. */
  #first = 0;

  constructor(market: Market, timeframe: Timeframe, ring: CandleRing) {
    this.timeframe = timeframe;
    this.indicators = new IndicatorSet(market, timeframe, ring);
    this.#ring = ring;
    this.#candles = new Newest(ring);
    this.#rsis = new Newest(ring);
  }

  get anchorMs(): EpochMs {
    return this.#anchorMs;
  }

  get count(): number {
    return this.#ring.count - this.#first;
  }

  get isWarm(): boolean {
    return this.count >= this.indicators.warmUp;
  }

  get last(): RolledCandle | null {
    return this.count === 0 ? null : this.#ring.last();
  }

  get candles(): readonly RolledCandle[] {
    return this.#candles.since(this.#first, () => this.#ring.kept);
  }

  get rsis(): readonly (number | null)[] {
    return this.#rsis.since(this.#first, () => this.indicators.rsis());
  }

  get closedMs(): EpochMs | null {
    return this.count === 0 ? null : this.#ring.closedMs();
  }

  hasGap(bars: number = CANDLES_KEPT): boolean {
    return this.#ring.unbroken() < Math.min(bars, this.count, CANDLES_KEPT);
  }

  /** Takes in the candles that its ring is about to forget. */
  bringUp(): void {
    this.indicators.bringUp();
  }

  /** Forgets everything and begins again at the anchor, with the ring's next candle. */
  restart(anchorMs: EpochMs): void {
    this.#anchorMs = anchorMs;
    this.#first = this.#ring.count;
    this.indicators.restart();
  }
}

/** The newest entries of what is kept beside a ring's candles, in order: put so once until there is a newer one. */
class Newest<T> {
  readonly #ring: CandleRing;
  #first = -1;
  #count = -1;
  #entries: readonly T[] = [];

  constructor(ring: CandleRing) {
    this.#ring = ring;
  }

  /** @param first place of the oldest that may be among them */
  since(first: number, kept: () => readonly T[]): readonly T[] {
    const { count } = this.#ring;
    if (this.#count !== count || this.#first !== first) {
      this.#entries = inOrder(kept(), Math.max(first, count - CANDLES_KEPT), count);
      this.#count = count;
      this.#first = first;
    }
    return this.#entries;
  }
}

function inOrder<T>(kept: readonly T[], from: number, to: number): readonly T[] {
  if (from === to) return [];
  const [oldest, end] = [from % CANDLES_KEPT, ((to - 1) % CANDLES_KEPT) + 1];
  return oldest < end ? kept.slice(oldest, end) : kept.slice(oldest).concat(kept.slice(0, end));
}
