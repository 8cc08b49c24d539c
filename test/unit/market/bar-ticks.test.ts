import { describe, expect, it } from 'vitest';
import { ticksOfBar } from '../../../shared/market/bar-ticks.ts';
import type { Bar } from '../../../shared/market/price.ts';

const bar = (open: number, high: number, low: number, close: number, more: Partial<Bar> = {}): Bar => ({
  symbol: 'BTC',
  openMs: 120_000,
  open,
  high,
  low,
  close,
  volume: 8,
  origin: 'received',
  evidence: 'replay',
  ...more,
});

describe('a bar played as ticks', () => {
  it('goes from the open to the nearer extreme, to the other, to the close', () => {
    const prices = (played: Bar): readonly number[] => ticksOfBar(played, 'test').map(({ price }) => price);
    expect(prices(bar(100, 104, 99, 103))).toEqual([100, 99, 104, 103]);
    expect(prices(bar(103, 104, 99, 100))).toEqual([103, 104, 99, 100]);
    expect(prices(bar(100, 101, 99, 100))).toEqual([100, 99, 101, 100]);
  });

  it('is stamped at 0, 20, 40 and 59.999 s of its minute, and evidence and source go with it', () => {
    const ticks = ticksOfBar(bar(100, 101, 99, 100), 'klines');
    expect(ticks.map(({ receivedMs }) => receivedMs - 120_000)).toEqual([0, 20_000, 40_000, 59_999]);
    expect(
      ticks.every(({ exchangeMs, receivedMs, source, evidence }) => exchangeMs === receivedMs && source === 'klines' && evidence === 'replay'),
    ).toBe(true);
  });

  it('opens with a print, which may have gapped, and sweeps from there', () => {
    expect(ticksOfBar(bar(100, 101, 99, 100), 'test').map(({ motion }) => motion)).toEqual(['print', 'sweep', 'sweep', 'sweep']);
  });

  it('says what range is still ahead, which shrinks', () => {
    expect(ticksOfBar(bar(103, 104, 99, 100), 'test').map(({ ahead }) => ahead)).toEqual([
      { low: 99, high: 104 },
      { low: 99, high: 104 },
      { low: 99, high: 100 },
      { low: 100, high: 100 },
    ]);
  });

  it('has none when nothing was traded, or nothing is known', () => {
    expect(ticksOfBar(bar(100, 101, 99, 100, { volume: 0 }), 'test')).toEqual([]);
    expect(ticksOfBar(bar(Number.NaN, Number.NaN, Number.NaN, Number.NaN, { origin: 'missing' }), 'test')).toEqual([]);
  });
});
