import type { Candle } from '../../market/price.ts';
import { farEnd, nearEnd, ramp, signOf } from '../direction.ts';
import type { Direction } from '../strategy.ts';

/**
 * One bar that runs: a body of 1 to 5 ATRs in the direction (the more the clearer) that gives back little of its range (a
 * marubozu, loosely).
 * @returns clearness in [0, 1]
 */
export function thrust(candles: readonly Candle[], atr: number, direction: Direction): number {
  const bar = candles.at(-1);
  if (!bar || atr <= 0 || bar.high <= bar.low) return 0;
  const sign = signOf(direction);
  const body = (sign * (bar.close - bar.open)) / atr;
  const giveBack = (sign * (farEnd(bar, sign) - bar.close)) / (bar.high - bar.low);
  return ramp(body, 1, 5) * (1 - ramp(giveBack, 0.1, 0.5));
}

/**
 * A body in the direction that covers the whole body of the bar before it, which ran the other way.
 * @returns clearness in [0, 1]: 0.6 when it just covers, 1 when it is three times as large
 * @see Nison: "Japanese Candlestick Charting Techniques" (1991)
 */
export function engulfing(candles: readonly Candle[], direction: Direction): number {
  const bar = candles.at(-1);
  const before = candles.at(-2);
  if (!bar || !before) return 0;
  const sign = signOf(direction);
  const body = sign * (bar.close - bar.open);
  const against = sign * (before.open - before.close);
  if (body <= 0 || against <= 0) return 0;
  const covers = sign * (before.close - bar.open) >= 0 && sign * (bar.close - before.open) >= 0;
  return covers ? 0.6 + 0.4 * ramp(body / against, 1, 3) : 0;
}

/**
 * A hammer (long) or shooting star (short): a wick against the direction that takes at least half of the range, a close
 * in the third at the other end.
 * @returns clearness in [0, 1]: 0.5 with a wick of half of the range, 1 with three quarters
 */
export function pinBar(candles: readonly Candle[], direction: Direction): number {
  const bar = candles.at(-1);
  if (!bar || bar.high <= bar.low) return 0;
  const sign = signOf(direction);
  const range = bar.high - bar.low;
  const bodyNear = sign === 1 ? Math.min(bar.open, bar.close) : Math.max(bar.open, bar.close);
  const wick = (sign * (bodyNear - nearEnd(bar, sign))) / range;
  const giveBack = (sign * (farEnd(bar, sign) - bar.close)) / range;
  return wick >= 0.5 && giveBack <= 1 / 3 ? 0.5 + 0.5 * ramp(wick, 0.5, 0.75) : 0;
}

/**
 * Three bars in the direction, each closing beyond the one before (three white soldiers, three black crows).
 * @returns clearness in [0, 1], by the ATRs covered from the first open to the last close: 1 to 5
 */
export function threeInARow(candles: readonly Candle[], atr: number, direction: Direction): number {
  const [a, b, c] = candles.slice(-3);
  if (!a || !b || !c || atr <= 0) return 0;
  const sign = signOf(direction);
  const runs = [a, b, c].every((bar) => sign * (bar.close - bar.open) > 0);
  const climbs = sign * (b.close - a.close) > 0 && sign * (c.close - b.close) > 0;
  return runs && climbs ? ramp((sign * (c.close - a.open)) / atr, 1, 5) : 0;
}
