import { NightdeskError } from '../kernel/errors.ts';
import { DAY_MS, type EpochMs, HOUR_MS, MINUTE_MS } from '../kernel/time.ts';

export class IstError extends NightdeskError<'bad_date' | 'bad_clock'> {}

// India keeps one offset all year and has no daylight saving: plain arithmetic is exact.
const IST_OFFSET_MS = 5.5 * HOUR_MS;

/** Number of the IST calendar day that contains the instant; 0 is 1970-01-01. */
export const istDayOf = (ms: EpochMs): number => Math.floor((ms + IST_OFFSET_MS) / DAY_MS);

/** The instant at which an IST day begins. */
export const istMidnight = (day: number): EpochMs => day * DAY_MS - IST_OFFSET_MS;

/** The calendar date of a day number, `YYYY-MM-DD`. */
export function dateOfDay(day: number): string {
  const known = dates.get(day);
  if (known !== undefined) return known;
  const date = new Date(day * DAY_MS).toISOString().slice(0, 10);
  if (dates.size === MOST_DATES) dates.clear();
  dates.set(day, date);
  return date;
}

// Asked for the same few days again and again (today, the next expiries), and slow to format: facts are looked up by date.
const dates = new Map<number, string>();
const MOST_DATES = 1_000;

/** The calendar date in India at the instant, `YYYY-MM-DD`. */
export const istDate = (ms: EpochMs): string => dateOfDay(istDayOf(ms));

/** The day number of a calendar date. @throws IstError `bad_date` */
export function dayOfDate(date: string): number {
  const ms = /^\d{4}-\d{2}-\d{2}$/.test(date) ? Date.parse(`${date}T00:00:00Z`) : Number.NaN;
  if (Number.isNaN(ms) || dateOfDay(ms / DAY_MS) !== date) {
    throw new IstError('bad_date', `Expected a calendar date such as 2026-08-03, received ${JSON.stringify(date)}`, { date });
  }
  return ms / DAY_MS;
}

/** Milliseconds from midnight of a wall-clock time `HH:MM`. @throws IstError `bad_clock` */
export function clockMs(clock: string): number {
  const match = /^([01]\d|2[0-3]):([0-5]\d)$/.exec(clock);
  if (match === null) throw new IstError('bad_clock', `Expected a time of day such as 09:15, received ${JSON.stringify(clock)}`, { clock });
  return Number(match[1]) * HOUR_MS + Number(match[2]) * MINUTE_MS;
}

/** Whether the day is a Saturday or a Sunday. */
export function isWeekend(day: number): boolean {
  // 1970-01-01 was a Thursday.
  const weekday = (((day + 4) % 7) + 7) % 7;
  return weekday === 0 || weekday === 6;
}
