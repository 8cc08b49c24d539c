import { expiryMsOf } from '../../../config/contracts.ts';
import { DAY_MS, type EpochMs } from '../../../kernel/time.ts';
import { dateOfDay } from '../../../market/ist.ts';
import type { Expiry } from './expiries.ts';

const WEEK = 7;
/** 1970-01-01 was a Thursday: the first Friday was day 1. */
const FIRST_FRIDAY = 1;
const monthOf = (day: number): string => dateOfDay(day).slice(0, 7);
const isLastOfMonth = (friday: number): boolean => monthOf(friday + WEEK) !== monthOf(friday);
const isOfQuarter = (friday: number): boolean => ['03', '06', '09', '12'].includes(monthOf(friday).slice(5));

/** The Fridays at 08:00 UTC on which contracts on coin expire: the next ones, and the last of each month. */
export interface FridayExpiries {
  readonly options: readonly Expiry[];
  readonly futures: readonly Expiry[];
}

/** The expiries that have not passed, in order: so many Fridays, last Fridays of months, and of quarters for the futures. */
export function fridaysAfter(
  atMs: EpochMs,
  listed: { readonly fridays: number; readonly months: number; readonly quarters: number },
): FridayExpiries {
  const options: Expiry[] = [];
  const futures: Expiry[] = [];
  let [fridays, months, quarters] = [listed.fridays, listed.months, listed.quarters];
  const today = Math.floor(atMs / DAY_MS);
  const first = today + ((((FIRST_FRIDAY - today) % WEEK) + WEEK) % WEEK);
  for (let day = first; fridays > 0 || months > 0 || quarters > 0; day += WEEK) {
    const expiry = { date: dateOfDay(day), atMs: expiryMsOf('deribit', dateOfDay(day)) };
    if (expiry.atMs <= atMs) continue;
    const isMonthly = isLastOfMonth(day);
    const isListed = fridays > 0 || (isMonthly && months > 0);
    if (isListed) options.push(expiry);
    if (isMonthly && isOfQuarter(day) && quarters > 0) futures.push(expiry);
    if (isMonthly && isOfQuarter(day)) quarters -= 1;
    if (isMonthly) months -= 1;
    fridays -= 1;
  }
  return { options, futures };
}
