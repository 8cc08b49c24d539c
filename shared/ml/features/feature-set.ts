import type { TimeframeView } from '../../indicators/generation.ts';
import { DAY_MS } from '../../kernel/time.ts';
import { bucketOf, type RolledCandle } from '../../market/rollup.ts';
import { TIMEFRAME_MS, type Timeframe } from '../../market/timeframe.ts';
import { signOf } from '../../strategies/direction.ts';
import type { Prospect } from '../../strategies/odds.ts';

/** Rises whenever a feature is added, removed, or means something else: a model is asked only with the features that it was trained on. */
export const FEATURE_VERSION = 'features-1';

/** What the features are read from: the prospect, with what most of them need taken out of it. */
interface Seen extends Prospect {
  readonly sign: 1 | -1;
  readonly candles: readonly RolledCandle[];
  /** Timeframes slower than the base, for the ground that the trade stands on. */
  readonly slow: TimeframeView;
  readonly slowest: TimeframeView;
}

type Feature = (seen: Seen) => number | null;

/** The ground of each base: a quarter of an hour and an hour for minutes, hours and days for quarters. */
const GROUND: Readonly<Record<Timeframe, readonly [Timeframe, Timeframe]>> = {
  '1m': ['15m', '1h'],
  '3m': ['15m', '1h'],
  '5m': ['15m', '1h'],
  '15m': ['1h', '1d'],
  '1h': ['1d', '1d'],
  '1d': ['1d', '1d'],
};

/** A figure over another, null where the figure is missing or the other says nothing. */
const over = (value: number | null | undefined, scale: number | null): number | null =>
  value === null || value === undefined || scale === null || !(scale > 0) ? null : value / scale;

const logOver = (value: number | null | undefined, scale: number | null): number | null => {
  const ratio = over(value, scale);
  return ratio !== null && ratio > 0 ? Math.log(ratio) : null;
};

const times = (sign: number, value: number | null): number | null => (value === null ? null : sign * value);

/** Return of the last `bars` bars towards the trade, in deviations of a random walk of as many steps. */
const momentumOf =
  (bars: number): Feature =>
  ({ candles, sign, base }) => {
    const last = candles.at(-1);
    const before = candles.at(-1 - bars);
    if (last === undefined || before === undefined) return null;
    return over(sign * Math.log(last.close / before.close), base.volatility * Math.sqrt(bars));
  };

/** Fast less slow average of a slower timeframe, in its ATRs. */
const trendOf = ({ indicators: { emaFast, emaSlow, atr } }: TimeframeView, sign: number): number | null =>
  emaFast === null || emaSlow === null ? null : over(sign * (emaFast - emaSlow), atr);

const score =
  (name: string): Feature =>
  ({ readings }) =>
    readings[name]?.score ?? null;

/** Deviation of the returns of the candles that are kept, a share of price a bar. */
function longVolatility(candles: readonly RolledCandle[]): number | null {
  if (candles.length < 32) return null;
  let sum = 0;
  for (let index = 1; index < candles.length; index++) {
    sum += Math.log((candles[index] as RolledCandle).close / (candles[index - 1] as RolledCandle).close) ** 2;
  }
  return Math.sqrt(sum / (candles.length - 1));
}

/** How much of the trading day has passed, in [0, 1]: midnight to midnight UTC for crypto, the session for NSE. */
function dayShare({ market, nowMs }: Seen): number {
  const { startMs, endMs } = bucketOf(market, '1d', nowMs - 1);
  return (nowMs - startMs) / (endMs - startMs);
}

/**
 * The features, in order. None has a unit: distances are in ATRs or deviations, volumes in usual volumes, and all that has a direction
 * is turned towards the trade, so that a long and its mirror image look the same. Null where something is not known: never a stand-in.
 */
const FEATURES = {
  return1: momentumOf(1),
  return5: momentumOf(5),
  return15: momentumOf(15),
  return30: momentumOf(30),
  return60: momentumOf(60),
  bodyAtr: ({ sign, base: { bar, atr } }) => over(sign * (bar.close - bar.open), atr),
  rangeAtr: ({ base: { bar, atr } }) => logOver(bar.high - bar.low, atr),
  closeInRange: ({ sign, base: { bar } }) => over(sign * (2 * bar.close - bar.high - bar.low), bar.high - bar.low),
  averagesAtr: ({ sign, base }) => trendOf(base.view, sign),
  trendAtr: ({ sign, base: { view, bar, atr } }) =>
    view.indicators.emaTrend === null ? null : over(sign * (bar.close - view.indicators.emaTrend), atr),
  rsi: ({ sign, base: { view } }) => (view.indicators.rsi === null ? null : (sign * (view.indicators.rsi - 50)) / 50),
  macdAtr: ({ sign, base: { view, atr } }) => times(sign, over(view.indicators.macd?.histogram, atr)),
  adx: ({ base: { view } }) => over(view.indicators.adx?.adx, 50),
  directional: ({ sign, base: { view } }) => {
    const { adx } = view.indicators;
    return adx === null ? null : (sign * (adx.plus - adx.minus)) / 50;
  },
  vwapAtr: ({ sign, base: { view, bar, atr } }) => (view.indicators.vwap === null ? null : over(sign * (bar.close - view.indicators.vwap), atr)),
  channel: ({ sign, base: { view, bar } }) => {
    const { donchian } = view.indicators;
    return donchian === null ? null : over(sign * (2 * bar.close - donchian.upper - donchian.lower), donchian.upper - donchian.lower);
  },
  bandWidthAtr: ({ base: { view, atr } }) => {
    const { bollinger } = view.indicators;
    return bollinger === null ? null : logOver(bollinger.upper - bollinger.lower, atr);
  },
  volumeRatio: ({ base: { view } }) => logOver(view.indicators.volumeRatio, 1),
  volatilityRatio: ({ base, candles }) => logOver(base.volatility, longVolatility(candles)),
  atrShare: ({ base: { atr, price } }) => logOver(atr, price),
  stopDeviations: ({ base: { price, volatility, view }, stop, maxHoldingMs }) =>
    logOver(Math.abs(price - stop) / price, volatility * Math.sqrt(maxHoldingMs / TIMEFRAME_MS[view.timeframe])),
  rewardRisk: ({ base: { price }, stop, target }) => logOver(Math.abs(target - price), Math.abs(price - stop)),
  slowTrend: ({ slow, sign }) => trendOf(slow, sign),
  slowRsi: ({ slow, sign }) => (slow.indicators.rsi === null ? null : (sign * (slow.indicators.rsi - 50)) / 50),
  slowAdx: ({ slow }) => over(slow.indicators.adx?.adx, 50),
  slowVolume: ({ slow }) => logOver(slow.indicators.volumeRatio, 1),
  slowestTrend: ({ slowest, sign }) => trendOf(slowest, sign),
  slowestRsi: ({ slowest, sign }) => (slowest.indicators.rsi === null ? null : (sign * (slowest.indicators.rsi - 50)) / 50),
  technical: score('technical'),
  pattern: score('pattern'),
  volume: score('volume'),
  momentum: score('momentum'),
  trend: score('trend'),
  spreadAtr: ({ spreadShare, base: { atr, price } }) => over(spreadShare, atr / price),
  daySine: (seen) => Math.sin(2 * Math.PI * dayShare(seen)),
  dayCosine: (seen) => Math.cos(2 * Math.PI * dayShare(seen)),
  isWeekend: ({ nowMs }) => ([0, 6].includes((Math.floor((nowMs - 1) / DAY_MS) + 4) % 7) ? 1 : 0),
  isLong: ({ sign }) => (sign === 1 ? 1 : 0),
  isNse: ({ market }) => (market === 'NSE' ? 1 : 0),
} satisfies Record<string, Feature>;

export const FEATURE_NAMES: readonly string[] = Object.keys(FEATURES);
const ALL: readonly Feature[] = Object.values(FEATURES);

/** The features of a prospect in the order of `FEATURE_NAMES`; NaN where missing. */
export function featuresOf(prospect: Prospect): Float64Array {
  const { chart, base, direction } = prospect;
  const [slow, slowest] = GROUND[base.view.timeframe];
  const seen: Seen = {
    ...prospect,
    sign: signOf(direction),
    candles: base.view.candles,
    slow: chart.timeframe(slow),
    slowest: chart.timeframe(slowest),
  };
  return Float64Array.from(ALL, (feature) => {
    const value = feature(seen);
    return value !== null && Number.isFinite(value) ? value : Number.NaN;
  });
}
