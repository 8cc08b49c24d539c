import type { Market } from './instrument.ts';
import { bucketOf, type RolledCandle, roundVolume } from './rollup.ts';
import type { Timeframe } from './timeframe.ts';

/**
 * Candles of a longer timeframe from 15-minute ones, in order: the same, bit for bit, as rolling the minutes themselves.
 * A span counts as complete when the candles that it has are and reach from its start to its end. A candle of a whole day is the
 * day's as it is, and part of nothing shorter.
 */
export function rollCandles(market: Market, timeframe: Timeframe, told: readonly RolledCandle[]): readonly RolledCandle[] {
  const candles = timeframe === '1d' || !told.some(isWholeDay) ? told : told.filter((candle) => !isWholeDay(candle));
  if (timeframe === '15m') return candles;
  const rolled: RolledCandle[] = [];
  let group: RolledCandle[] = [];
  let startMs = Number.NEGATIVE_INFINITY;
  for (const candle of candles) {
    const bucket = bucketOf(market, timeframe, candle.openMs);
    if (bucket.startMs !== startMs) {
      if (group.length > 0) rolled.push(merged(market, timeframe, group));
      group = [];
      startMs = bucket.startMs;
    }
    group.push(candle);
  }
  if (group.length > 0) rolled.push(merged(market, timeframe, group));
  return rolled;
}

const isWholeDay = ({ isDay }: RolledCandle): boolean => isDay === true;

function merged(market: Market, timeframe: Timeframe, group: readonly RolledCandle[]): RolledCandle {
  const [first, last] = [group[0] as RolledCandle, group.at(-1) as RolledCandle];
  const { startMs, endMs } = bucketOf(market, timeframe, first.openMs);
  const day = group.find(isWholeDay);
  if (day !== undefined) return { ...day, openMs: startMs };
  const spans = group.map((candle) => bucketOf(market, '15m', candle.openMs));
  const covered = spans.reduce((total, span) => total + span.endMs - span.startMs, 0);
  return {
    openMs: startMs,
    open: first.open,
    high: Math.max(...group.map((candle) => candle.high)),
    low: Math.min(...group.map((candle) => candle.low)),
    close: last.close,
    volume: roundVolume(group.reduce((total, candle) => total + candle.volume, 0)),
    isComplete: covered === endMs - startMs && group.every((candle) => candle.isComplete),
  };
}
