import { type Candle, isPrice } from '../../market/price.ts';

export type CandleFault = 'bad_stamp' | 'bad_price' | 'bad_quantity' | 'bad_range';

/**
 * What is wrong with a bar of `spanMs`, or null: prices must be positive and finite, high and low must enclose
 * open and close, the volume must not be negative, and the bar must begin on the grid of its span.
 */
export function candleFault(candle: Candle, spanMs: number): CandleFault | null {
  const { openMs, open, high, low, close, volume } = candle;
  if (!Number.isSafeInteger(openMs) || openMs <= 0 || openMs % spanMs !== 0) return 'bad_stamp';
  if (!isPrice(open) || !isPrice(high) || !isPrice(low) || !isPrice(close)) return 'bad_price';
  if (!Number.isFinite(volume) || volume < 0) return 'bad_quantity';
  if (high < Math.max(open, close) || low > Math.min(open, close)) return 'bad_range';
  return null;
}
