import type { EpochMs } from '../kernel/time.ts';
import type { Market } from '../market/instrument.ts';
import type { RolledCandle } from '../market/rollup.ts';
import type { Timeframe } from '../market/timeframe.ts';
import { CANDLES_KEPT, type CandleRing } from './candle-ring.ts';
import { createIndicatorSet, type IndicatorValues } from './indicator-set.ts';

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
  readonly hasGap: (bars?: number) => boolean;
}

/** Indicator state over a ring's candles that began at a fixed instant. */
export interface Generation {
  readonly view: TimeframeView;
  /** Takes in the candles that its ring is about to forget. */
  readonly bringUp: () => void;
  /** Forgets everything and begins again at the anchor, with the ring's next candle. */
  readonly restart: (anchorMs: EpochMs) => void;
}

/** The newest entries since a place of what is kept beside a ring's candles, in order: put so once until there is a newer one. */
class Newest<T> {
  readonly #ring: CandleRing;
  readonly #began: { readonly place: number };
  #count = -1;
  #place = -1;
  #entries: readonly T[] = [];

  constructor(ring: CandleRing, began: { readonly place: number }) {
    this.#ring = ring;
    this.#began = began;
  }

  of(kept: readonly T[]): readonly T[] {
    const { count } = this.#ring;
    const { place } = this.#began;
    if (this.#count !== count || this.#place !== place) {
      this.#entries = inOrder(kept, Math.max(place, count - CANDLES_KEPT), count);
      this.#count = count;
      this.#place = place;
    }
    return this.#entries;
  }
}

function inOrder<T>(kept: readonly T[], from: number, to: number): readonly T[] {
  if (from === to) return [];
  const [oldest, end] = [from % CANDLES_KEPT, ((to - 1) % CANDLES_KEPT) + 1];
  return oldest < end ? kept.slice(oldest, end) : kept.slice(oldest).concat(kept.slice(0, end));
}

export function createGeneration(market: Market, timeframe: Timeframe, ring: CandleRing): Generation {
  const set = createIndicatorSet(market, timeframe, ring);
  const began = { anchorMs: 0, place: 0 };
  const candles = new Newest<RolledCandle>(ring, began);
  const rsis = new Newest<number | null>(ring, began);
  const count = (): number => ring.count - began.place;

  const view: TimeframeView = {
    timeframe,
    indicators: set.values,
    get anchorMs() {
      return began.anchorMs;
    },
    get count() {
      return count();
    },
    get isWarm() {
      return count() >= set.warmUp;
    },
    get last() {
      return count() === 0 ? null : ring.last();
    },
    get candles() {
      return candles.of(ring.kept);
    },
    get rsis() {
      return rsis.of(set.rsis());
    },
    get closedMs() {
      return count() === 0 ? null : ring.closedMs();
    },
    hasGap: (bars = CANDLES_KEPT) => ring.unbroken() < Math.min(bars, count(), CANDLES_KEPT),
  };

  return {
    view,
    bringUp: set.bringUp,
    restart: (anchorMs) => {
      began.anchorMs = anchorMs;
      began.place = ring.count;
      set.restart();
    },
  };
}
