import { rng } from '../../kernel/rng.ts';
import { DAY_MS } from '../../kernel/time.ts';
import type { Market } from '../../market/instrument.ts';
import type { SimulationParameters } from './parameters.ts';

/** Days since 1970-01-01, in the market's own time zone. */
export type DayNumber = number;
export type Seed = string | number;

const SATURDAY = 6;
/** 1970-01-01 was a Thursday. */
const EPOCH_WEEKDAY = 4;

export const isWeekend = (day: DayNumber): boolean => (day + EPOCH_WEEKDAY) % 7 === 0 || (day + EPOCH_WEEKDAY) % 7 === SATURDAY;

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

/** The daily life of one symbol: how volatile a day is, and where it ends. */
export interface DailyPrice {
  /** Volatility of the day as a share of price, regime and weekend included. */
  volatility(day: DayNumber): number;
  /** Log price at the end of the day. */
  logClose(day: DayNumber): number;
}

/**
 * Daily prices of a symbol: correlated steps, volatility regimes of the whole market, trends of some days, reversion to the level.
 * A pure function of (seed, symbol, day). It knows no calendar: what happens on closed days is in the next opening gap.
 */
export function dailyPrice(seed: Seed, symbol: string, parameters: SimulationParameters): DailyPrice {
  const own = parameters.instruments[symbol] as SimulationParameters['instruments'][string];
  const factorShare = own.correlation;
  const ownShare = Math.sqrt(1 - factorShare ** 2);
  const { weekendVolShare } = parameters.markets[own.market];

  const volatility = (day: DayNumber): number => {
    const noise = parameters.dayVolNoise * rng(seed, 'day-vol', symbol, day).normal();
    return own.dailyVol * regimeScale(seed, own.market, day, parameters) * (isWeekend(day) ? weekendVolShare : 1) * Math.exp(noise);
  };
  const mixed = (what: string, block: number): number =>
    factorShare * rng(seed, what, own.market, block).normal() + ownShare * rng(seed, what, symbol, block).normal();
  const step = (day: DayNumber): number => {
    const trend = parameters.trendStrength * mixed('trend', Math.floor(day / parameters.trendDays));
    return volatility(day) * (trend + mixed('day-step', day));
  };
  const walk = dailyWalk(dayNumberOf(parameters.levelDate), own.dailyVol, own.longRunSpread, step);
  const logLevel = Math.log(own.level);
  return { volatility, logClose: (day) => logLevel + walk.at(day) };
}

function regimeScale(seed: Seed, market: Market, day: DayNumber, { regimes, regimeDays }: SimulationParameters): number {
  let left = rng(seed, 'regime', market, Math.floor(day / regimeDays)).next();
  for (const regime of regimes) {
    left -= regime.share;
    if (left < 0) return regime.scale;
  }
  return (regimes.at(-1) as { scale: number }).scale;
}
