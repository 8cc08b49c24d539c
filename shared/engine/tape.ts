import { type EpochMs, HOUR_MS } from '../kernel/time.ts';
import { type Bar, minutesOf } from '../market/price.ts';
import type { Tape } from './view.ts';

/** So many minutes make a tape, the newest ones. */
export const TAPE_BARS = 30;
const LEAST_TAPE_BARS = 10;

/**
 * Close-to-close volatility and mean volume a minute of a symbol's newest minutes (at most half an hour of them, of the last
 * hour), oldest first; null while fewer than ten whole ones are known. Bars that tell several minutes count as what a minute of them
 * is on average: a random walk moves by the square root of time.
 */
export function tapeOf(bars: readonly Bar[], nowMs: EpochMs): Tape {
  const whole = bars.slice(-TAPE_BARS).filter((bar) => bar.origin !== 'missing' && nowMs - bar.openMs <= HOUR_MS);
  if (whole.length < LEAST_TAPE_BARS) return { volatility: null, minuteVolume: null };
  const returns = whole.slice(1).map((bar, index) => Math.log(bar.close / (whole[index] as Bar).close));
  const mean = returns.reduce((total, value) => total + value, 0) / returns.length;
  const variance = returns.reduce((total, value) => total + (value - mean) ** 2, 0) / (returns.length - 1);
  const minutes = whole.reduce((total, bar) => total + minutesOf(bar), 0);
  const volatility = Math.sqrt(variance * (whole.length / minutes));
  return { volatility, minuteVolume: whole.reduce((total, bar) => total + bar.volume, 0) / minutes };
}
