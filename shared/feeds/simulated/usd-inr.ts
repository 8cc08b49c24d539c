import { rng } from '../../kernel/rng.ts';
import { DAY_MS, type EpochMs, HOUR_MS } from '../../kernel/time.ts';
import { isWeekend } from '../../market/ist.ts';
import { blockCache } from './block-cache.ts';
import { type DayNumber, dailyWalk, dayNumberOf, type Seed } from './daily-walk.ts';
import type { SimulationParameters } from './parameters.ts';

const HOURS = DAY_MS / HOUR_MS;
const CACHE_BYTES = 64_000;
const PLACES = 1e4;

/**
 * Rupees a dollar at an instant, four places: a mean-reverting daily walk, bridged over hours, straight between them.
 * It runs round the clock; nights and weekends move little.
 */
export function usdInrSeries(seed: Seed, parameters: SimulationParameters): (ms: EpochMs) => number {
  const { level, dailyVol, longRunSpread, weekendVolShare } = parameters.usdInr;
  const vol = (day: DayNumber): number => dailyVol * (isWeekend(day) ? weekendVolShare : 1);
  const zeroDay = dayNumberOf(parameters.levelDate);
  const walk = dailyWalk(zeroDay, dailyVol, longRunSpread, (day) => vol(day) * rng(seed, 'usd-inr-step', day).normal());

  /** Log rate over the level at the 25 hour marks of a UTC day. */
  const hoursOf = (day: DayNumber): Float64Array => {
    const random = rng(seed, 'usd-inr-hours', day);
    const hours = new Float64Array(HOURS + 1);
    for (let h = 1; h <= HOURS; h++) hours[h] = (hours[h - 1] as number) + (vol(day) / Math.sqrt(HOURS)) * random.normal();
    const start = walk.at(day - 1);
    const bend = walk.at(day) - start - (hours[HOURS] as number);
    return hours.map((free, h) => start + free + (bend * h) / HOURS);
  };
  const days = blockCache(CACHE_BYTES, (hours: Float64Array) => hours.byteLength, hoursOf);
  return (ms) => {
    const day = Math.floor(ms / DAY_MS);
    const hours = days.get(day);
    const place = (ms - day * DAY_MS) / HOUR_MS;
    const hour = Math.floor(place);
    const from = hours[hour] as number;
    const to = hours[hour + 1] as number;
    return Math.round(level * Math.exp(from + (to - from) * (place - hour)) * PLACES) / PLACES;
  };
}
