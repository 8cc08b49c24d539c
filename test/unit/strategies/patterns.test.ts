import { describe, expect, it } from 'vitest';
import type { Candle } from '../../../shared/market/price.ts';
import { breakout, squeezeRelease } from '../../../shared/strategies/patterns/breakout.ts';
import { engulfing, pinBar, threeInARow, thrust } from '../../../shared/strategies/patterns/candlesticks.ts';
import { divergence } from '../../../shared/strategies/patterns/divergence.ts';
import { patternReading, strongest } from '../../../shared/strategies/patterns/pattern.ts';
import { pullback } from '../../../shared/strategies/patterns/pullback.ts';
import { candle } from '../../support/series.ts';

type Prices = readonly [open: number, high: number, low: number, close: number];

/** A candle turned upside down around 100: what is a long pattern in one is a short pattern in the other. */
const mirrored = ({ open, high, low, close, volume, openMs }: Candle): Candle =>
  candle(200 - open, 200 - low, 200 - high, 200 - close, volume, openMs);

const bars = (...prices: readonly Prices[]): readonly Candle[] => prices.map(([open, high, low, close]) => candle(open, high, low, close));

/** Checks a score for a long, the same for the mirrored short, and nothing for the other side. */
function expectScore(pattern: (candles: readonly Candle[], direction: 'long' | 'short') => number, candles: readonly Candle[], score: number): void {
  expect(pattern(candles, 'long')).toBeCloseTo(score, 9);
  expect(pattern(candles.map(mirrored), 'short')).toBeCloseTo(score, 9);
  expect(pattern(candles, 'short')).toBe(0);
}

describe('a thrust', () => {
  it.each<[string, Prices, number, number]>([
    ['a body of five ATRs that closes at its high', [100, 105, 100, 105], 1, 1],
    ['a body of three ATRs that closes at its high', [100, 103, 100, 103], 1, 0.5],
    ['a body of one ATR', [100, 101, 100, 101], 1, 0],
    ['a long body that gave half of its range back', [100, 110, 100, 105], 1, 0],
    ['a long body that gave a fifth of its range back', [100, 105, 100, 104], 0.8, 0.75],
    ['a market without an ATR', [100, 105, 100, 105], 0, 0],
    ['a flat bar', [100, 100, 100, 100], 1, 0],
  ])('%s', (_what, bar, atr, score) => {
    expectScore((candles, direction) => thrust(candles, atr, direction), bars(bar), score);
  });
});

describe('an engulfing bar', () => {
  it.each<[string, Prices, Prices, number]>([
    ['just covers the body before', [101, 101, 100, 100], [100, 101, 100, 101], 0.6],
    ['is three times the body before', [101, 101, 100, 100], [99.5, 103, 99, 102.5], 1],
    ['does not cover the open before', [101, 101, 100, 100], [99.9, 101, 99, 100.9], 0],
    ['follows a bar of its own direction', [100, 101, 100, 101], [100, 104, 100, 104], 0],
    ['follows a bar without a body', [100, 101, 99, 100], [100, 104, 100, 104], 0],
  ])('%s', (_what, before, bar, score) => {
    expectScore(engulfing, bars(before, bar), score);
  });
});

describe('a pin bar', () => {
  it.each<[string, Prices, number]>([
    ['with a wick of three quarters', [100, 101, 97, 101], 1],
    ['with a wick of half of the range', [100, 102, 98, 102], 0.5],
    ['with a wick of a third', [100, 104, 98, 104], 0],
    ['that closes in the middle', [100, 103, 97, 100], 0],
    ['without a range', [100, 100, 100, 100], 0],
  ])('%s', (_what, bar, score) => {
    expectScore(pinBar, bars(bar), score);
  });

  it('may have a body against its direction', () => {
    expect(pinBar(bars([101, 101.2, 97, 100.8]), 'long')).toBeGreaterThan(0.9);
  });
});

describe('three in a row', () => {
  it.each<[string, readonly Prices[], number]>([
    [
      'five ATRs in three rising bars',
      [
        [100, 102, 100, 102],
        [102, 104, 102, 104],
        [104, 105, 104, 105],
      ],
      1,
    ],
    [
      'three ATRs',
      [
        [100, 101, 100, 101],
        [101, 102, 101, 102],
        [102, 103, 102, 103],
      ],
      0.5,
    ],
    [
      'a falling bar among them',
      [
        [100, 102, 100, 102],
        [102.5, 103, 102, 102.2],
        [102, 105, 102, 105],
      ],
      0,
    ],
    [
      'only two bars',
      [
        [100, 103, 100, 103],
        [103, 106, 103, 106],
      ],
      0,
    ],
  ])('%s', (_what, prices, score) => {
    expectScore((candles, direction) => threeInARow(candles, 1, direction), bars(...prices), score);
  });
});

describe('a break-out', () => {
  it.each<[string, number, number, number]>([
    ['a close three ATRs above the channel', 106, 2, 1],
    ['a close that barely leaves the channel', 100.000001, 2, 0.4],
    ['a close at the edge', 100, 2, 0],
    ['a close inside', 99, 2, 0],
    ['a market without an ATR', 106, 0, 0],
  ])('%s', (_what, close, atr, score) => {
    const bar = bars([99, Math.max(close, 107), 98, close]);
    expect(breakout(bar, { upper: 100, lower: 90 }, atr, 'long')).toBeCloseTo(score, 6);
    expect(breakout(bar.map(mirrored), { upper: 110, lower: 100 }, atr, 'short')).toBeCloseTo(score, 6);
    expect(breakout(bar, { upper: 100, lower: 90 }, atr, 'short')).toBe(0);
  });
});

describe('a squeeze release', () => {
  const quiet = (width: number): readonly Candle[] => Array.from({ length: 20 }, () => candle(100, 100 + width / 2, 100 - width / 2, 100));
  const bands = { middle: 100, upper: 103, lower: 97, width: 0.06 };
  const up = candle(100, 104, 100, 104);

  it.each([
    [2, 1],
    [3.5, 0.5],
    [5, 0],
  ])('out of a range of %s ATRs counts %s', (width, score) => {
    expect(squeezeRelease([...quiet(width), up], bands, 1, 'long')).toBeCloseTo(score, 9);
    expect(squeezeRelease([...quiet(width), mirrored(up)], bands, 1, 'short')).toBeCloseTo(score, 9);
  });

  it('is none within the bands, against them, or before twenty quiet bars are known', () => {
    expect(squeezeRelease([...quiet(2), candle(100, 102, 100, 102)], bands, 1, 'long')).toBe(0);
    expect(squeezeRelease([...quiet(2), up], bands, 1, 'short')).toBe(0);
    expect(squeezeRelease([...quiet(2).slice(1), up], bands, 1, 'long')).toBe(0);
  });
});

describe('a pullback', () => {
  const averages = { fast: 102, slow: 100 };
  const mirrorAverages = { fast: 98, slow: 100 };
  it.each<[string, readonly Prices[], number]>([
    [
      'touches the slow average and closes beyond the fast one',
      [
        [101, 101.5, 100, 101],
        [101, 102.5, 101, 102.5],
      ],
      0.75,
    ],
    [
      'dips three ATRs below the fast average',
      [
        [101, 101.5, 99, 101],
        [101, 102.5, 101, 102.5],
      ],
      1,
    ],
    [
      'does not reach the slow average',
      [
        [101, 101.5, 100.5, 101],
        [101, 102.5, 101, 102.5],
      ],
      0,
    ],
    [
      'stops short of the fast average',
      [
        [101, 101.5, 100, 101],
        [101, 102, 101, 101.9],
      ],
      0,
    ],
    [
      'stops short of the high before',
      [
        [101, 103, 100, 101],
        [101, 102.5, 101, 102.5],
      ],
      0,
    ],
    [
      'had already turned a bar earlier',
      [
        [100, 102.2, 99, 102.1],
        [102.1, 102.5, 102, 102.5],
      ],
      0,
    ],
    [
      'is a falling bar',
      [
        [101, 101.5, 100, 101],
        [103, 103, 102.3, 102.5],
      ],
      0,
    ],
  ])('%s', (_what, prices, score) => {
    const candles = bars(...prices);
    expect(pullback(candles, averages, 1, 'long')).toBeCloseTo(score, 9);
    expect(pullback(candles.map(mirrored), mirrorAverages, 1, 'short')).toBeCloseTo(score, 9);
  });

  it('forgets a dip of more than eight bars ago', () => {
    const candles = bars([101, 101.5, 99, 101], ...Array.from({ length: 7 }, (): Prices => [101, 101.5, 100.5, 101]), [101, 102.5, 101, 102.5]);
    expect(pullback(candles, averages, 1, 'long')).toBe(0);
    expect(pullback(candles.slice(0, 1).concat(candles.slice(2)), averages, 1, 'long')).toBe(1);
  });
});

describe('a divergence', () => {
  const length = 36;
  /** Flat bars with two lows; the last bar turns up. */
  const twoLows = (earlier: number, recent: number): readonly Candle[] =>
    Array.from({ length }, (_, i) => candle(100, 100.5, i === 12 ? earlier : i === 33 ? recent : 99.5, i === length - 1 ? 101 : 100)).map((bar) => ({
      ...bar,
      high: Math.max(bar.high, bar.close),
    }));
  const rsis = (earlier: number, recent: number): readonly number[] =>
    Array.from({ length }, (_, i) => (i === 12 ? earlier : i === 33 ? recent : 50));

  it.each<[string, number, number, number, number, number]>([
    ['a lower low with an RSI twelve points higher', 95, 94, 25, 37, 1],
    ['a lower low with an RSI seven points higher', 95, 94, 25, 32, 0.5],
    ['a lower low with a lower RSI', 95, 94, 25, 22, 0],
    ['a higher low', 94, 95, 25, 37, 0],
    ['an RSI that was never stretched', 95, 94, 45, 57, 0],
  ])('%s', (_what, earlierLow, recentLow, earlierRsi, recentRsi, score) => {
    const candles = twoLows(earlierLow, recentLow);
    expect(divergence(candles, rsis(earlierRsi, recentRsi), 'long')).toBeCloseTo(score, 9);
    const upsideDown = rsis(earlierRsi, recentRsi).map((rsi) => 100 - rsi);
    expect(divergence(candles.map(mirrored), upsideDown, 'short')).toBeCloseTo(score, 9);
    expect(divergence(candles, rsis(earlierRsi, recentRsi), 'short')).toBe(0);
  });

  it('needs its bars and a warm RSI at both lows', () => {
    const candles = twoLows(95, 94);
    expect(divergence(candles.slice(2), rsis(25, 37).slice(2), 'long')).toBe(0);
    expect(
      divergence(
        candles,
        rsis(25, 37).map((rsi, i) => (i === 12 ? null : rsi)),
        'long',
      ),
    ).toBe(0);
  });
});

describe('several patterns', () => {
  it('speak with the voice of the clearest', () => {
    expect(
      strongest([
        { name: 'a', score: 0.4 },
        { name: 'b', score: 0.9 },
        { name: 'c', score: 0.9 },
      ]),
    ).toEqual({ name: 'b', score: 0.9 });
  });

  it('are a score of 0 when looked for in vain, and absent when they could not be looked for', () => {
    expect(patternReading([{ name: 'a', score: 0 }])).toEqual({ score: 0, why: 'no pattern' });
    expect(patternReading([]).score).toBeNull();
  });
});
