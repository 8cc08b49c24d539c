import { covarianceOf, type FactorHistory, historicalScenarios, PATHS, type ScenarioSet, simulatedScenarios } from './scenarios.ts';

/** A close of a day, in the quote currency. Dates are the trading days of its market, `YYYY-MM-DD`. */
export interface DailyClose {
  readonly date: string;
  readonly close: number;
}

/** What is known of how prices move together: the scenarios that a book is held against. Built once a day. */
export interface RiskModel {
  /** Days of history of all factors together; 0 where no factor has enough. */
  readonly days: number;
  /** The newest of those days; null without any. */
  readonly asOf: string | null;
  /** Underlyings with enough history. */
  readonly factors: ReadonlySet<string>;
  /** Why an underlying is none of them; null for one that is. */
  readonly whyUnknown: (factor: string) => string | null;
  /** Null without a factor. */
  readonly historical: ScenarioSet | null;
  readonly simulated: ScenarioSet | null;
  /** Standard deviation of daily returns, a share; null for an unknown factor. */
  readonly deviation: (factor: string) => number | null;
  /** Correlation of daily returns, -1 to 1; null for an unknown factor and for one that never moved. */
  readonly correlation: (a: string, b: string) => number | null;
}

export interface RiskModelOptions {
  /** Most days of history that are looked at. */
  readonly days: number;
  /** A factor with fewer returns than these is unknown. */
  readonly leastDays: number;
  readonly seed: string;
  readonly paths?: number;
}

/**
 * A model of the daily closes of underlyings. Days that not all of the known underlyings traded on are left out, so that a share's
 * night is set beside a coin's same hours; over a weekend a coin's return is that of all its days, which errs to caution.
 * @param closes  of each underlying, adjusted for corporate actions, oldest first
 */
export function createRiskModel(closes: ReadonlyMap<string, readonly DailyClose[]>, options: RiskModelOptions): RiskModel {
  const { factors, dates } = knownFactors(closes, options);
  const history: FactorHistory = { factors, returns: factors.map((factor) => returnsOn(closes.get(factor) ?? [], dates)) };
  const days = Math.max(0, dates.length - 1);
  const isEmpty = factors.length === 0;
  const known = new Set(factors);
  const covariance = isEmpty ? new Float64Array() : covarianceOf(history);
  const entry = (a: string, b: string): number => covariance[factors.indexOf(a) * factors.length + factors.indexOf(b)] as number;
  const isKnown = (factor: string): boolean => known.has(factor);
  return {
    days: isEmpty ? 0 : days,
    asOf: isEmpty ? null : (dates.at(-1) ?? null),
    factors: known,
    whyUnknown: (factor) => (isKnown(factor) ? null : whyUnknown(factor, closes.get(factor)?.length ?? 0, options)),
    historical: isEmpty ? null : historicalScenarios(history),
    simulated: isEmpty ? null : simulatedScenarios(history, options.seed, options.paths ?? PATHS),
    deviation: (factor) => (isKnown(factor) ? Math.sqrt(entry(factor, factor)) : null),
    correlation: (a, b) => {
      if (!isKnown(a) || !isKnown(b)) return null;
      const scale = Math.sqrt(entry(a, a) * entry(b, b));
      return scale === 0 ? null : Math.max(-1, Math.min(1, entry(a, b) / scale));
    },
  };
}

/** A model that knows nothing: every position is taken to lose its assumed move. */
export const NO_RISK_MODEL: RiskModel = createRiskModel(new Map(), { days: 1, leastDays: 1, seed: '' });

function whyUnknown(factor: string, closes: number, { leastDays }: RiskModelOptions): string {
  return closes === 0
    ? `No daily closes of ${factor} are known`
    : `${factor} has ${Math.max(0, closes - 1)} daily returns, at least ${leastDays} are needed`;
}

/** Those with enough closes, and the days that they have in common; what leaves too few days in common is taken out, the shortest first. */
function knownFactors(
  closes: ReadonlyMap<string, readonly DailyClose[]>,
  { days, leastDays }: RiskModelOptions,
): { readonly factors: readonly string[]; readonly dates: readonly string[] } {
  let factors = [...closes].filter(([, history]) => history.length > leastDays).map(([factor]) => factor);
  factors.sort();
  for (;;) {
    const dates = commonDates(factors.map((factor) => closes.get(factor) ?? [])).slice(-(days + 1));
    if (factors.length === 0 || dates.length > leastDays) return { factors, dates };
    const shortest = Math.min(...factors.map((factor) => closes.get(factor)?.length ?? 0));
    factors = factors.filter((factor) => (closes.get(factor)?.length ?? 0) > shortest);
  }
}

function commonDates(histories: readonly (readonly DailyClose[])[]): readonly string[] {
  const counts = new Map<string, number>();
  for (const history of histories) for (const { date } of history) counts.set(date, (counts.get(date) ?? 0) + 1);
  return [...counts]
    .filter(([, count]) => count === histories.length)
    .map(([date]) => date)
    .sort();
}

function returnsOn(history: readonly DailyClose[], dates: readonly string[]): Float64Array {
  const byDate = new Map(history.map(({ date, close }) => [date, close]));
  const prices = dates.map((date) => byDate.get(date) as number);
  return Float64Array.from({ length: Math.max(0, prices.length - 1) }, (_, i) => (prices[i + 1] as number) / (prices[i] as number) - 1);
}
