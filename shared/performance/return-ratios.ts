import { type Figure, known, undefinedBecause } from './figure.ts';

/** What a ratio of returns is measured against and by. */
export interface RatioBasis {
  /** Periods in a year, for annualising: 365 for daily returns of a book that is closed every calendar day. */
  readonly periodsPerYear: number;
  /** Return of a period that counts as nothing gained, as a share; 0 where no other is given. */
  readonly requiredReturn?: number;
}

/**
 * Sharpe ratio: the mean excess return over its sample standard deviation, annualised.
 *
 *   sharpe = mean(r - required) / std(r - required, n - 1) * sqrt(periodsPerYear)
 *
 * @param returns simple returns of equal periods, as shares (0.01 = 1 %)
 * @returns undefined for fewer than two returns and for returns that are all the same
 * @see Sharpe: "The Sharpe Ratio", The Journal of Portfolio Management (1994)
 */
export function sharpeRatio(returns: readonly number[], { periodsPerYear, requiredReturn = 0 }: RatioBasis): Figure {
  if (returns.length < 2) return undefinedBecause(`needs at least 2 returns, has ${returns.length}`);
  if (isConstant(returns)) return undefinedBecause('the returns do not vary');
  const excess = returns.map((each) => each - requiredReturn);
  const average = mean(excess);
  const variance = excess.reduce((sum, each) => sum + (each - average) ** 2, 0) / (excess.length - 1);
  return known((average / Math.sqrt(variance)) * Math.sqrt(periodsPerYear));
}

/**
 * Sortino ratio: the mean excess return over the downside deviation, annualised. The deviation is taken over all periods;
 * those above the required return count as zero.
 *
 *   sortino = mean(r - required) / sqrt(mean(min(r - required, 0)^2)) * sqrt(periodsPerYear)
 *
 * @param returns simple returns of equal periods, as shares
 * @returns undefined for fewer than two returns and where none is below the required one
 * @see Sortino, Price: "Performance Measurement in a Downside Risk Framework" (1994)
 */
export function sortinoRatio(returns: readonly number[], { periodsPerYear, requiredReturn = 0 }: RatioBasis): Figure {
  if (returns.length < 2) return undefinedBecause(`needs at least 2 returns, has ${returns.length}`);
  const excess = returns.map((each) => each - requiredReturn);
  const downside = mean(excess.map((each) => Math.min(each, 0) ** 2));
  if (downside === 0) return undefinedBecause('no return was below the required one');
  return known((mean(excess) / Math.sqrt(downside)) * Math.sqrt(periodsPerYear));
}

/**
 * Deepest fall of the compounded returns from a peak, as a share of the peak (0.1 = 10 %), never negative.
 *
 *   drawdown = max over t of 1 - wealth(t) / max(wealth(0..t)),  wealth(0) = 1
 *
 * @returns undefined without returns
 */
export function maxDrawdown(returns: readonly number[]): Figure {
  if (returns.length === 0) return undefinedBecause('needs at least 1 return, has 0');
  let wealth = 1;
  let peak = 1;
  let deepest = 0;
  for (const each of returns) {
    wealth *= 1 + each;
    peak = Math.max(peak, wealth);
    deepest = Math.max(deepest, 1 - wealth / peak);
  }
  return known(deepest);
}

const mean = (values: readonly number[]): number => values.reduce((sum, each) => sum + each, 0) / values.length;

// Rounding leaves a tiny deviation on equal returns, which would make a huge ratio: equality is asked of the returns themselves.
const isConstant = (values: readonly number[]): boolean => values.every((each) => each === values[0]);
