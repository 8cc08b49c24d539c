import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DAY_MS, MINUTE_MS } from '../../shared/kernel/time.ts';
import { bucketOf, createRollup, type RolledCandle, roundVolume } from '../../shared/market/rollup.ts';
import { TIMEFRAMES } from '../../shared/market/timeframe.ts';
import { barsOf, missing, walk } from '../support/series.ts';

const market = fc.constantFrom('NSE' as const, 'CRYPTO' as const);
const timeframe = fc.constantFrom(...TIMEFRAMES);
const minute = fc.integer({ min: 0, max: (40_000 * DAY_MS) / MINUTE_MS }).map((n) => n * MINUTE_MS);

describe('candle spans', () => {
  it('contain their instant and join without a hole or an overlap', () => {
    fc.assert(
      fc.property(market, timeframe, minute, (of, frame, atMs) => {
        const { startMs, endMs } = bucketOf(of, frame, atMs);
        expect(startMs).toBeLessThanOrEqual(atMs);
        expect(endMs).toBeGreaterThan(atMs);
        expect(bucketOf(of, frame, startMs)).toEqual({ startMs, endMs });
        expect(bucketOf(of, frame, endMs - MINUTE_MS)).toEqual({ startMs, endMs });
        expect(bucketOf(of, frame, endMs).startMs).toBe(endMs);
      }),
    );
  });
});

describe('rolling up', () => {
  it('loses no price and no volume of the minutes that came, and marks every candle that misses one', () => {
    const holes = fc.array(fc.constantFrom('here', 'here', 'here', 'missing', 'absent'), { minLength: 30, maxLength: 400 });
    fc.assert(
      fc.property(market, timeframe, minute, fc.integer(), holes, (of, frame, fromMs, seed, fates) => {
        const bars = barsOf(walk(seed, fates.length, { fromMs })).flatMap((bar, i) =>
          fates[i] === 'absent' ? [] : [fates[i] === 'missing' ? missing(bar) : bar],
        );
        const candles: RolledCandle[] = [];
        const rollup = createRollup(of, frame, (candle) => candles.push(candle));
        for (const bar of bars) rollup.add(bar);
        const lastMs = bars.at(-1)?.openMs ?? 0;
        const received = bars.filter(({ origin }) => origin === 'received');
        for (const candle of candles) {
          const span = bucketOf(of, frame, candle.openMs);
          const within = received.filter(({ openMs }) => openMs >= span.startMs && openMs < span.endMs);
          expect(candle.high).toBe(Math.max(...within.map(({ high }) => high)));
          expect(candle.low).toBe(Math.min(...within.map(({ low }) => low)));
          expect(candle.open).toBe(within[0]?.open);
          expect(candle.close).toBe(within.at(-1)?.close);
          expect(candle.volume).toBeCloseTo(
            within.reduce((sum, { volume }) => sum + volume, 0),
            6,
          );
          expect(candle.isComplete).toBe(within.length * MINUTE_MS === span.endMs - span.startMs);
        }
        const spans = new Set(
          received
            .map(({ openMs }) => bucketOf(of, frame, openMs))
            .filter(({ endMs }) => endMs <= lastMs + MINUTE_MS)
            .map(({ startMs }) => startMs),
        );
        expect(candles.map(({ openMs }) => openMs)).toEqual([...spans]);
      }),
      { numRuns: 60 },
    );
  });
});

describe('a volume of 12 digits', () => {
  const sums = fc.array(fc.tuple(fc.nat(1e9), fc.integer({ min: 0, max: 8 })), { minLength: 1, maxLength: 6 });
  const added = sums.map((parts) => parts.reduce((sum, [units, places]) => sum + units / 10 ** places, 0));
  const anywhere = fc
    .tuple(fc.double({ min: 1, max: 10, noNaN: true }), fc.integer({ min: -15, max: 25 }))
    .map(([digits, power]) => digits * 10 ** power);
  const ties = fc
    .tuple(fc.integer({ min: 1e11, max: 1e12 - 1 }), fc.integer({ min: 0, max: 13 }))
    .map(([units, places]) => (units + 0.5) / 10 ** places);

  it('is the float of its decimal: of sums, at any size, at ties and at nothing', () => {
    fc.assert(
      fc.property(fc.oneof(added, anywhere, ties, fc.constant(0)), (volume) => {
        expect(roundVolume(volume)).toBe(Number(volume.toPrecision(12)));
      }),
      { numRuns: 2_000 },
    );
  });
});
