import type { Candle } from '../../market/price.ts';
import { farEnd, nearEnd, ramp, signOf } from '../direction.ts';
import type { Direction } from '../strategy.ts';

const RECENT_BARS = 5;
const EARLIER_BARS = 30;

/**
 * A divergence of price and RSI: the price made a new low in the last five bars below that of the thirty before, the RSI a
 * higher one, and the last bar closes beyond the bar before it. Mirrored for a short.
 * @param rsis  RSI after each candle, null while it was not warm
 * @returns clearness in [0, 1], by the points the RSI holds above its earlier low: 2 to 12
 */
export function divergence(candles: readonly Candle[], rsis: readonly (number | null)[], direction: Direction): number {
  const bar = candles.at(-1);
  const before = candles.at(-2);
  if (!bar || !before || candles.length < RECENT_BARS + EARLIER_BARS) return 0;
  const sign = signOf(direction);
  const recent = extremeOf(candles, candles.length - RECENT_BARS, candles.length, sign);
  const earlier = extremeOf(candles, candles.length - RECENT_BARS - EARLIER_BARS, candles.length - RECENT_BARS, sign);
  const rsiRecent = rsis[recent.index];
  const rsiEarlier = rsis[earlier.index];
  if (rsiRecent == null || rsiEarlier == null) return 0;
  const isBeyond = sign * (recent.price - earlier.price) < 0;
  const turns = sign * (bar.close - farEnd(before, sign)) > 0;
  // A divergence from an RSI that was never stretched says nothing.
  const wasStretched = sign * (rsiEarlier - 50) < -10;
  return isBeyond && turns && wasStretched ? ramp(sign * (rsiRecent - rsiEarlier), 2, 12) : 0;
}

function extremeOf(candles: readonly Candle[], from: number, to: number, sign: 1 | -1): { readonly index: number; readonly price: number } {
  let index = from;
  let price = Infinity * sign;
  for (let i = from; i < to; i++) {
    const candle = candles[i];
    if (candle && sign * (nearEnd(candle, sign) - price) < 0) {
      index = i;
      price = nearEnd(candle, sign);
    }
  }
  return { index, price };
}
