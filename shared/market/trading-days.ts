import type { EpochMs } from '../kernel/time.ts';
import { type Calendar, type TradingDay, tradingDay } from './calendar.ts';
import { dateOfDay, istDayOf } from './ist.ts';

/** How many trading days of NSE came after the day of `fromMs`, up to and with that of `toMs`; counted no further than `most`. */
export function tradingDaysSince(calendar: Calendar, fromMs: EpochMs, toMs: EpochMs, most: number): number {
  let days = 0;
  for (let day = istDayOf(fromMs) + 1; day <= istDayOf(toMs) && days < most; day++) {
    if (tradingDay(calendar, dateOfDay(day)).isTradingDay) days += 1;
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
    const next = tradingDay(calendar, dateOfDay(day));
    if (next.isTradingDay || !next.isCovered) return next;
  }
}
