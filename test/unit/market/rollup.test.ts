import { describe, expect, it } from 'vitest';
import { rng } from '../../../shared/kernel/rng.ts';
import { HOUR_MS, iso, MINUTE_MS } from '../../../shared/kernel/time.ts';
import type { Market } from '../../../shared/market/instrument.ts';
import type { Bar } from '../../../shared/market/price.ts';
import { bucketOf, createRollup, type RolledCandle, roundVolume, tradingDayOf } from '../../../shared/market/rollup.ts';
import type { Timeframe } from '../../../shared/market/timeframe.ts';
import { barsOf, missing, walk } from '../../support/series.ts';

const at = (text: string): number => Date.parse(`${text}Z`);

function roll(market: Market, timeframe: Timeframe, bars: readonly Bar[]): readonly RolledCandle[] {
  const candles: RolledCandle[] = [];
  const rollup = createRollup(market, timeframe, (candle) => candles.push(candle));
  for (const bar of bars) rollup.add(bar);
  return candles;
}

const minutes = (fromMs: number, length: number): readonly Bar[] => barsOf(walk('rollup', length, { fromMs }));

describe('the span of a candle', () => {
  it.each([
    ['CRYPTO', '5m', '2026-11-20T10:07', '2026-11-20T10:05', '2026-11-20T10:10'],
    ['CRYPTO', '1h', '2026-11-20T10:59', '2026-11-20T10:00', '2026-11-20T11:00'],
    ['CRYPTO', '1d', '2026-11-20T23:59', '2026-11-20T00:00', '2026-11-21T00:00'],
    // 09:15 in India is 03:45 UTC, 15:30 is 10:00 UTC.
    ['NSE', '1h', '2026-11-20T03:45', '2026-11-20T03:45', '2026-11-20T04:45'],
    ['NSE', '1h', '2026-11-20T04:44', '2026-11-20T03:45', '2026-11-20T04:45'],
    ['NSE', '1h', '2026-11-20T09:59', '2026-11-20T09:45', '2026-11-20T10:00'],
    ['NSE', '15m', '2026-11-20T03:59', '2026-11-20T03:45', '2026-11-20T04:00'],
    ['NSE', '3m', '2026-11-20T03:48', '2026-11-20T03:48', '2026-11-20T03:51'],
    ['NSE', '1d', '2026-11-20T03:45', '2026-11-20T03:45', '2026-11-20T10:00'],
    ['NSE', '1d', '2026-11-20T09:59', '2026-11-20T03:45', '2026-11-20T10:00'],
    // Before the open, and an evening session: apart from the session.
    ['NSE', '1d', '2026-11-20T03:38', '2026-11-19T18:30', '2026-11-20T03:45'],
    ['NSE', '1d', '2026-11-20T12:30', '2026-11-20T10:00', '2026-11-20T18:30'],
  ] as const)('of %s %s at %s is %s to %s', (market, timeframe, instant, start, end) => {
    const { startMs, endMs } = bucketOf(market, timeframe, at(instant));
    expect([iso(startMs), iso(endMs)]).toEqual([iso(at(start)), iso(at(end))]);
  });

  it('begins its trading day at midnight of the market', () => {
    expect(iso(tradingDayOf('CRYPTO', at('2026-11-20T23:59')))).toBe('2026-11-20T00:00:00.000Z');
    expect(iso(tradingDayOf('NSE', at('2026-11-20T03:45')))).toBe('2026-11-19T18:30:00.000Z');
  });
});

describe('a rolled candle', () => {
  it('has the first open, the extremes, the last close and all the volume of its minutes', () => {
    const bars = minutes(at('2026-11-20T10:00'), 5);
    const [candle, ...more] = roll('CRYPTO', '5m', bars);
    expect(more).toEqual([]);
    expect(candle).toEqual({
      openMs: at('2026-11-20T10:00'),
      open: bars[0]?.open,
      high: Math.max(...bars.map(({ high }) => high)),
      low: Math.min(...bars.map(({ low }) => low)),
      close: bars[4]?.close,
      volume: roundVolume(bars.reduce((sum, { volume }) => sum + volume, 0)),
      isComplete: true,
    });
  });

  it('closes with the minute that ends its span, not before', () => {
    const bars = minutes(at('2026-11-20T10:00'), 5);
    expect(roll('CRYPTO', '5m', bars.slice(0, 4))).toEqual([]);
    expect(roll('CRYPTO', '5m', bars)).toHaveLength(1);
  });

  it('closes with the first bar of a later span when its own last minute never came, and says that it is incomplete', () => {
    const bars = minutes(at('2026-11-20T10:00'), 6);
    const candles = roll('CRYPTO', '5m', [...bars.slice(0, 4), bars[5] as Bar]);
    expect(candles).toHaveLength(1);
    expect(candles[0]).toMatchObject({ openMs: at('2026-11-20T10:00'), close: bars[3]?.close, isComplete: false });
  });

  it('is emitted together with the next one when a bar closes both', () => {
    const bars = minutes(at('2026-11-20T10:00'), 10);
    const candles = roll('CRYPTO', '5m', [...bars.slice(0, 3), bars[9] as Bar]);
    expect(candles.map(({ openMs, isComplete }) => [iso(openMs), isComplete])).toEqual([
      ['2026-11-20T10:00:00.000Z', false],
      ['2026-11-20T10:05:00.000Z', false],
    ]);
  });

  it('never reads the prices of a missing minute, and is incomplete by it', () => {
    const bars = minutes(at('2026-11-20T10:00'), 5).map((bar, i) => (i === 1 || i === 4 ? missing(bar) : bar));
    const [candle] = roll('CRYPTO', '5m', bars);
    expect(candle?.isComplete).toBe(false);
    expect(Object.values(candle ?? {}).some(Number.isNaN)).toBe(false);
    expect(candle?.close).toBe(bars[3]?.close);
  });

  it('does not exist for a span of which no minute came', () => {
    const bars = minutes(at('2026-11-20T10:00'), 15).map((bar, i) => (i >= 5 && i < 10 ? missing(bar) : bar));
    expect(roll('CRYPTO', '5m', bars).map(({ openMs }) => iso(openMs).slice(11, 16))).toEqual(['10:00', '10:10']);
  });

  it('of an NSE day is the whole session, closed by the bar of 15:29 IST', () => {
    const bars = minutes(at('2026-11-20T03:45'), 375);
    expect(roll('NSE', '1d', bars.slice(0, 374))).toEqual([]);
    expect(roll('NSE', '1d', bars)).toMatchObject([{ openMs: at('2026-11-20T03:45'), isComplete: true }]);
  });

  it('of the last NSE hour is a complete quarter', () => {
    const candles = roll('NSE', '1h', minutes(at('2026-11-20T03:45'), 375));
    expect(candles).toHaveLength(7);
    expect(candles.every(({ isComplete }) => isComplete)).toBe(true);
    expect((candles[6]?.openMs ?? 0) - (candles[0]?.openMs ?? 0)).toBe(6 * HOUR_MS);
  });

  it('has the volume that the venue itself would state, whatever the order of adding', () => {
    const bars = minutes(0, 3).map((bar, i) => ({ ...bar, openMs: i * MINUTE_MS, volume: 0.1 }));
    expect(roll('CRYPTO', '3m', bars)[0]?.volume).toBe(0.3);
  });
});

describe('a sum of volumes', () => {
  it('is what its text of twelve digits says, bit for bit, at every size and at ties', () => {
    const draw = rng('volumes');
    const others: number[] = [];
    for (let n = 0; n < 20_000; n++) {
      const size = 10 ** Math.floor(24 * draw.next() - 12);
      const [any, tie] = [draw.next() * size, (Math.round(draw.next() * 1e11) + 0.5) * (size / 1e11)];
      others.push(...[any, tie, any + tie].filter((volume) => roundVolume(volume) !== Number(volume.toPrecision(12))));
    }
    expect(others).toEqual([]);
    for (const volume of [0, 1, 0.1 + 0.2, 999_999_999_999.5, 99_999_999_999.95, 999_999_999.999_999_9, 1e11, 1e12, 1e-20])
      expect(roundVolume(volume)).toBe(Number(volume.toPrecision(12)));
  });
});
