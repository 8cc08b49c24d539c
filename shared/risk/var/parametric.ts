import { normalDensity, normalQuantile } from '../../kernel/normal.ts';
import type { TailLoss } from './loss.ts';
import type { Moments } from './moments.ts';
import { requireLevel } from './risk-error.ts';

// Without drift: what a year of days says of their mean is within its error of nothing, and a strategy's hope is no cushion.

/**
 * Tail loss of a normal distribution without drift.
 *
 *   VaR = z sigma,  ES = sigma phi(z) / (1 - level)
 *
 * @param deviation  standard deviation of the outcome over the horizon, in money
 * @throws RiskError `bad_level`
 */
export function normalTailLoss(deviation: number, level: number): TailLoss {
  requireLevel(level);
  const z = normalQuantile(level);
  return { valueAtRisk: z * deviation, expectedShortfall: (deviation * normalDensity(z)) / (1 - level) };
}

/**
 * The quantile of a distribution whose tails are not normal, by the Cornish-Fisher expansion.
 *
 *   z' = z + (z^2 - 1) S / 6 + (z^3 - 3 z) K / 24 - (2 z^3 - 5 z) S^2 / 36
 *
 * Null where the expansion is not monotone at these moments, up to 4.5 deviations: then it is no quantile.
 * @param z  normal quantile, negative for the lower tail
 * @see Cornish, Fisher (1938); Maillard: "A user's guide to the Cornish Fisher expansion" (2012) for the domain
 */
export function cornishFisherQuantile(z: number, skewness: number, excessKurtosis: number): number | null {
  if (!isMonotone(skewness, excessKurtosis)) return null;
  const square = z * z;
  const cube = square * z;
  return z + ((square - 1) * skewness) / 6 + ((cube - 3 * z) * excessKurtosis) / 24 - ((2 * cube - 5 * z) * skewness * skewness) / 36;
}

/** As far out as the mean of a tail of a thousandth is looked at. */
const FURTHEST = 4.5;

/** The derivative of the expansion, a parabola in z, is nowhere negative where it is looked at. */
function isMonotone(skewness: number, excessKurtosis: number): boolean {
  const a = excessKurtosis / 8 - (skewness * skewness) / 6;
  const b = skewness / 3;
  const c = 1 - excessKurtosis / 8 + (5 * skewness * skewness) / 36;
  const vertex = a === 0 ? 0 : Math.max(-FURTHEST, Math.min(FURTHEST, -b / (2 * a)));
  return [-FURTHEST, vertex, FURTHEST].every((z) => a * z * z + b * z + c >= 0);
}

const TAIL_STEPS = 200;

/**
 * Tail loss by the Cornish-Fisher expansion, without drift; its expected shortfall is the mean of the quantiles beyond the level,
 * by the midpoint rule over 200 equal parts of the tail. Null where the moments are outside of the expansion's domain.
 * @throws RiskError `bad_level`
 */
export function cornishFisherTailLoss({ deviation, skewness, excessKurtosis }: Moments, level: number): TailLoss | null {
  requireLevel(level);
  const quantile = cornishFisherQuantile(normalQuantile(1 - level), skewness, excessKurtosis);
  if (quantile === null) return null;
  let sum = 0;
  for (let step = 0; step < TAIL_STEPS; step++) {
    const probability = ((1 - level) * (step + 0.5)) / TAIL_STEPS;
    sum += cornishFisherQuantile(normalQuantile(probability), skewness, excessKurtosis) ?? 0;
  }
  return { valueAtRisk: -quantile * deviation, expectedShortfall: (-sum / TAIL_STEPS) * deviation };
}

/** The weight of yesterday in RiskMetrics' daily variance. */
const DAILY_DECAY = 0.94;

/**
 * Standard deviation by exponentially weighted squares without drift, newest last.
 *
 *   variance = sum w_i x_i^2 / sum w_i,  w = decay^age
 *
 * @param decay  0 < decay < 1, RiskMetrics' 0.94 for days
 * @see J.P. Morgan: "RiskMetrics technical document" (1996)
 */
export function ewmaDeviation(outcomes: Float64Array, decay = DAILY_DECAY): number {
  let weighted = 0;
  let weights = 0;
  for (const outcome of outcomes) {
    weighted = decay * weighted + outcome * outcome;
    weights = decay * weights + 1;
  }
  return weights === 0 ? 0 : Math.sqrt(weighted / weights);
}
