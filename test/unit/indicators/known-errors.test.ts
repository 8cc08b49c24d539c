import { describe, expect, it } from 'vitest';
import { DirectionalIndex } from '../../../shared/indicators/adx.ts';
import { BollingerBands } from '../../../shared/indicators/bollinger.ts';
import { Ema } from '../../../shared/indicators/ema.ts';
import type { Indicator } from '../../../shared/indicators/indicator.ts';
import { indicatorSeries } from '../../../shared/indicators/named.ts';
import { Rsi } from '../../../shared/indicators/rsi.ts';
import { StochasticOscillator } from '../../../shared/indicators/stochastic.ts';
import { VolumeRatio } from '../../../shared/indicators/volume-ratio.ts';
import { Vwap } from '../../../shared/indicators/vwap.ts';
import { MINUTE_MS } from '../../../shared/kernel/time.ts';
import { tradingDayOf } from '../../../shared/market/rollup.ts';
import { candle, walk } from '../../support/series.ts';

function feed<Input, Output>(indicator: Indicator<Input, Output>, inputs: readonly Input[]): Output | null {
  for (const input of inputs) indicator.add(input);
  return indicator.value();
}

// Each of these is an error measured in a published library.
describe('an error that libraries make', () => {
  it('is not made by ADX on flat bars: no movement is an index of 0, and a trend afterwards is seen', () => {
    const flat = Array.from({ length: 40 }, () => candle(100, 100, 100, 100));
    expect(feed(new DirectionalIndex(14), flat)).toEqual({ adx: 0, plus: 0, minus: 0 });
    const rising = Array.from({ length: 60 }, (_, i) => candle(100 + i, 101 + i, 99.5 + i, 101 + i));
    expect(feed(new DirectionalIndex(14), [...flat, ...rising])?.adx).toBeGreaterThan(90);
  });

  it('is not made by ADX on ties: of two equal directional movements neither counts', () => {
    const widening = Array.from({ length: 40 }, (_, i) => candle(100, 101 + i, 99 - i, 100));
    expect(feed(new DirectionalIndex(14), widening)).toEqual({ adx: 0, plus: 0, minus: 0 });
  });

  it('is not made by Bollinger at a price of 100,000 with moves of a cent', () => {
    const closes = Array.from({ length: 5_003 }, (_, i) => 100_000 + (i % 2) / 100);
    const { upper = 0, middle = 0 } = feed(new BollingerBands(20, 2), closes) ?? {};
    // Ten closes of each kind: half a cent from the mean, twice.
    expect((upper - middle) / 0.01).toBeCloseTo(1, 6);
  });

  it('is not made by Bollinger after a jump: the band of a flat series closes again', () => {
    const closes = [...Array.from({ length: 30 }, () => 90_000), ...Array.from({ length: 45 }, () => 0.5)];
    expect(feed(new BollingerBands(20, 2), closes)?.width).toBe(0);
  });

  it('is not made by RSI: flat is 50, only up 100, only down 0', () => {
    expect(
      feed(
        new Rsi(14),
        Array.from({ length: 20 }, () => 7),
      ),
    ).toBe(50);
    expect(
      feed(
        new Rsi(14),
        Array.from({ length: 20 }, (_, i) => 7 + i),
      ),
    ).toBe(100);
    expect(
      feed(
        new Rsi(14),
        Array.from({ length: 20 }, (_, i) => 70 - i),
      ),
    ).toBe(0);
  });

  it('is not made by Stochastic on flat bars: a range without height has its close in the middle, and a rise afterwards is seen', () => {
    const flat = Array.from({ length: 40 }, () => candle(100, 100, 100, 100));
    expect(feed(new StochasticOscillator(14, 3, 3), flat)).toEqual({ k: 50, d: 50 });
    const rising = Array.from({ length: 20 }, (_, i) => candle(100 + i, 101 + i, 100 + i, 101 + i));
    expect(feed(new StochasticOscillator(14, 3, 3), [...flat, ...rising])).toEqual({ k: 100, d: 100 });
  });

  it('is not made by EMA: it is seeded by a mean, not by the first price', () => {
    expect(feed(new Ema(4), [10, 20, 30, 40])).toBe(25);
  });
});

describe('volume that is not there', () => {
  it('leaves VWAP undefined until something trades', () => {
    const vwap = new Vwap(1_000, 0);
    expect(feed(vwap, [candle(10, 10, 10, 10, 0, 1)])).toBeNull();
    expect(feed(vwap, [candle(12, 12, 12, 12, 3, 2)])).toBe(12);
  });

  it('does not count among the usual: after the still minutes before a closing auction a usual bar is a usual one', () => {
    const still = Array.from({ length: 13 }, () => 0);
    const day = Array.from({ length: 20 }, () => 100);
    expect(feed(new VolumeRatio(20), [...day, ...still, 100])).toBe(1);
    expect(feed(new VolumeRatio(20), [...day, ...still, 0])).toBe(0);
    expect(feed(new VolumeRatio(20), [...day, ...still, 3_000, 100])).toBeCloseTo(100 / 245, 12);
  });

  it('leaves the volume ratio undefined after bars without any', () => {
    expect(feed(new VolumeRatio(3), [0, 0, 0, 5])).toBeNull();
    expect(feed(new VolumeRatio(3), [1, 2, 3, 8])).toBe(4);
  });
});

describe('VWAP', () => {
  it('begins again with the first bar of the next period', () => {
    const vwap = new Vwap(10, 0);
    feed(vwap, [candle(10, 10, 10, 10, 5, 1), candle(20, 20, 20, 20, 5, 9)]);
    expect(vwap.value()).toBe(15);
    expect(feed(vwap, [candle(40, 40, 40, 40, 1, 10)])).toBe(40);
  });

  it.each(['NSE', 'CRYPTO'] as const)('of %s begins again with its trading day', (market) => {
    const fromMs = Date.parse('2026-11-02T00:00Z');
    const bars = Array.from({ length: 60 }, (_, i) => candle(100 + i, 100 + i, 100 + i, 100 + i, 1, fromMs + i * 30 * MINUTE_MS));
    const ownDay = (openMs: number) =>
      bars.filter((bar) => bar.openMs <= openMs && tradingDayOf(market, bar.openMs) === tradingDayOf(market, openMs));
    indicatorSeries('vwap', market, bars).forEach((figure, i) => {
      const day = ownDay(bars[i]?.openMs ?? 0);
      expect(figure).toBeCloseTo(day.reduce((sum, { close }) => sum + close, 0) / day.length, 9);
    });
    expect(new Set(bars.map(({ openMs }) => tradingDayOf(market, openMs))).size).toBe(2);
  });
});

describe('rounding', () => {
  it('does not build up in a sliding window over a hundred thousand bars', () => {
    const closes = walk('long', 100_000, { price: 30_000 }).map(({ close }) => close);
    const last = closes.slice(-20);
    const mean = last.reduce((sum, close) => sum + close, 0) / 20;
    const deviation = Math.sqrt(last.reduce((sum, close) => sum + (close - mean) ** 2, 0) / 20);
    const bands = feed(new BollingerBands(20, 2), closes);
    expect(((bands?.upper ?? 0) - (bands?.middle ?? 0)) / (2 * deviation)).toBeCloseTo(1, 9);
  });
});
