import { rng } from '../../kernel/rng.ts';
import { cholesky } from './cholesky.ts';
import { RiskError } from './risk-error.ts';

/** Daily returns of risk factors (underlyings and currencies), all of the same days, oldest first, as shares. */
export interface FactorHistory {
  readonly factors: readonly string[];
  /** One array a factor, each with as many days. */
  readonly returns: readonly Float64Array[];
}

/** Moves of every factor in each of many equally likely days. */
export interface ScenarioSet {
  readonly count: number;
  /** @throws RiskError `unknown_factor` */
  readonly moves: (factor: string) => Float64Array;
}

/** The days that were: every factor's moves of the same day stay together. @throws RiskError `unequal_lengths` */
export function historicalScenarios({ factors, returns }: FactorHistory): ScenarioSet {
  requireEqual(returns);
  return scenarioSet(factors, returns, returns[0]?.length ?? 0);
}

/** Paths of the Monte Carlo set. */
export const PATHS = 10_000;

/**
 * Days that could be: draws of a normal distribution without drift with the covariance of the history, in antithetic pairs, so
 * that what is linear in the moves has a mean of exactly nothing.
 * @param paths  even
 * @throws RiskError `unequal_lengths`, `not_a_covariance`
 * @see Glasserman: "Monte Carlo methods in financial engineering" (2003), 2.3 and 4.2
 */
export function simulatedScenarios(history: FactorHistory, seed: string, paths = PATHS): ScenarioSet {
  const { factors } = history;
  const n = factors.length;
  const lower = cholesky(covarianceOf(history), n);
  const moves = factors.map(() => new Float64Array(paths));
  const draw = rng('value-at-risk', seed);
  const z = new Float64Array(n);
  for (let path = 0; path + 1 < paths; path += 2) {
    for (let i = 0; i < n; i++) z[i] = draw.normal();
    for (let row = 0; row < n; row++) {
      let move = 0;
      for (let column = 0; column <= row; column++) move += (lower[row * n + column] as number) * (z[column] as number);
      const ofFactor = moves[row] as Float64Array;
      ofFactor[path] = move;
      ofFactor[path + 1] = -move;
    }
  }
  return scenarioSet(factors, moves, paths);
}

/**
 * Covariance of the returns (n - 1, about their means), row by row.
 * @throws RiskError `unequal_lengths`, `no_scenarios` for fewer than two days
 */
export function covarianceOf({ factors, returns }: FactorHistory): Float64Array {
  requireEqual(returns);
  const days = returns[0]?.length ?? 0;
  if (days < 2) throw new RiskError('no_scenarios', `A covariance needs at least two days, received ${days}`, { days });
  const n = factors.length;
  const centred = returns.map((ofFactor) => {
    const mean = ofFactor.reduce((sum, value) => sum + value, 0) / days;
    return ofFactor.map((value) => value - mean);
  });
  const covariance = new Float64Array(n * n);
  for (let row = 0; row < n; row++) {
    for (let column = 0; column <= row; column++) {
      const product = productOf(centred[row] as Float64Array, centred[column] as Float64Array) / (days - 1);
      covariance[row * n + column] = product;
      covariance[column * n + row] = product;
    }
  }
  return covariance;
}

function productOf(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] as number) * (b[i] as number);
  return sum;
}

function scenarioSet(factors: readonly string[], arrays: readonly Float64Array[], count: number): ScenarioSet {
  const byFactor = new Map(factors.map((factor, i) => [factor, arrays[i] as Float64Array]));
  return {
    count,
    moves: (factor) => {
      const moves = byFactor.get(factor);
      if (moves) return moves;
      throw new RiskError('unknown_factor', `No scenarios of ${factor}, there are of ${factors.join(', ')}`, { factor, factors });
    },
  };
}

function requireEqual(returns: readonly Float64Array[]): void {
  const lengths = returns.map(({ length }) => length);
  if (lengths.every((length) => length === lengths[0])) return;
  throw new RiskError('unequal_lengths', `Every factor needs the same days, received ${lengths.join(', ')} of them`, { lengths });
}
