import { DAY_MS, type EpochMs, iso, MINUTE_MS } from '../../kernel/time.ts';
import { type Calendar, marketPhase } from '../../market/calendar.ts';
import { istDayOf, istMidnight } from '../../market/ist.ts';
import type { Candle } from '../../market/price.ts';
import { bucketOf } from '../../market/rollup.ts';

/** What a source of NSE prices asks the calendar. */
export interface NseSession {
  /** Whether a minute has a bar: continuous trading. The prints of the auctions are prices without a bar. */
  readonly hasBar: (minuteMs: EpochMs) => boolean;
  /**
   * The open time of the bar that a venue's candle stands for; null for none. In continuous trading it is its own. The one trade of
   * the closing auction, in whichever minute the venue tells it, is the day's close and stands in the last minute in which the
   * auction took orders: charts and history have it there. Minutes without a trade about it are none.
   */
  readonly barOpenMs: (candle: Pick<Candle, 'openMs' | 'volume'>, minutes: 1 | 15) => EpochMs | null;
  /** Whether the exchange has a session at the instant, its closing auction included. */
  readonly isOpen: (atMs: EpochMs) => boolean;
  /** Why nothing trades now and when it will, in words; null while something does. */
  readonly restInWords: (atMs: EpochMs) => string | null;
  /** The next opening; null when the calendar knows none. */
  readonly nextOpenMs: (atMs: EpochMs) => EpochMs | null;
}

export function nseSession(calendar: Calendar): NseSession {
  const phaseAt = (atMs: EpochMs): ReturnType<typeof marketPhase> => marketPhase(calendar, 'NSE', atMs);
  const hasBar = (minuteMs: EpochMs): boolean => phaseAt(minuteMs).phase === 'continuous';
  const auctions = new Map<number, EpochMs | null>();

  /** The minute of the closing auction on the day of an instant. */
  function auctionOn(atMs: EpochMs): EpochMs | null {
    const day = istDayOf(atMs);
    const known = auctions.get(day);
    if (known !== undefined) return known;
    const found = auctionMinute(istMidnight(day), (minuteMs) => phaseAt(minuteMs).phase);
    auctions.set(day, found);
    return found;
  }

  return {
    hasBar,
    barOpenMs({ openMs, volume }, minutes) {
      if (hasBar(openMs)) return openMs;
      const auctionMs = volume > 0 ? auctionOn(openMs) : null;
      const isOfAuction = auctionMs !== null && openMs < auctionMs + AUCTION_TOLD_MS && openMs + minutes * MINUTE_MS > auctionMs;
      return isOfAuction ? bucketOf('NSE', minutes === 1 ? '1m' : '15m', auctionMs).startMs : null;
    },
    isOpen: (atMs) => phaseAt(atMs).isOpen,
    nextOpenMs: (atMs) => phaseAt(atMs).nextOpenMs,
    restInWords(atMs) {
      const { isOpen, reason, nextOpenMs } = phaseAt(atMs);
      if (isOpen) return null;
      return `NSE does not trade now (${reason}), ${nextOpenMs === null ? 'its next session is not known' : `it opens at ${iso(nextOpenMs)}`}`;
    },
  };
}

/** From the last minute of its orders to the end of its matching. */
const AUCTION_TOLD_MS = 6 * MINUTE_MS;

function auctionMinute(midnightMs: EpochMs, phaseAt: (minuteMs: EpochMs) => string): EpochMs | null {
  for (let minuteMs = midnightMs; minuteMs < midnightMs + DAY_MS; minuteMs += MINUTE_MS) {
    if (phaseAt(minuteMs) === 'closing-auction-limit-entry' && phaseAt(minuteMs + MINUTE_MS) === 'closing-auction-matching') return minuteMs;
  }
  return null;
}
