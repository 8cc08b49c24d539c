import type { Candle } from '../../market/price.ts';
import { tradingDayOf } from '../../market/rollup.ts';
import { absent, type Reading } from '../confidence.ts';
import { ramp } from '../direction.ts';

/** With fewer days nobody knows what is usual at an hour. */
const LEAST_DAYS = 5;

/**
 * Volume of the last candle over the mean of those at the same time of the earlier days: an NSE day is busy at both ends, so
 * the hours before it are no measure of its last one. Null with fewer than five such days, or when nothing was traded in them.
 */
export function hourVolumeRatio(candles: readonly Candle[]): number | null {
  const last = candles.at(-1);
  if (!last) return null;
  const timeOf = ({ openMs }: Candle): number => openMs - tradingDayOf('NSE', openMs);
  const earlier = candles.filter((candle) => candle !== last && candle.volume > 0 && timeOf(candle) === timeOf(last));
  if (earlier.length < LEAST_DAYS) return null;
  return (last.volume * earlier.length) / earlier.reduce((sum, { volume }) => sum + volume, 0);
}

/** How much more than usual was traded in the last hour, in [0, 1]: nothing at the usual volume, all at `full` times it. */
export function hourVolume(ratio: number | null, full: number): Reading {
  if (ratio === null) return absent('too few days to know the usual volume of this hour');
  return { score: ramp(ratio, 1, full), why: `${ratio.toFixed(1)} times the volume that is usual at this hour` };
}
