import { CONTRACT_FACTS } from '../../../config/contract-facts.ts';
import { expiryMsOf } from '../../../config/contracts.ts';
import { inForce } from '../../../config/effective.ts';
import type { EpochMs } from '../../../kernel/time.ts';
import { type Calendar, tradingDay } from '../../../market/calendar.ts';
import { dateOfDay, istDayOf } from '../../../market/ist.ts';
import type { UnderlyingParameters } from './parameters.ts';

export interface Expiry {
  /** In India. */
  readonly date: string;
  readonly atMs: EpochMs;
}

const WEEK = 7;
/** 1970-01-01 was a Thursday. */
const EPOCH_WEEKDAY = 4;
const weekdayOf = (day: number): number => (day + EPOCH_WEEKDAY) % WEEK;
const monthOf = (day: number): string => dateOfDay(day).slice(0, 7);

/**
 * The expiries of an underlying that have not passed, in order: each week's and the last of each month, as many as are listed.
 * A date that is no trading day gives way to the trading day before; dates that the calendar does not cover are taken as they fall.
 */
export function expiriesAfter(atMs: EpochMs, { months, weeklies }: UnderlyingParameters, calendar: Calendar): readonly Expiry[] {
  const found: Expiry[] = [];
  let [weeksLeft, monthsLeft] = [weeklies, months];
  const first = istDayOf(atMs);
  for (let day = first; monthsLeft > 0; day++) {
    if (weekdayOf(day) !== inForce(CONTRACT_FACTS.expiries.nse, dateOfDay(day))?.weekday) continue;
    const isMonthly = monthOf(day + WEEK) !== monthOf(day);
    if (!isMonthly && weeksLeft === 0) continue;
    const expiryDay = lastTradingDay(day, calendar);
    const expiryMs = expiryMsOf('nse', dateOfDay(expiryDay));
    if (expiryMs <= atMs) continue;
    if (weeksLeft > 0) weeksLeft -= 1;
    if (isMonthly) monthsLeft -= 1;
    found.push({ date: dateOfDay(expiryDay), atMs: expiryMs });
  }
  return found;
}

function lastTradingDay(day: number, calendar: Calendar): number {
  for (let trading = day; ; trading--) {
    const { kind } = tradingDay(calendar, dateOfDay(trading), 'derivatives');
    if (kind === 'session' || kind === 'not-covered') return trading;
  }
}
