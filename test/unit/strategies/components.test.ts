import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { TimeframeView } from '../../../shared/indicators/generation.ts';
import type { IndicatorValues } from '../../../shared/indicators/indicator-set.ts';
import { DAY_MS, HOUR_MS } from '../../../shared/kernel/time.ts';
import { hourVolume, hourVolumeRatio } from '../../../shared/strategies/components/hour-volume.ts';
import { momentum } from '../../../shared/strategies/components/momentum.ts';
import { confluence, technical } from '../../../shared/strategies/components/technical.ts';
import { trend } from '../../../shared/strategies/components/trend.ts';
import { volume } from '../../../shared/strategies/components/volume.ts';
import { trendDirection } from '../../../shared/strategies/trend-direction.ts';
import { candle } from '../../support/series.ts';

/** A timeframe as a component reads it: closes of candles, and indicators. */
const viewOf = (closes: readonly number[], indicators: Partial<IndicatorValues>): TimeframeView =>
  ({ timeframe: '5m', candles: closes.map((close) => candle(close, close, close, close)), indicators }) as unknown as TimeframeView;

interface Leaning {
  /** Fast over slow average, close over the trend average and over VWAP, MACD's histogram: in ATRs. RSI over 50: points. */
  readonly averages: number;
  readonly trend: number;
  readonly vwap: number | null;
  readonly histogram: number;
  readonly rsi: number;
}

const ATR = 2;
const NOTHING: Leaning = { averages: 0, trend: 0, vwap: 0, histogram: 0, rsi: 0 };

const leaning = ({ averages, trend: over, vwap, histogram, rsi }: Leaning, unit = 1): TimeframeView =>
  viewOf([100 * unit], {
    emaFast: (100 + averages * ATR) * unit,
    emaSlow: 100 * unit,
    emaTrend: (100 - over * ATR) * unit,
    vwap: vwap === null ? null : (100 - vwap * ATR) * unit,
    macd: { line: 0, signal: 0, histogram: histogram * ATR * unit },
    rsi: 50 + rsi,
    atr: ATR * unit,
  });

describe('the agreement of a timeframe', () => {
  it.each<[string, Leaning, number]>([
    ['is whole when each of its votes is', { averages: 0.75, trend: 1.5, vwap: 1, histogram: 0.1, rsi: 15 }, 1],
    ['is none when each contradicts', { averages: -0.25, trend: -0.5, vwap: -0.5, histogram: -0.05, rsi: 0 }, 0],
    ['is a quarter in a market that goes nowhere', NOTHING, (0.25 + 0.25 + 0 + 1 / 3 + 1 / 3) / 5],
    ['is the mean of its votes', { averages: 0.25, trend: 1.5, vwap: -9, histogram: 9, rsi: 7.5 }, (0.5 + 1 + 0 + 1 + 0.5) / 5],
    ['has one vote less where there is no VWAP', { averages: 0.25, trend: 1.5, vwap: null, histogram: 9, rsi: 7.5 }, (0.5 + 1 + 1 + 0.5) / 4],
  ])('%s', (_what, of, score) => {
    expect(technical(leaning(of), 'long').score).toBeCloseTo(score, 9);
  });

  const share = fc.double({ min: -3, max: 3, noNaN: true });
  const drawn = fc.record<Leaning>({
    averages: share,
    trend: share,
    vwap: share,
    histogram: share,
    rsi: fc.double({ min: -49, max: 49, noNaN: true }),
  });

  it('never falls when one of its votes rises, is the mirror for a short, and has no unit of price', () => {
    fc.assert(
      fc.property(
        drawn,
        fc.constantFrom('averages', 'trend', 'vwap', 'histogram', 'rsi'),
        fc.double({ min: 0, max: 9, noNaN: true }),
        (of, vote, more) => {
          const score = technical(leaning(of), 'long').score ?? Number.NaN;
          expect(technical(leaning({ ...of, [vote]: (of[vote] ?? 0) + more }), 'long').score).toBeGreaterThanOrEqual(score - 1e-12);
          const { averages, trend: over, vwap, histogram, rsi } = of;
          const mirrored = { averages: -averages, trend: -over, vwap: -(vwap ?? 0), histogram: -histogram, rsi: -rsi };
          expect(technical(leaning(mirrored), 'short').score).toBeCloseTo(score, 9);
          expect(technical(leaning(of, 10), 'long').score).toBeCloseTo(score, 9);
        },
      ),
    );
  });

  it('is absent while anything is cold, and where nothing moves', () => {
    expect(technical(viewOf([100], { ...leaning(NOTHING).indicators, rsi: null }), 'long').score).toBeNull();
    expect(technical(viewOf([100], { ...leaning(NOTHING).indicators, atr: 0 }), 'long').score).toBeNull();
    expect(technical(viewOf([], leaning(NOTHING).indicators), 'long').score).toBeNull();
  });
});

describe('the confluence of timeframes', () => {
  const whole = leaning({ averages: 9, trend: 9, vwap: 9, histogram: 9, rsi: 40 });
  const none = leaning({ averages: -9, trend: -9, vwap: -9, histogram: -9, rsi: -40 });
  const cold = viewOf([100], { ...leaning(NOTHING).indicators, atr: null });

  it.each([
    ['gives each the same say', [whole, none, none], 1 / 3],
    ['leaves a cold one out', [whole, cold, none], 1 / 2],
    ['is absent where all are cold', [cold, cold], null],
  ])('%s', (_what, views, score) => {
    const told = confluence(views, 'long').score;
    if (score === null) expect(told).toBeNull();
    else expect(told).toBeCloseTo(score, 9);
  });
});

describe('momentum', () => {
  /** Six closes whose last is so many deviations of five steps above the first. */
  const moved = (deviations: number): TimeframeView =>
    viewOf([100, 1, 1, 1, 1, 100 * Math.exp(deviations * 0.01 * Math.sqrt(5))], { volatility: 0.01 });

  it.each([
    [2, 'long', 1],
    [1, 'long', 0.5],
    [0, 'long', 0],
    [-1, 'long', 0],
    [-1, 'short', 0.5],
  ] as const)('of %s deviations counts for a %s %s', (deviations, direction, score) => {
    expect(momentum(moved(deviations), direction).score).toBeCloseTo(score, 9);
  });

  it('is absent with too few bars, while volatility is cold, and where nothing moves', () => {
    expect(momentum(viewOf([1, 2, 3, 4, 5], { volatility: 0.01 }), 'long').score).toBeNull();
    for (const volatility of [null, 0]) expect(momentum(viewOf([1, 2, 3, 4, 5, 6], { volatility }), 'long').score).toBeNull();
  });
});

describe('volume', () => {
  it.each([
    [0.5, 0],
    [1, 0],
    [2, 0.25],
    [5, 1],
    [9, 1],
    [null, null],
  ])('of %s times the usual counts %s, where five times leave nothing to wish for', (volumeRatio, score) => {
    expect(volume(viewOf([], { volumeRatio }), 5).score).toBe(score);
    expect(hourVolume(volumeRatio, 5).score).toBe(score);
  });

  it('of an hour is compared with the same hour of other days, five of which must be known', () => {
    const at = (day: number, hour: number, traded: number) =>
      candle(1, 1, 1, 1, traded, Date.parse('2026-11-02T03:45:00Z') + day * DAY_MS + hour * HOUR_MS);
    const days = (count: number) => Array.from({ length: count }, (_, day) => [at(day, 0, 900), at(day, 5, 100)]).flat();
    expect(hourVolumeRatio([...days(5), at(5, 0, 900), at(5, 5, 250)])).toBeCloseTo(2.5, 12);
    expect(hourVolumeRatio([...days(4), at(5, 5, 250)])).toBeNull();
    expect(hourVolumeRatio([])).toBeNull();
  });
});

describe('a trend', () => {
  const strong = (adx: number, plus: number, minus: number): TimeframeView => viewOf([], { adx: { adx, plus, minus } });

  it.each([
    ['begins at an ADX of 15', strong(15, 30, 10), 0],
    ['is whole at 35', strong(35, 30, 10), 1],
    ['is half between', strong(25, 30, 10), 0.5],
    ['against it is none, however strong', strong(60, 10, 30), 0],
  ])('%s', (_what, view, score) => {
    expect(trend([view], 'long').score).toBeCloseTo(score, 9);
  });

  it('over several timeframes is the mean of those that are warm', () => {
    expect(trend([strong(35, 30, 10), viewOf([], { adx: null }), strong(25, 30, 10)], 'long').score).toBeCloseTo(0.75, 9);
    expect(trend([viewOf([], { adx: null })], 'long').score).toBeNull();
  });

  const going = (emaFast: number | null, adx: number): TimeframeView =>
    viewOf([], { emaFast, emaSlow: 100, emaTrend: 100, adx: { adx, plus: 20, minus: 20 } });
  const cold = viewOf([], { emaFast: null, emaSlow: null, emaTrend: null, adx: null });

  it.each([
    ['the slower timeframes agree and one is trending', going(99, 5), [going(101, 25), going(102, 10)], 'long'],
    ['they agree on a fall', going(101, 5), [going(99, 25), going(98, 25)], 'short'],
    ['they disagree', going(101, 30), [going(101, 25), going(99, 25)], null],
    ['none is trending', going(101, 30), [going(101, 15), going(102, 10)], null],
    ['one has no direction', going(101, 30), [going(100, 25)], null],
    ['none is warm, and the base trends', going(101, 30), [cold], 'long'],
    ['none is warm, nor is the base trending', going(101, 10), [cold], null],
  ] as const)('is found or not where %s', (_what, base, slower, direction) => {
    expect(trendDirection(base, slower, 20)).toBe(direction);
  });
});
