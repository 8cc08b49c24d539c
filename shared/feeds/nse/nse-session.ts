import { type EpochMs, iso } from '../../kernel/time.ts';
import { type Calendar, marketPhase } from '../../market/calendar.ts';

/** What a source of NSE prices asks the calendar. */
export interface NseSession {
  /** Whether a minute has a bar: continuous trading. The prints of the auctions are prices without a bar. */
  readonly hasBar: (minuteMs: EpochMs) => boolean;
  /** Whether the exchange has a session at the instant, its closing auction included. */
  readonly isOpen: (atMs: EpochMs) => boolean;
  /** Why nothing trades now and when it will, in words; null while something does. */
  readonly restInWords: (atMs: EpochMs) => string | null;
  /** The next opening; null when the calendar knows none. */
  readonly nextOpenMs: (atMs: EpochMs) => EpochMs | null;
}

export function nseSession(calendar: Calendar): NseSession {
  const phaseAt = (atMs: EpochMs): ReturnType<typeof marketPhase> => marketPhase(calendar, 'NSE', atMs);
  return {
    hasBar: (minuteMs) => phaseAt(minuteMs).phase === 'continuous',
    isOpen: (atMs) => phaseAt(atMs).isOpen,
    nextOpenMs: (atMs) => phaseAt(atMs).nextOpenMs,
    restInWords(atMs) {
      const { isOpen, reason, nextOpenMs } = phaseAt(atMs);
      if (isOpen) return null;
      return `NSE does not trade now (${reason}), ${nextOpenMs === null ? 'its next session is not known' : `it opens at ${iso(nextOpenMs)}`}`;
    },
  };
}
