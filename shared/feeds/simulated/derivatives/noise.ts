import { rng } from '../../../kernel/rng.ts';
import type { DayNumber, Seed } from '../daily-walk.ts';

const MINUTES_A_DAY = 1440;
const KEPT_DAYS = 200;

/**
 * A mean-reverting noise of deviation 1 by minutes of a day, cut at `most` deviations: a first-order autoregression whose expected
 * deviation halves in `halfLifeMinutes`. Each day begins with a fresh draw, so that any instant is reached without walking through
 * the days before it. A pure function of (seed, name, day, minute); the days asked for last are kept.
 */
export function meanRevertingNoise(seed: Seed, halfLifeMinutes: number, most: number): (name: string, day: DayNumber, minute: number) => number {
  const keep = 0.5 ** (1 / halfLifeMinutes);
  const fresh = Math.sqrt(1 - keep ** 2);
  const days = new Map<string, Float64Array>();
  const made = (name: string, day: DayNumber): Float64Array => {
    const random = rng(seed, 'derivative-noise', name, day);
    const values = new Float64Array(MINUTES_A_DAY);
    let value = random.normal();
    for (let m = 0; m < MINUTES_A_DAY; m++) {
      values[m] = Math.min(most, Math.max(-most, value));
      value = keep * value + fresh * random.normal();
    }
    return values;
  };
  return (name, day, minute) => {
    const key = `${name} ${day}`;
    let values = days.get(key);
    if (values === undefined) {
      values = made(name, day);
      days.set(key, values);
      const [oldest] = days.keys();
      if (days.size > KEPT_DAYS && oldest !== undefined) days.delete(oldest);
    }
    return values[minute] as number;
  };
}
