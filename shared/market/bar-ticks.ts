import { SECOND_MS } from '../kernel/time.ts';
import type { Bar, Tick } from './price.ts';

/** When within its minute the ticks of a bar come, ms. */
export const TICK_OFFSETS_MS = [0, 20 * SECOND_MS, 40 * SECOND_MS, 59_999] as const;

/**
 * A one-minute bar played as ticks: open, the nearer extreme, the other extreme, close, at 0, 20, 40 and 59.999 s.
 * The open is a print (the market may have gapped to it), the rest are sweeps, and each says what range is still ahead,
 * so that the matcher can assume the worse order. A bar without volume has no ticks: nothing was traded.
 */
export function ticksOfBar(bar: Bar, source: string): readonly Tick[] {
  if (bar.volume <= 0 || bar.origin === 'missing') return [];
  const isLowNearer = bar.open - bar.low <= bar.high - bar.open;
  const prices = [bar.open, isLowNearer ? bar.low : bar.high, isLowNearer ? bar.high : bar.low, bar.close] as const;
  return prices.map((price, index): Tick => {
    const atMs = bar.openMs + (TICK_OFFSETS_MS[index] ?? 0);
    const rest = prices.slice(index);
    return {
      symbol: bar.symbol,
      price,
      quantity: bar.volume / prices.length,
      motion: index === 0 ? 'print' : 'sweep',
      ahead: { low: Math.min(...rest), high: Math.max(...rest) },
      exchangeMs: atMs,
      receivedMs: atMs,
      source,
      evidence: bar.evidence,
    };
  });
}
