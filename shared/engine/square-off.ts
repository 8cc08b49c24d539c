import { NSE_CALENDAR } from '../config/nse-calendar.ts';
import type { EpochMs } from '../kernel/time.ts';
import { tradingDay } from '../market/calendar.ts';
import { dateOfDay, istDayOf } from '../market/ist.ts';

/** When intraday positions of NSE are closed on the day of an instant; null on a day without a session of known hours. */
export function squareOffAt(atMs: EpochMs): EpochMs | null {
  const day = istDayOf(atMs);
  if (day !== last.day) last = { day, squareOffMs: tradingDay(NSE_CALENDAR, dateOfDay(day)).squareOffMs };
  return last.squareOffMs;
}

/** Of the day that was asked for last: every minute of a day has the same. */
let last: { readonly day: number; readonly squareOffMs: EpochMs | null } = { day: Number.NaN, squareOffMs: null };
