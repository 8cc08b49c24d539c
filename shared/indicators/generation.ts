import { type EpochMs, MINUTE_MS } from '../kernel/time.ts';
import type { Market } from '../market/instrument.ts';
import { bucketOf, type RolledCandle, tradingDayOf } from '../market/rollup.ts';
import { TIMEFRAME_MS, type Timeframe } from '../market/timeframe.ts';
import { type CandleSource, createIndicatorSet, type IndicatorValues } from './indicator-set.ts';

/** Closed candles that a generation keeps for patterns. */
const CANDLES_KEPT = 64;

/** From the end of continuous trading of stocks with a closing auction to the end of the session. */
const AUCTION_MS = 15 * MINUTE_MS;

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

/** Indicator state that began at a fixed instant. */
export interface Generation {
  readonly view: TimeframeView;
  readonly add: (candle: RolledCandle) => void;
  /** Forgets everything and begins again at the anchor. */
  readonly restart: (anchorMs: EpochMs) => void;
}

export function createGeneration(market: Market, timeframe: Timeframe): Generation {
  const candleRing: RolledCandle[] = [];
  const rsiRing: (number | null)[] = [];
  let anchorMs = 0;
  let count = 0;
  const kept: CandleSource = { count: () => count, at: (place) => candleRing[place % CANDLES_KEPT] as RolledCandle };
  const set = createIndicatorSet(market, timeframe, kept, (place, rsi) => {
    rsiRing[place % CANDLES_KEPT] = rsi;
  });
  let candles: readonly RolledCandle[] | null = null;
  let rsis: readonly (number | null)[] | null = null;
  let closedMs: EpochMs | null = null;

  const inOrder = <T>(ring: readonly T[]): readonly T[] => {
    const oldest = count > CANDLES_KEPT ? count % CANDLES_KEPT : 0;
    return [...ring.slice(oldest), ...ring.slice(0, oldest)];
  };

  /** The newest candle is the first one from behind. */
  const nthLast = (nth: number): RolledCandle | null =>
    nth > Math.min(count, CANDLES_KEPT) ? null : (candleRing[(count - nth) % CANDLES_KEPT] ?? null);

  const view: TimeframeView = {
    timeframe,
    indicators: set.values,
    get anchorMs() {
      return anchorMs;
    },
    get count() {
      return count;
    },
    get isWarm() {
      return count >= set.warmUp;
    },
    get last() {
      return nthLast(1);
    },
    get candles() {
      candles ??= inOrder(candleRing);
      return candles;
    },
    get rsis() {
      set.rsis();
      rsis ??= inOrder(rsiRing);
      return rsis;
    },
    get closedMs() {
      const last = nthLast(1);
      if (last !== null) closedMs ??= bucketOf(market, timeframe, last.openMs).endMs;
      return closedMs;
    },
    hasGap: (bars = CANDLES_KEPT) => {
      for (let nth = Math.min(bars, count, CANDLES_KEPT); nth > 0; nth--) {
        const candle = nthLast(nth);
        if (candle !== null && (!isWhole(market, timeframe, candle) || isApart(market, timeframe, nth === bars ? null : nthLast(nth + 1), candle)))
          return true;
      }
      return false;
    },
  };

  return {
    view,
    add: (candle) => {
      const slot = count % CANDLES_KEPT;
      // What is written over from here on must have been seen.
      if (slot === 0) set.bringUp();
      candleRing[slot] = candle;
      count += 1;
      candles = null;
      rsis = null;
      closedMs = null;
    },
    restart: (startMs) => {
      anchorMs = startMs;
      count = 0;
      candleRing.length = 0;
      rsiRing.length = 0;
      candles = null;
      rsis = null;
      closedMs = null;
      set.reset();
    },
  };
}

/** Whether a candle is missing between two neighbours. A market that never closes has none; one with sessions may pause over night. */
function isApart(market: Market, timeframe: Timeframe, before: RolledCandle | null, after: RolledCandle): boolean {
  if (before === null) return false;
  if (market === 'NSE' && tradingDayOf(market, before.openMs) !== tradingDayOf(market, after.openMs)) {
    return timeframe !== '1d' && (!isFirstOfSession(after.openMs) || !isLastOfSession(timeframe, before.openMs));
  }
  // From the end of continuous trading to the auction's one trade nothing is missing: a source of trades only tells nothing between.
  if (market === 'NSE' && isLastOfSession(timeframe, before.openMs) && isLastOfSession(timeframe, after.openMs)) return false;
  return after.openMs - before.openMs !== TIMEFRAME_MS[timeframe];
}

/** A candle with all its minutes; of the quarter of an hour of the closing auction there is one trade, and no more is to be had. */
function isWhole(market: Market, timeframe: Timeframe, { openMs, isComplete }: RolledCandle): boolean {
  return isComplete || (market === 'NSE' && bucketOf('NSE', '1d', openMs).endMs - openMs <= AUCTION_MS && isLastOfSession(timeframe, openMs));
}

const isFirstOfSession = (openMs: EpochMs): boolean => bucketOf('NSE', '1d', openMs).startMs === openMs;
/**
 * Whether the session's trading ended with the candle: at 15:30, or at 15:15 for stocks with a closing auction, whose quarter of
 * an hour after it has no bars where a source tells of trades only.
 */
function isLastOfSession(timeframe: Timeframe, openMs: EpochMs): boolean {
  const { endMs } = bucketOf('NSE', timeframe, openMs);
  const beforeCloseMs = bucketOf('NSE', '1d', openMs).endMs - endMs;
  return beforeCloseMs === 0 || beforeCloseMs === AUCTION_MS;
}
