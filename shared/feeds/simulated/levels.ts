import { type Rng, rng } from '../../kernel/rng.ts';
import type { DayNumber, Seed } from './daily-walk.ts';
import type { LevelParameters } from './parameters.ts';

/**
 * A log level (of volatility, of volume) that wanders on many scales at once: the sum of independent normal draws, each of
 * which holds for a stretch of its own length. Sums of such draws forget slowly, as real volatility does, and any stretch is
 * reached without walking there.
 * @see Calvet, Fisher: "Forecasting multifractal volatility" (2001)
 */
export function dayLevel(seed: Seed, what: string, who: string, levels: LevelParameters): (day: DayNumber) => number {
  const kept = levels.map(() => ({ block: Number.NaN, draw: 0 }));
  return (day) => {
    let level = 0;
    levels.forEach(({ length, spread }, scale) => {
      const block = Math.floor(day / length);
      const last = kept[scale] as { block: number; draw: number };
      if (last.block !== block) {
        last.block = block;
        last.draw = rng(seed, what, who, scale, block).normal();
      }
      level += spread * last.draw;
    });
    return level;
  };
}

/** The same within one day, from a stream of its own: stretches begin anywhere. Adds to `into`, minute by minute. */
export function addMinuteLevels(into: Float64Array, levels: LevelParameters, random: Rng): void {
  for (const { length, spread } of levels) {
    let draw = spread * random.normal();
    let left = Math.ceil(length * random.next());
    for (let m = 0; m < into.length; m++) {
      if (left === 0) {
        draw = spread * random.normal();
        left = length;
      }
      into[m] = (into[m] as number) + draw;
      left -= 1;
    }
  }
}

/** Variance of a sum of levels. */
export const levelVariance = (levels: LevelParameters): number => levels.reduce((total, { spread }) => total + spread ** 2, 0);
