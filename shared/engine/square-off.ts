import { NSE_CALENDAR } from '../config/nse-calendar.ts';
import type { EpochMs } from '../kernel/time.ts';
import { tradingDay } from '../market/calendar.ts';
import { istDate } from '../market/ist.ts';

/** When intraday positions of NSE are closed on the day of an instant; null on a day without a session of known hours. */
export const squareOffAt = (atMs: EpochMs): EpochMs | null => tradingDay(NSE_CALENDAR, istDate(atMs)).squareOffMs;
