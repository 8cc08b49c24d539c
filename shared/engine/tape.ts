import { type EpochMs, HOUR_MS } from '../kernel/time.ts';
import type { Bar } from '../market/price.ts';
import type { Tape } from './view.ts';

/** So many minutes make a tape, the newest ones. */
export const TAPE_BARS = 30;
const LEAST_TAPE_BARS = 10;

/**
 * Close-to-close volatility and mean volume a minute of a symbol's newest minutes (at most half an hour of them, of the last
 * hour), oldest first; null while fewer than ten whole ones are known.
 */
export function tapeOf(bars: readonly Bar[], nowMs: EpochMs): Tape {
  const whole = bars.slice(-TAPE_BARS).filter((bar) => bar.origin !== 'missing' && nowMs - bar.openMs <= HOUR_MS);
  if (whole.length < LEAST_TAPE_BARS) return { volatility: null, minuteVolume: null };
  const returns = whole.slice(1).map((bar, index) => Math.log(bar.close / (whole[index] as Bar).close));
  const mean = returns.reduce((total, value) => total + value, 0) / returns.length;
  const variance = returns.reduce((total, value) => total + (value - mean) ** 2, 0) / (returns.length - 1);
  return { volatility: Math.sqrt(variance), minuteVolume: whole.reduce((total, bar) => total + bar.volume, 0) / whole.length };
}
