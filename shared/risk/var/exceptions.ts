import { normalCdf } from '../../kernel/normal.ts';
import { RiskError } from './risk-error.ts';

/** A test of hypothesis: its statistic and how probable one at least as large is when the hypothesis holds. */
export interface TestResult {
  readonly statistic: number;
  readonly pValue: number;
}

/** How a value at risk has done: on how many of the days it was passed, and how probable that is if it was right. */
export interface ExceptionTests {
  readonly days: number;
  readonly exceptions: number;
  /** Exceptions that a right model has in so many days. */
  readonly expected: number;
  /** As many as there should be? */
  readonly coverage: TestResult;
  /** Do they come alone, or in clusters? Null with fewer than two days. */
  readonly independence: TestResult | null;
  /** Both at once. */
  readonly conditional: TestResult | null;
}

/**
 * Tests of a value at risk by its exceptions.
 *
 *   coverage      LR = -2 ln[(1-p)^(T-x) p^x / ((1-x/T)^(T-x) (x/T)^x)]            chi-square, 1 degree of freedom
 *   independence  LR = -2 ln[L(pi) / L(pi01, pi11)] over the transitions of days    chi-square, 1
 *   conditional   their sum                                                        chi-square, 2
 *
 * @param passed  day by day in order, whether the loss was larger than the value at risk that was told before it
 * @param level   of the value at risk, such as 0.95
 * @throws RiskError `no_scenarios` without a day, `bad_level`
 * @see Kupiec: "Techniques for verifying the accuracy of risk measurement models" (1995); Christoffersen: "Evaluating interval forecasts" (1998)
 */
export function testExceptions(passed: readonly boolean[], level: number): ExceptionTests {
  if (!(level > 0 && level < 1)) throw new RiskError('bad_level', `A confidence level is between 0 and 1, received ${level}`, { level });
  const days = passed.length;
  if (days === 0) throw new RiskError('no_scenarios', 'Exceptions are counted over at least one day', {});
  const exceptions = passed.filter(Boolean).length;
  const expectedShare = 1 - level;
  const coverage = likelihoodRatio(
    binomial(days - exceptions, exceptions, expectedShare),
    binomial(days - exceptions, exceptions, exceptions / days),
    1,
  );
  const independence = days < 2 ? null : independenceOf(passed);
  return {
    days,
    exceptions,
    expected: days * expectedShare,
    coverage,
    independence,
    conditional: independence === null ? null : chiSquare(coverage.statistic + independence.statistic, 2),
  };
}

function independenceOf(passed: readonly boolean[]): TestResult {
  const count = (before: boolean, after: boolean): number =>
    passed.reduce((sum, now, i) => sum + (i > 0 && passed[i - 1] === before && now === after ? 1 : 0), 0);
  const [quietQuiet, quietLoud, loudQuiet, loudLoud] = [count(false, false), count(false, true), count(true, false), count(true, true)];
  const share = (quietLoud + loudLoud) / (passed.length - 1);
  const afterQuiet = quietLoud / (quietQuiet + quietLoud || 1);
  const afterLoud = loudLoud / (loudQuiet + loudLoud || 1);
  const same = binomial(quietQuiet + loudQuiet, quietLoud + loudLoud, share);
  return likelihoodRatio(same, binomial(quietQuiet, quietLoud, afterQuiet) + binomial(loudQuiet, loudLoud, afterLoud), 1);
}

/** ln of (1-p)^quiet p^loud, where nothing to the power of nothing is one. */
const binomial = (quiet: number, loud: number, p: number): number => power(1 - p, quiet) + power(p, loud);
const power = (base: number, exponent: number): number => (exponent === 0 ? 0 : exponent * Math.log(base));

const likelihoodRatio = (restricted: number, free: number, degrees: 1 | 2): TestResult => chiSquare(Math.max(0, 2 * (free - restricted)), degrees);

/** The upper tail of chi-square is elementary for two degrees of freedom, and twice a normal tail for one. */
function chiSquare(statistic: number, degrees: 1 | 2): TestResult {
  return { statistic, pValue: degrees === 2 ? Math.exp(-statistic / 2) : 2 * normalCdf(-Math.sqrt(statistic)) };
}
