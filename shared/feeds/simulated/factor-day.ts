import { type Rng, rng } from '../../kernel/rng.ts';
import type { Market } from '../../market/instrument.ts';
import type { DayNumber, Seed } from './daily-walk.ts';
import { addBursts, addLegs, type Momentum, stillMomentum } from './momentum.ts';
import type { SimulationParameters } from './parameters.ts';

/** What all symbols of a market share in the minutes of a day: the source of their correlation. */
export interface FactorDay extends Momentum {
  /** Standard normal shock of the opening gap. */
  readonly gap: number;
  /** Standard normal shock of each minute. */
  readonly shock: Float64Array;
  /** Standard normal level of volatility of each minute, autocorrelated. */
  readonly level: Float64Array;
}

export function factorDay(seed: Seed, market: Market, day: DayNumber, minutes: number, parameters: SimulationParameters): FactorDay {
  const random = rng(seed, 'factor-day', market, day);
  const { marketBurstsADay, minutesADay } = parameters.markets[market];
  const gap = random.normal();
  const momentum = stillMomentum(minutes);
  addBursts(momentum, random, (marketBurstsADay * minutes) / minutesADay, parameters);
  addLegs(momentum, random, minutesADay, parameters);
  const level = volatilityLevels(random, minutes, parameters);
  const shock = new Float64Array(minutes);
  for (let m = 0; m < minutes; m++) shock[m] = random.normal();
  return { ...momentum, gap, level, shock };
}

/** A first-order autoregression of unit variance that changes each `stepMinutes`: volatility comes in clusters. */
export function volatilityLevels(random: Rng, minutes: number, { cluster }: SimulationParameters): Float64Array {
  const fresh = Math.sqrt(1 - cluster.persistence ** 2);
  const levels = new Float64Array(minutes);
  let level = random.normal();
  for (let m = 0; m < minutes; m++) {
    if (m > 0 && m % cluster.stepMinutes === 0) level = cluster.persistence * level + fresh * random.normal();
    levels[m] = level;
  }
  return levels;
}

export const bytesOfFactorDay = (day: FactorDay): number => 4 * day.shock.byteLength;
