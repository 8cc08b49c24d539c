import type { Bollinger } from '../../indicators/bollinger.ts';
import type { Donchian } from '../../indicators/donchian.ts';
import type { Candle } from '../../market/price.ts';
import { ramp, signOf } from '../direction.ts';
import type { Direction } from '../strategy.ts';

/**
 * A close beyond the channel of the bars before it.
 * @param channel  highest high and lowest low of the bars before the last one
 * @returns clearness in [0, 1]: 0.4 when it just closes beyond, 1 when by three ATRs
 */
export function breakout(candles: readonly Candle[], channel: Donchian, atr: number, direction: Direction): number {
  const bar = candles.at(-1);
  if (!bar || atr <= 0) return 0;
  const sign = signOf(direction);
  const beyond = sign * (bar.close - (sign === 1 ? channel.upper : channel.lower));
  return beyond > 0 ? 0.4 + 0.6 * ramp(beyond / atr, 0, 3) : 0;
}

const QUIET_BARS = 20;

/**
 * A release of compression: the twenty bars before were together no wider than a random walk makes them, and the last bar
 * closes outside of the Bollinger bands.
 * @param bands  of the closes, the last one among them
 * @returns clearness in [0, 1], falling with the width of the quiet range: 1 at 2 ATRs, 0 at 5
 */
export function squeezeRelease(candles: readonly Candle[], bands: Bollinger, atr: number, direction: Direction): number {
  const bar = candles.at(-1);
  const quiet = candles.slice(-1 - QUIET_BARS, -1);
  if (!bar || quiet.length < QUIET_BARS || atr <= 0) return 0;
  const sign = signOf(direction);
  const isOutside = sign === 1 ? bar.close > bands.upper : bar.close < bands.lower;
  if (!isOutside) return 0;
  const width = Math.max(...quiet.map(({ high }) => high)) - Math.min(...quiet.map(({ low }) => low));
  return 1 - ramp(width / atr, 2, 5);
}
