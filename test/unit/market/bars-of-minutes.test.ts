import { describe, expect, it } from 'vitest';
import { instrumentBySymbol } from '../../../shared/config/instruments.ts';
import { tapeOf } from '../../../shared/engine/tape.ts';
import { createChart } from '../../../shared/indicators/chart.ts';
import { MINUTE_MS } from '../../../shared/kernel/time.ts';
import { ticksOfBar } from '../../../shared/market/bar-ticks.ts';
import type { Bar } from '../../../shared/market/price.ts';
import { barColumns, barColumnsSchema, barsOf } from '../../../shared/store/bar-pack.ts';
import { knownTimeframes } from '../../../shared/strategies/base-bar.ts';

const OPEN_MS = Date.parse('2024-04-01T03:45:00Z');

/** The nth bar of five minutes of a session, under the start of its last minute. */
const five = (nth: number, close = 100 + nth): Bar => ({
  symbol: 'ITC',
  openMs: OPEN_MS + (5 * nth + 4) * MINUTE_MS,
  open: close - 1,
  high: close + 0.5,
  low: close - 1.25,
  close,
  volume: 500,
  origin: 'received',
  evidence: 'replay',
  spanMinutes: 5,
});

describe('a bar of five minutes', () => {
  it('is played as four ticks over its five minutes, the last a thousandth before its end', () => {
    const ticks = ticksOfBar(five(0), 'test');
    expect(ticks.map(({ exchangeMs }) => exchangeMs - OPEN_MS)).toEqual([0, 100_000, 200_000, 299_999]);
    expect(ticks.map(({ price }) => price)).toEqual([99, 98.75, 100.5, 100]);
  });

  it('makes whole candles of five minutes and longer, and none that are shorter', () => {
    const chart = createChart(instrumentBySymbol('ITC', OPEN_MS));
    for (const nth of [0, 1, 2]) chart.add(five(nth));
    expect((['1m', '3m', '5m', '15m'] as const).map((timeframe) => chart.timeframe(timeframe).count)).toEqual([0, 0, 3, 1]);
    expect(chart.timeframe('15m').last).toEqual({ openMs: OPEN_MS, open: 99, high: 102.5, low: 98.75, close: 102, volume: 1_500, isComplete: true });
    expect(chart.upToMs).toBe(OPEN_MS + 15 * MINUTE_MS);
    expect(knownTimeframes(chart, ['1m', '3m', '5m', '1h'])).toEqual(['5m', '1h']);
  });

  it('moves a minute by what a minute of it moves on average, and trades a fifth of its volume', () => {
    const bars = Array.from({ length: 12 }, (_, nth) => five(nth, nth % 2 === 0 ? 100 : 101));
    const minutes = bars.map(({ spanMinutes: _, ...bar }, nth) => ({ ...bar, openMs: OPEN_MS + nth * MINUTE_MS }));
    const [ofFives, ofMinutes] = [tapeOf(bars, OPEN_MS + 60 * MINUTE_MS), tapeOf(minutes, OPEN_MS + 12 * MINUTE_MS)];
    expect(ofFives.volatility).toBeCloseTo((ofMinutes.volatility ?? 0) / Math.sqrt(5), 12);
    expect(ofFives.minuteVolume).toBe(100);
  });

  it('comes back from a pack as it was, beside bars of a minute', () => {
    const { spanMinutes: _, ...minute } = five(3);
    const packed = barColumnsSchema.parse(JSON.parse(JSON.stringify(barColumns([five(0), minute]))));
    expect(barsOf(packed)).toEqual([five(0), minute]);
    expect(Object.keys(barColumns([minute]))).not.toContain('spanMinutes');
  });
});
