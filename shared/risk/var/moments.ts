import { RiskError } from './risk-error.ts';

/** The shape of a sample. `skewness` and `excessKurtosis` are 0 for a normal one, and for one that does not vary. */
export interface Moments {
  readonly mean: number;
  /** Sample standard deviation (n - 1). */
  readonly deviation: number;
  readonly skewness: number;
  readonly excessKurtosis: number;
}

/**
 * Mean, standard deviation and the standardised third and fourth moments (of the population: m3 / m2^1.5, m4 / m2^2 - 3).
 * @throws RiskError `no_scenarios` for fewer than two values
 */
export function momentsOf(values: Float64Array): Moments {
  const n = values.length;
  if (n < 2) throw new RiskError('no_scenarios', `Moments need at least two values, received ${n}`, { n });
  const mean = values.reduce((sum, value) => sum + value, 0) / n;
  let second = 0;
  let third = 0;
  let fourth = 0;
  for (const value of values) {
    const d = value - mean;
    second += d * d;
    third += d * d * d;
    fourth += d * d * d * d;
  }
  const variance = second / n;
  if (variance === 0) return { mean, deviation: 0, skewness: 0, excessKurtosis: 0 };
  return { mean, deviation: Math.sqrt(second / (n - 1)), skewness: third / n / variance ** 1.5, excessKurtosis: fourth / n / variance ** 2 - 3 };
}
