import type { EpochMs } from '../../kernel/time.ts';
import type { Bar, Candle } from '../../market/price.ts';

/** A candle of a symbol as a bar, and nothing else that the candle may carry. */
export const barOf = (
  { openMs, open, high, low, close, volume }: Candle,
  { symbol, origin, evidence }: Pick<Bar, 'symbol' | 'origin' | 'evidence'>,
): Bar => ({ openMs, open, high, low, close, volume, symbol, origin, evidence });

/** The bar of a minute of which nothing is known but the last close before it; 0 where there is none. */
export const missingBar = (openMs: EpochMs, price: number, { symbol, evidence }: Pick<Bar, 'symbol' | 'evidence'>): Bar =>
  barOf({ openMs, open: price, high: price, low: price, close: price, volume: 0 }, { symbol, origin: 'missing', evidence });

export const isSameCandle = (a: Candle, b: Candle): boolean =>
  a.open === b.open && a.high === b.high && a.low === b.low && a.close === b.close && a.volume === b.volume;
