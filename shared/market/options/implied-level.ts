import { DAY_MS, type EpochMs } from '../../kernel/time.ts';
import type { DerivativeChain } from '../derivative.ts';
import { atTheMoneyIv, type Smile, smilesOf, YEAR_MS } from './smile.ts';

/** A volatility a year or a share of 1, or null with the reason why there is none. */
export type Level = { readonly value: number; readonly reason: null } | { readonly value: null; readonly reason: string };

const level = (value: number): Level => ({ value, reason: null });
const noLevel = (reason: string): Level => ({ value: null, reason });

const TERM_DAYS = 30;
// An expiry of a day or less is moved by hours, one that is too far from the term says nothing of it.
const LEAST_DAYS = 1;
const NEAR_ENOUGH_DAYS = [12, 65] as const;

/**
 * At-the-money volatility of the coming 30 days: total variance between the expiries around it, linear in time,
 *
 *   sigma^2 T = w sigma1^2 T1 + (1 - w) sigma2^2 T2,  w = (T2 - T) / (T2 - T1)
 *
 * With expiries on one side only the nearest one's volatility stands for it, if it is 12 to 65 days away.
 * @returns a year, as a share
 * @see Cboe: "VIX white paper" (2019), the interpolation; here at the money, not over all strikes
 */
export const thirtyDayIv = (chain: DerivativeChain, rate = 0): Level => thirtyDayIvOf(smilesOf(chain, rate));

/** The same of smiles that are there already. */
export function thirtyDayIvOf(smiles: readonly Smile[]): Level {
  const term = (TERM_DAYS * DAY_MS) / YEAR_MS;
  const usable = smiles.filter(({ years }) => years * YEAR_MS > LEAST_DAYS * DAY_MS);
  const before = usable.findLast(({ years }) => years <= term);
  const after = usable.find(({ years }) => years > term);
  if (before !== undefined && after !== undefined) {
    const weight = (after.years - term) / (after.years - before.years);
    const variance = weight * atTheMoneyIv(before) ** 2 * before.years + (1 - weight) * atTheMoneyIv(after) ** 2 * after.years;
    return level(Math.sqrt(variance / term));
  }
  const only = before ?? after;
  if (only === undefined) return noLevel('no options with more than a day to go');
  const days = (only.years * YEAR_MS) / DAY_MS;
  if (days < NEAR_ENOUGH_DAYS[0] || days > NEAR_ENOUGH_DAYS[1]) return noLevel(`the only expiry near 30 days is ${days.toFixed(1)} days away`);
  return level(atTheMoneyIv(only));
}

/** A day's at-the-money volatility of 30 days. */
export interface DailyIv {
  readonly dayMs: EpochMs;
  readonly iv: number;
}

/** Where today's volatility stands among those of the days before. Shares of 1. */
export interface IvStanding {
  /** (now - least) / (most - least), within 0 and 1. */
  readonly rank: Level;
  /** Share of days with less. */
  readonly percentile: Level;
  readonly days: number;
}

/**
 * Rank and percentile of a volatility among those of up to `mostDays` days before.
 * @param history newest last
 * @param leastDays with fewer days the standing is undefined: the range of a few weeks says little of a year
 */
export function ivStanding(history: readonly DailyIv[], now: number, mostDays = 252, leastDays = mostDays): IvStanding {
  const past = history.slice(-mostDays).map(({ iv }) => iv);
  const days = past.length;
  if (days < leastDays || days === 0) {
    const none = noLevel(`${days} days of implied volatility are known, of ${leastDays} that are needed`);
    return { rank: none, percentile: none, days };
  }
  const [least, most] = [Math.min(...past), Math.max(...past)];
  const rank = most > least ? level(Math.min(1, Math.max(0, (now - least) / (most - least)))) : noLevel('implied volatility has not moved');
  return { rank, percentile: level(past.filter((iv) => iv < now).length / days), days };
}
