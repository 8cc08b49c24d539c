import * as m from './moments.ts';
import type { RecordedPanels } from './recorded-panels.ts';

export interface NamedMoment {
  readonly panel: keyof RecordedPanels;
  readonly moment: m.Moment;
}

/** Half an hour in steps of one minute: NSE's opening is left out where the middle of the day is meant. */
const OPENING = 30;

const of = (panel: keyof RecordedPanels, ...moments: readonly m.Moment[]): readonly NamedMoment[] => moments.map((moment) => ({ panel, moment }));

/**
 * What the simulated market is fitted to and held against. Fast moments of crypto are those of one-minute bars, slow ones
 * those of nine whole months of quarters; on NSE the index tells of what shares have in common, stocks of the rest.
 */
export const MOMENTS: readonly NamedMoment[] = [
  ...of(
    'crypto',
    m.typicalKurtosis('1m kurtosis, typical day', 1),
    m.typicalKurtosis('5m kurtosis, typical day', 5),
    m.jumpFrequency('1m moves beyond 5 deviations'),
    m.clustering('clustering of |1m| at 1 min', 1),
    m.clustering('clustering of |1m| at 5 min', 5),
    m.clustering('clustering of |1m| at 15 min', 15),
    m.clustering('clustering of |1m| at 60 min', 60),
    m.varianceRatio('variance ratio 15m by 1m', 15),
    m.volumeDeviation('log 1m volume, deviation'),
    m.volumeClustering('log 1m volume, clustering at 1 min', 1),
    m.volumeClustering('log 1m volume, clustering at 30 min', 30),
    m.volumeWithMove('log 1m volume with |1m|'),
    m.rangeByMove('1m range by 1m deviation'),
    m.pairCorrelation('1m correlation of pairs', 1),
    m.pairCorrelation('15m correlation of pairs', 15),
  ),
  ...of(
    'quarters',
    m.typicalDeviation('15m deviation, typical day'),
    m.typicalKurtosis('15m kurtosis, typical day', 1),
    m.typicalKurtosis('1h kurtosis, typical day', 4),
    m.clustering('clustering of |15m| at 15 min', 1),
    m.volatilityOfVolatility('log daily volatility, deviation'),
    m.volatilityChange('log daily volatility, change'),
    m.volatilityCorrelation('log daily volatility, correlation of pairs'),
    m.weekendVolatility('weekend by weekday volatility'),
    m.varianceRatio('variance ratio day by 15m', 96),
    m.varianceShare('variance 13-17 UTC, share', 'all', 13 * 4, 17 * 4),
    m.varianceShare('variance 03-07 UTC, share', 'all', 3 * 4, 7 * 4),
    m.volumeShare('volume 13-17 UTC, share', 'all', 13 * 4, 17 * 4),
    m.volumeShare('volume 03-07 UTC, share', 'all', 3 * 4, 7 * 4),
    m.volumeDeviation('log 15m volume, deviation'),
    m.volumeChange('log day volume, change'),
    m.sessionTails('day, mean size by deviation'),
    m.sessionCorrelation('day correlation of pairs'),
  ),
  ...of(
    'nifty',
    m.returnDeviation('1m deviation', 1),
    m.dailyDeviation('day deviation'),
    m.gapVarianceShare('gap, share of variance'),
    m.gapTails('gap, mean size by deviation'),
    m.typicalKurtosis('1m kurtosis, typical day', 1, OPENING),
    m.typicalKurtosis('5m kurtosis, typical day', 5, OPENING),
    m.typicalKurtosis('15m kurtosis, typical day', 15, OPENING),
    m.jumpFrequency('1m moves beyond 5 deviations', OPENING),
    m.clustering('clustering of |1m| at 1 min', 1, OPENING),
    m.clustering('clustering of |1m| at 10 min', 10, OPENING),
    m.clustering('clustering of |1m| at 60 min', 60, OPENING),
    m.volatilityOfVolatility('log daily volatility, deviation'),
    m.volatilityChange('log daily volatility, change'),
    m.varianceRatio('variance ratio 15m by 1m', 15, OPENING),
    m.varianceShare('variance of the first half hour, share', 'all', 0, 30),
    m.varianceShare('variance of the last half hour, share', 'all', 345, 375),
  ),
  ...of(
    'minutes',
    m.returnDeviation('1m deviation', 1),
    m.typicalKurtosis('1m kurtosis, typical day', 1, OPENING),
    m.clustering('clustering of |1m| at 1 min', 1, OPENING),
    m.jumpFrequency('1m moves beyond 5 deviations', OPENING),
    m.volumeShare('volume of the first half hour, share, typical day', 'typical', 0, 30),
    m.varianceRatio('variance ratio 15m by 1m', 15, OPENING),
    m.rangeByMove('1m range by 1m deviation', OPENING),
  ),
  ...of(
    'fives',
    m.returnDeviation('5m deviation', 1),
    m.typicalKurtosis('5m kurtosis, typical day', 1, OPENING / 5),
    m.typicalKurtosis('15m kurtosis, typical day', 3, OPENING / 5),
    m.clustering('clustering of |5m| at 5 min', 1, OPENING / 5),
    m.clustering('clustering of |5m| at 30 min', 6, OPENING / 5),
    m.varianceShare('variance of the first half hour, share, typical day', 'typical', 0, 6),
    m.varianceShare('variance of the last half hour, share, typical day', 'typical', 69, 75),
    m.volumeShare('volume of the last half hour, share, typical day', 'typical', 69, 75, 1),
    m.volumeDeviation('log 5m volume, deviation', OPENING / 5),
    m.volumeClustering('log 5m volume, clustering at 5 min', 1, OPENING / 5),
    m.volumeWithMove('log 5m volume with |5m|', OPENING / 5),
    m.pairCorrelation('5m correlation of pairs', 1),
    m.pairCorrelation('15m correlation of pairs', 3),
  ),
  ...of(
    'daily',
    m.dailyDeviation('day deviation'),
    m.dayTails('day, mean size by deviation'),
    m.dayClustering('clustering of root |day| at 1 day'),
    m.gapVarianceShare('gap, share of variance'),
    m.gapTails('gap, mean size by deviation'),
    m.gapAfterClosedDays('gap after closed days by ordinary gap'),
    m.gapCorrelation('gap correlation of pairs'),
    m.sessionCorrelation('session correlation of pairs'),
  ),
];
