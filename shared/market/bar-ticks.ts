import { type EpochMs, SECOND_MS } from '../kernel/time.ts';
import { type Bar, minutesOf, startOfBar, type Tick } from './price.ts';

/** When within its minute the ticks of a bar come, ms. */
export const TICK_OFFSETS_MS = [0, 20 * SECOND_MS, 40 * SECOND_MS, 59_999] as const;

/**
 * When one of the ticks of a bar comes: of one that tells several minutes at the beginning, after a third, after two thirds, and a
 * thousandth of a second before its end. Whatever the span, those are offsets of a minute.
 */
export function tickMsOf(bar: Pick<Bar, 'openMs' | 'spanMinutes'>, index: number): EpochMs {
  const startMs = startOfBar(bar);
  const minutes = minutesOf(bar);
  return index === TICK_OFFSETS_MS.length - 1 ? bar.openMs + 59_999 : startMs + minutes * (TICK_OFFSETS_MS[index] ?? 0);
}

/**
 * A bar played as ticks: open, the nearer extreme, the other extreme, close, of a minute at 0, 20, 40 and 59.999 s (`tickMsOf`).
 * The open is a print (the market may have gapped to it), the rest are sweeps, and each says what range is still ahead,
 * so that the matcher can assume the worse order. A bar without volume has no ticks: nothing was traded.
 */
export function ticksOfBar(bar: Bar, source: string): readonly Tick[] {
  return isTraded(bar) ? TICK_OFFSETS_MS.map((_, index) => tickOfBar(bar, source, index)) : [];
}

/** Whether anything was traded in a bar. */
export const isTraded = ({ volume, origin }: Bar): boolean => volume > 0 && origin !== 'missing';

/** One of the ticks that a traded bar is played as, by its place among them. */
export function tickOfBar(bar: Bar, source: string, index: number): Tick {
  const { symbol, open, high, low, close, volume, evidence } = bar;
  const isLowNearer = open - low <= high - open;
  const prices = [open, isLowNearer ? low : high, isLowNearer ? high : low, close] as const;
  let [lowest, highest] = [close, close];
  for (let rest = index; rest < prices.length; rest++) {
    const price = prices[rest] ?? close;
    if (price < lowest) lowest = price;
    if (price > highest) highest = price;
  }
  const atMs = tickMsOf(bar, index);
  return {
    symbol,
    price: prices[index] ?? close,
    quantity: volume / prices.length,
    motion: index === 0 ? 'print' : 'sweep',
    ahead: { low: lowest, high: highest },
    exchangeMs: atMs,
    receivedMs: atMs,
    source,
    evidence,
  };
}
