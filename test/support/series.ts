import { rng } from '../../shared/kernel/rng.ts';
import { MINUTE_MS } from '../../shared/kernel/time.ts';
import type { Bar, Candle } from '../../shared/market/price.ts';

/** A candle from its four prices; volume 100 unless told. */
export const candle = (open: number, high: number, low: number, close: number, volume = 100, openMs = 0): Candle => ({
  openMs,
  open,
  high,
  low,
  close,
  volume,
});

/** A seeded random walk of minute candles with a fat step now and then; the price begins near `price`. */
export function walk(seed: string | number, length: number, { fromMs = 0, price = 100, step = 0.001 } = {}): readonly Candle[] {
  const random = rng('walk', seed);
  let last = price;
  return Array.from({ length }, (_, i) => {
    const burst = random.next() < 0.01 ? 6 : 1;
    const open = last * (1 + 0.1 * step * random.normal());
    const close = open * (1 + burst * step * random.normal());
    last = close;
    const high = Math.max(open, close) * (1 + 0.4 * step * random.next());
    const low = Math.min(open, close) * (1 - 0.4 * step * random.next());
    const volume = Math.round(1000 * burst * (0.5 + random.next())) / 100;
    return { openMs: fromMs + i * MINUTE_MS, open, high, low, close, volume };
  });
}

/** One-minute bars of a symbol from candles. */
export const barsOf = (candles: readonly Candle[], symbol = 'BTC'): readonly Bar[] =>
  candles.map((each) => ({ ...each, symbol, origin: 'received', evidence: 'simulated' }));

/** The same bar, known to be missing: its prices must not be read. */
export const missing = (bar: Bar): Bar => ({
  ...bar,
  open: Number.NaN,
  high: Number.NaN,
  low: Number.NaN,
  close: Number.NaN,
  volume: Number.NaN,
  origin: 'missing',
});
