import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rng } from '../../../shared/kernel/rng.ts';
import { HOUR_MS, MINUTE_MS } from '../../../shared/kernel/time.ts';
import type { Market } from '../../../shared/market/instrument.ts';
import type { Bar } from '../../../shared/market/price.ts';
import { rollCandles } from '../../../shared/market/roll-candles.ts';
import { createRollup, type RolledCandle } from '../../../shared/market/rollup.ts';
import type { Timeframe } from '../../../shared/market/timeframe.ts';
import { barsOf, missing, walk } from '../../support/series.ts';

function rolled(market: Market, timeframe: Timeframe, bars: readonly Bar[]): readonly RolledCandle[] {
  const candles: RolledCandle[] = [];
  const rollup = createRollup(market, timeframe, (candle) => candles.push(candle));
  for (const bar of bars) rollup.add(bar);
  return candles;
}

/** Two days of minutes: of crypto round the clock, of NSE in its hours; some minutes missing, some not even told of. */
function minutesOf(market: Market, seed: number, holes: number): readonly Bar[] {
  const random = rng('holes', seed);
  const fromMs = Date.UTC(2025, 0, 6);
  const isOpen = (ms: number): boolean => {
    const sinceMidnightIst = (ms + 5.5 * HOUR_MS) % (24 * HOUR_MS);
    return market === 'CRYPTO' || (sinceMidnightIst >= 9.25 * HOUR_MS && sinceMidnightIst < 15.5 * HOUR_MS);
  };
  return barsOf(walk(seed, 2 * 24 * 60, { fromMs })).flatMap((bar) => {
    if (!isOpen(bar.openMs)) return [];
    const draw = random.next();
    if (draw < holes / 2) return [];
    return [draw < holes ? missing(bar) : bar];
  });
}

describe('candles rolled from 15-minute ones', () => {
  it.each([
    ['CRYPTO', '1h'],
    ['CRYPTO', '1d'],
    ['NSE', '1h'],
    ['NSE', '1d'],
  ] as const)('are the ones rolled from the minutes, bit for bit: %s %s', (market, timeframe) => {
    fc.assert(
      fc.property(fc.integer(), fc.constantFrom(0, 0.002), (seed, holes) => {
        const bars = minutesOf(market, seed, holes);
        const fromMinutes = rolled(market, timeframe, [...bars, ...closing(bars)]);
        const fromQuarters = rollCandles(market, timeframe, rolled(market, '15m', [...bars, ...closing(bars)]));
        expect(fromQuarters).toEqual(fromMinutes);
        expect(fromMinutes.length).toBeGreaterThan(1);
      }),
      { numRuns: 12 },
    );
  });

  it('are complete only when each part is there and whole', () => {
    const bars = barsOf(walk('whole', 60));
    const quarters = rolled('CRYPTO', '15m', bars);
    expect(rollCandles('CRYPTO', '1h', quarters).map(({ isComplete }) => isComplete)).toEqual([true]);
    expect(rollCandles('CRYPTO', '1h', quarters.slice(0, 3)).map(({ isComplete }) => isComplete)).toEqual([false]);
    const broken = quarters.map((candle, index) => (index === 2 ? { ...candle, isComplete: false } : candle));
    expect(rollCandles('CRYPTO', '1h', broken).map(({ isComplete }) => isComplete)).toEqual([false]);
  });

  it('are the same candles when 15 minutes are asked for', () => {
    const quarters = rolled('CRYPTO', '15m', barsOf(walk('same', 30)));
    expect(rollCandles('CRYPTO', '15m', quarters)).toBe(quarters);
  });
});

/** A minute of the next day, told of as missing: it ends every span. */
const closing = (bars: readonly Bar[]): readonly Bar[] => bars.slice(-1).map((bar) => missing({ ...bar, openMs: bar.openMs + 24 * 60 * MINUTE_MS }));
