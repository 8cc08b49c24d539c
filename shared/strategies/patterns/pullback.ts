import type { Candle } from '../../market/price.ts';
import { farEnd, nearEnd, ramp, signOf } from '../direction.ts';
import type { Direction } from '../strategy.ts';

const DIP_BARS = 8;

/** Averages of the closes, the slow one the farther back. */
export interface Averages {
  readonly fast: number;
  readonly slow: number;
}

/**
 * A pullback that ends: within the last eight bars the price dipped to the slow average, and now a bar in the direction
 * closes beyond the fast average and the bar before it, which had closed short of it.
 * @returns clearness in [0, 1]: 0.5 for a bare touch and turn, up to 1 by the depth of the dip below the fast average (1 to 3 ATRs)
 */
export function pullback(candles: readonly Candle[], averages: Averages, atr: number, direction: Direction): number {
  const bar = candles.at(-1);
  const before = candles.at(-2);
  if (!bar || !before || atr <= 0) return 0;
  const sign = signOf(direction);
  const turns = sign * (bar.close - bar.open) > 0 && sign * (bar.close - averages.fast) > 0 && sign * (bar.close - farEnd(before, sign)) > 0;
  if (!turns || sign * (before.close - averages.fast) > 0) return 0;
  const dips = candles.slice(-DIP_BARS).map((candle) => sign * (averages.slow - nearEnd(candle, sign)));
  if (Math.max(...dips) < 0) return 0;
  const depth = Math.max(...candles.slice(-DIP_BARS).map((candle) => sign * (averages.fast - nearEnd(candle, sign))));
  return 0.5 + 0.5 * ramp(depth / atr, 1, 3);
}
