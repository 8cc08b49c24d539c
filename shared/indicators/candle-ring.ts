import { type EpochMs, MINUTE_MS } from '../kernel/time.ts';
import type { Market } from '../market/instrument.ts';
import { bucketOf, type RolledCandle, tradingDayOf } from '../market/rollup.ts';
import { TIMEFRAME_MS, type Timeframe } from '../market/timeframe.ts';

/** Closed candles of a timeframe that are kept: for patterns, and for indicators that lag behind. */
export const CANDLES_KEPT = 64;

/** From the end of continuous trading of stocks with a closing auction to the end of the session. */
const AUCTION_MS = 15 * MINUTE_MS;

/** The newest closed candles of a timeframe by their place since the first of all. */
export class CandleRing {
  /** A place's candle lies at the place modulo `CANDLES_KEPT`. */
  readonly kept: RolledCandle[] = [];
  /** The place of the next candle. */
  count = 0;
  readonly #market: Market;
  readonly #timeframe: Timeframe;
  #closedMs: EpochMs = 0;
  #closedCount = 0;
  #unbroken = 0;
  #unbrokenCount = 0;

  constructor(market: Market, timeframe: Timeframe) {
    this.#market = market;
    this.#timeframe = timeframe;
  }

  push(candle: RolledCandle): void {
    this.kept[this.count % CANDLES_KEPT] = candle;
    this.count += 1;
  }

  /** The newest candle; null before the first. */
  last(): RolledCandle | null {
    return this.count === 0 ? null : this.#at(this.count - 1);
  }

  /** End of the newest candle's span; 0 before the first. */
  closedMs(): EpochMs {
    const last = this.last();
    if (this.#closedCount !== this.count && last !== null) {
      this.#closedMs = bucketOf(this.#market, this.#timeframe, last.openMs).endMs;
      this.#closedCount = this.count;
    }
    return this.#closedMs;
  }

  /** How many of the newest candles are whole, with none missing between two of them; the kept ones at most are looked at. */
  unbroken(): number {
    const { count } = this;
    const oldest = Math.max(0, count - CANDLES_KEPT);
    for (let place = Math.max(this.#unbrokenCount, oldest); place < count; place++) {
      const candle = this.#at(place);
      const isJoined = place > oldest && !isApart(this.#market, this.#timeframe, this.#at(place - 1), candle);
      const isWhole = candle.isComplete || isOfAuction(this.#market, this.#timeframe, candle);
      this.#unbroken = isWhole ? (isJoined ? this.#unbroken : 0) + 1 : 0;
    }
    this.#unbrokenCount = count;
    return this.#unbroken;
  }

  #at(place: number): RolledCandle {
    return this.kept[place % CANDLES_KEPT] as RolledCandle;
  }
}

/** Whether a candle is missing between two neighbours. A market that never closes has none; one with sessions may pause over night. */
function isApart(market: Market, timeframe: Timeframe, before: RolledCandle, after: RolledCandle): boolean {
  if (market === 'NSE' && tradingDayOf(market, before.openMs) !== tradingDayOf(market, after.openMs)) {
    return timeframe !== '1d' && (!isFirstOfSession(after.openMs) || !isLastOfSession(timeframe, before.openMs));
  }
  // From the end of continuous trading to the auction's one trade nothing is missing: a source of trades only tells nothing between.
  if (isOfAuction(market, timeframe, after) && isLastOfSession(timeframe, before.openMs)) return false;
  return after.openMs - before.openMs !== TIMEFRAME_MS[timeframe];
}

/** The candle of a closing auction: at the session's end, and of one price. */
function isOfAuction(market: Market, timeframe: Timeframe, { openMs, high, low }: RolledCandle): boolean {
  return market === 'NSE' && high === low && bucketOf('NSE', '1d', openMs).endMs - openMs <= AUCTION_MS && isLastOfSession(timeframe, openMs);
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
