import type { AccountHead, DayReport } from '../contracts/journal.ts';
import { toNumber } from '../kernel/decimal.ts';
import { type Figure, type Figures, figures, known, undefinedBecause } from './figure.ts';
import { maxDrawdown, sharpeRatio, sortinoRatio } from './return-ratios.ts';

/** Day books are closed every calendar day, weekends and holidays included, whatever the account trades. */
export const DAY_BOOKS_PER_YEAR = 365;
/** Below this the standard error of a daily Sharpe ratio, about sqrt(365 / n), is larger than any ratio worth having. */
const LEAST_DAILY_RETURNS = 20;

export type CurveFigureName = 'sharpe' | 'sortino' | 'maxDrawdown' | 'maxDailyDrawdown' | 'exposureTime';
export type CurveFigures = Figures<CurveFigureName> & { readonly dailyReturns: number };

/**
 * What an account's equity says, all its trading together.
 * Sharpe and Sortino are of the daily returns of its closed day books, against a required return of 0, annualised with
 * sqrt(365). `maxDrawdown` is of the equity marks (every 15 minutes), `maxDailyDrawdown` of the day ends; both are shares of the
 * peak. `exposureTime` is the share of the equity marks at which a position was open.
 */
export function curveFigures(reports: readonly DayReport[], curve: AccountHead['curve']): CurveFigures {
  const returns = dailyReturns(reports);
  const ofDays = (figure: (returns: readonly number[]) => Figure, least: number): Figure => {
    if (returns === null) return undefinedBecause('a day began without equity');
    if (returns.length < least) return undefinedBecause(`needs at least ${least} closed days, has ${returns.length}`);
    return figure(returns);
  };
  const noMarks = undefinedBecause('equity has not been marked yet');
  const basis = { periodsPerYear: DAY_BOOKS_PER_YEAR };
  const named = figures<CurveFigureName>({
    sharpe: ofDays((each) => sharpeRatio(each, basis), LEAST_DAILY_RETURNS),
    sortino: ofDays((each) => sortinoRatio(each, basis), LEAST_DAILY_RETURNS),
    maxDrawdown: curve.marks === 0 ? noMarks : known(curve.maxDrawdown),
    maxDailyDrawdown: ofDays(maxDrawdown, 1),
    exposureTime: curve.marks === 0 ? noMarks : known(curve.marksExposed / curve.marks),
  });
  return { ...named, dailyReturns: returns?.length ?? 0 };
}

/** The return of each closed day as a share of its opening equity, in order; null when a day began with nothing. */
export function dailyReturns(reports: readonly DayReport[]): readonly number[] | null {
  if (reports.some(({ startEquity }) => startEquity <= 0n)) return null;
  return reports.map(({ startEquity, endEquity }) => toNumber(endEquity) / toNumber(startEquity) - 1);
}
