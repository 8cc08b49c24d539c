import { type EpochMs, iso, MINUTE_MS } from '../kernel/time.ts';
import { type Calendar, marketPhase, type SessionDay, tradingDayAt } from '../market/calendar.ts';
import { nextTradingDay } from '../market/trading-days.ts';
import { quiet } from './base-bar.ts';
import type { Quiet, TradedIn } from './strategy.ts';

/** The end of an NSE session as a buyer for the next one sees it. */
export interface EntryWindow {
  readonly kind: 'window';
  readonly today: SessionDay;
  /** The session in which is sold. */
  readonly next: SessionDay;
  /** Where an order of this moment trades. */
  readonly tradedIn: TradedIn;
  /** Whether the auction has taken orders for a minute already. */
  readonly isLater: boolean;
}

/**
 * Whether shares may be bought now to be sold in the next session: in the last `lastMinutes` of continuous trading, and while
 * the closing auction takes market orders. Quiet on a day that the calendar does not know, and before a session that it does
 * not know or whose hours were never published: a sale that cannot be planned is not waited for.
 */
export function entryWindow(calendar: Calendar, nowMs: EpochMs, lastMinutes: number): EntryWindow | Quiet {
  const today = tradingDayAt(calendar, nowMs);
  if (today.kind !== 'session') {
    const reason = today.kind === 'holiday' || today.kind === 'weekend' ? 'market_closed' : 'calendar_not_covered';
    return quiet(reason, () => `${today.date}: ${marketPhase(calendar, 'NSE', nowMs).reason}`);
  }
  const fromMs = today.continuousCloseMs - lastMinutes * MINUTE_MS;
  if (nowMs < fromMs) return outside(calendar, nowMs, fromMs);
  const { phase } = marketPhase(calendar, 'NSE', nowMs);
  const tradedIn = phase === 'closing-auction-entry' ? 'closing-auction' : phase === 'continuous' ? 'continuous' : null;
  if (tradedIn === null) return outside(calendar, nowMs, fromMs);
  const next = nextTradingDay(calendar, nowMs);
  if (next.kind !== 'session')
    return quiet('calendar_not_covered', `The session after ${today.date} cannot be planned: ${next.date} is ${next.kind}`);
  const isLater = marketPhase(calendar, 'NSE', nowMs - MINUTE_MS).phase === 'closing-auction-entry';
  return { kind: 'window', today, next, tradedIn, isLater };
}

const outside = (calendar: Calendar, nowMs: EpochMs, fromMs: EpochMs): Quiet =>
  quiet(
    'outside_window',
    () => `Bought from ${iso(fromMs)} on and while the closing auction takes market orders; now: ${marketPhase(calendar, 'NSE', nowMs).reason}`,
  );
