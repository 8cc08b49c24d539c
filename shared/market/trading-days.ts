import { DAY_MS, type EpochMs } from '../kernel/time.ts';
import { type Calendar, type TradingDay, tradingDayAt } from './calendar.ts';
import type { Market } from './instrument.ts';
import { istDayOf, istMidnight } from './ist.ts';

/** How many trading days of NSE came after the day of `fromMs`, up to and with that of `toMs`; counted no further than `most`. */
export function tradingDaysSince(calendar: Calendar, fromMs: EpochMs, toMs: EpochMs, most: number): number {
  let days = 0;
  for (let day = istDayOf(fromMs) + 1; day <= istDayOf(toMs) && days < most; day++) {
    if (tradingDayAt(calendar, istMidnight(day)).isTradingDay) days += 1;
  }
  return days;
}

/**
 * Whether shares bought at `boughtMs` have not been delivered yet when they are sold at `soldMs`. Settlement is T+1: what is
 * sold on the next trading day is sold before it has arrived (BTST); within the day purchase and sale are netted.
 * @see SEBI, T+1 settlement (all shares since 2023-01-27)
 */
export const isBeforeDelivery = (calendar: Calendar, boughtMs: EpochMs, soldMs: EpochMs): boolean =>
  tradingDaysSince(calendar, boughtMs, soldMs, 2) === 1;

/**
 * The first day after that of `atMs` on which NSE trades: a session, one of unknown hours, or the first day that the calendar
 * does not cover.
 */
export function nextTradingDay(calendar: Calendar, atMs: EpochMs): TradingDay {
  for (let day = istDayOf(atMs) + 1; ; day++) {
    const next = tradingDayAt(calendar, istMidnight(day));
    if (next.isTradingDay || !next.isCovered) return next;
  }
}

/**
 * For how long of [fromMs, toMs) a market traded continuously, ms: crypto always, NSE in its sessions. A day of NSE that the calendar does not know, and
 * a session whose hours were never published, count whole: what was traded then nobody can tell.
 */
export function openMsBetween(calendar: Calendar, market: Market, fromMs: EpochMs, toMs: EpochMs): number {
  if (market === 'CRYPTO') return Math.max(0, toMs - fromMs);
  let openMs = 0;
  for (let day = istDayOf(fromMs); day <= istDayOf(toMs); day++) {
    const [startMs, endMs] = hoursOf(tradingDayAt(calendar, istMidnight(day)), istMidnight(day));
    openMs += Math.max(0, Math.min(endMs, toMs) - Math.max(startMs, fromMs));
  }
  return openMs;
}

function hoursOf(day: TradingDay, midnightMs: EpochMs): readonly [startMs: EpochMs, endMs: EpochMs] {
  if (day.kind === 'session') return [day.openMs, day.continuousCloseMs];
  return [midnightMs, day.isTradingDay || !day.isCovered ? midnightMs + DAY_MS : midnightMs];
}
