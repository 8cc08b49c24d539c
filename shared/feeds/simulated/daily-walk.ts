import { DAY_MS } from '../../kernel/time.ts';
import type { InstrumentParameters } from './parameters.ts';
import { dayMove, type PriceProcess } from './process-day.ts';

/** Days since 1970-01-01, in the market's own time zone. */
export type DayNumber = number;
export type Seed = string | number;

interface DailyWalk {
  /** Log of the price over its level at the end of the day. */
  at(day: DayNumber): number;
}

/**
 * A mean-reverting walk that is 0 on `zeroDay` and reaches any day from there, forwards or backwards:
 *
 *   x(d) = x(d-1) (1 - k) + step(d)        after the zero day
 *   x(d-1) = x(d) (1 - k) - step(d)        before it (the same law in reverse)
 *
 * with k = vol^2 / (2 spread^2), which gives the stationary standard deviation `spread` when steps have deviation `vol`.
 * The days walked so far are kept: eight bytes a day.
 */
export function dailyWalk(zeroDay: DayNumber, vol: number, spread: number, step: (day: DayNumber) => number): DailyWalk {
  const keep = 1 - Math.min(1, vol ** 2 / (2 * spread ** 2));
  const after: number[] = [0];
  const before: number[] = [0];
  const walk = (days: number[], length: number, next: (last: number, n: number) => number): number => {
    for (let n = days.length; n <= length; n++) days.push(next(days[n - 1] as number, n));
    return days[length] as number;
  };
  return {
    at: (day) =>
      day >= zeroDay
        ? walk(after, day - zeroDay, (last, n) => last * keep + step(zeroDay + n))
        : walk(before, zeroDay - day, (last, n) => last * keep - step(zeroDay - n + 1)),
  };
}

export const dayNumberOf = (date: string): DayNumber => Date.parse(`${date}T00:00:00Z`) / DAY_MS;

/** The two processes that a symbol's price is made of: its market's and its own. */
export interface Movers {
  readonly common: PriceProcess;
  readonly own: PriceProcess;
}

/** How much of a symbol's volatility each of its movers has, as shares of price a day. */
export const loadings = ({ dailyVol, correlation }: InstrumentParameters): { readonly common: number; readonly own: number } => ({
  common: dailyVol * correlation,
  own: dailyVol * Math.sqrt(1 - correlation ** 2),
});

/** The daily life of one symbol. */
export interface DailyPrice {
  /** Log price at the end of the day. */
  logClose(day: DayNumber): number;
  /** Log price at the first trade of the day. */
  logOpen(day: DayNumber): number;
}

/** Daily prices of a symbol: its two movers, and a slow return to its level. A pure function of (seed, symbol, day). */
export function dailyPrice(own: InstrumentParameters, movers: Movers, zeroDay: DayNumber): DailyPrice {
  const loading = loadings(own);
  const mixed = (of: (process: PriceProcess) => number): number => loading.common * of(movers.common) + loading.own * of(movers.own);
  const walk = dailyWalk(zeroDay, own.dailyVol, own.longRunSpread, (day) => mixed((process) => dayMove(process.day(day))));
  const logLevel = Math.log(own.level);
  return {
    logClose: (day) => logLevel + walk.at(day),
    logOpen: (day) => logLevel + walk.at(day - 1) + mixed((process) => process.day(day).gap),
  };
}
