import { describe, expect, it } from 'vitest';
import { DirectionalIndex } from '../../../shared/indicators/adx.ts';
import { Atr } from '../../../shared/indicators/atr.ts';
import { BollingerBands } from '../../../shared/indicators/bollinger.ts';
import { DonchianChannel } from '../../../shared/indicators/donchian.ts';
import { Ema } from '../../../shared/indicators/ema.ts';
import { GarmanKlassVolatility } from '../../../shared/indicators/garman-klass-volatility.ts';
import { type Indicator, IndicatorError } from '../../../shared/indicators/indicator.ts';
import { MovingAverageConvergence } from '../../../shared/indicators/macd.ts';
import { INDICATOR_NAMES, indicatorSeries } from '../../../shared/indicators/named.ts';
import { OnBalanceVolume } from '../../../shared/indicators/obv.ts';
import { ParkinsonVolatility } from '../../../shared/indicators/parkinson-volatility.ts';
import { RealisedVolatility } from '../../../shared/indicators/realised-volatility.ts';
import { Rsi } from '../../../shared/indicators/rsi.ts';
import { Sma } from '../../../shared/indicators/sma.ts';
import { StochasticOscillator } from '../../../shared/indicators/stochastic.ts';
import { SuperTrend } from '../../../shared/indicators/supertrend.ts';
import { VolumeRatio } from '../../../shared/indicators/volume-ratio.ts';
import { Vwap } from '../../../shared/indicators/vwap.ts';
import { Wilder } from '../../../shared/indicators/wilder.ts';
import { YangZhangVolatility } from '../../../shared/indicators/yang-zhang-volatility.ts';
import { DAY_MS } from '../../../shared/kernel/time.ts';
import type { Candle } from '../../../shared/market/price.ts';
import { walk } from '../../support/series.ts';

/** An indicator as the contract sees it: candles in, named figures out; and the same figures made from scratch by the textbook. */
interface Subject {
  readonly name: string;
  readonly create: () => Indicator<Candle, Readonly<Record<string, number>>>;
  readonly textbook: (candles: readonly Candle[]) => Readonly<Record<string, number>>;
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
const mean = (values: readonly number[]): number => sum(values) / values.length;
const closesOf = (candles: readonly Candle[]): readonly number[] => candles.map(({ close }) => close);

const smoothed = (values: readonly number[], period: number, share: number): number =>
  values.slice(period).reduce((last, value) => last + (value - last) * share, mean(values.slice(0, period)));
const ema = (values: readonly number[], period: number): number => smoothed(values, period, 2 / (period + 1));
const wilder = (values: readonly number[], period: number): number => smoothed(values, period, 1 / period);

const pairs = <T>(candles: readonly Candle[], of: (before: Candle, after: Candle) => T): readonly T[] =>
  candles.slice(1).map((after, i) => of(candles[i] as Candle, after));
const ranges = (candles: readonly Candle[]): readonly number[] =>
  pairs(candles, (a, b) => Math.max(b.high - b.low, Math.abs(b.high - a.close), Math.abs(b.low - a.close)));
const deviation = (values: readonly number[], degrees: number): number =>
  Math.sqrt(sum(values.map((value) => (value - mean(values)) ** 2)) / degrees);

function textbookAdx(candles: readonly Candle[], period: number): Readonly<Record<string, number>> {
  const moves = pairs(candles, (a, b) => ({ up: b.high - a.high, down: a.low - b.low }));
  const plusMoves = moves.map(({ up, down }) => (up > down && up > 0 ? up : 0));
  const minusMoves = moves.map(({ up, down }) => (down > up && down > 0 ? down : 0));
  const lines = (count: number) => {
    const range = wilder(ranges(candles).slice(0, count), period);
    const of = (values: readonly number[]) => (range === 0 ? 0 : (100 * wilder(values.slice(0, count), period)) / range);
    return { plus: of(plusMoves), minus: of(minusMoves) };
  };
  const indices = Array.from({ length: moves.length - period + 1 }, (_, i) => {
    const { plus, minus } = lines(period + i);
    return plus + minus === 0 ? 0 : (100 * Math.abs(plus - minus)) / (plus + minus);
  });
  return { adx: wilder(indices, period), ...lines(moves.length) };
}

/** Wraps an indicator of one number a bar, or of several figures, as a subject. */
function subject<Output extends object | number>(
  name: string,
  create: () => { readonly indicator: Omit<Indicator<never, Output>, 'add'>; readonly add: (candle: Candle) => void },
  textbook: Subject['textbook'],
): Subject {
  return {
    name,
    textbook,
    create: () => {
      const { indicator, add } = create();
      const value = (): Readonly<Record<string, number>> | null => {
        const now = indicator.value();
        return typeof now === 'number' ? { value: now } : (now as Readonly<Record<string, number>> | null);
      };
      return { warmUp: indicator.warmUp, state: indicator.state, add, value };
    },
  };
}

const onClose =
  <Output extends object | number>(create: () => Indicator<number, Output>) =>
  () => {
    const indicator = create();
    return { indicator, add: ({ close }: Candle) => indicator.add(close) };
  };
const onCandle =
  <Output extends object | number>(create: () => Indicator<Candle, Output>) =>
  () => {
    const indicator = create();
    return { indicator, add: (candle: Candle) => indicator.add(candle) };
  };

const changes = (candles: readonly Candle[]): readonly number[] => pairs(candles, (a, b) => b.close - a.close);
const endOfDay = (ms: number): number => (Math.floor(ms / DAY_MS) + 1) * DAY_MS;

/** Where the close lies in the range of the last `period` bars, per cent. */
function rawStochastic(candles: readonly Candle[], period: number): number {
  const recent = candles.slice(-period);
  const low = Math.min(...recent.map((bar) => bar.low));
  const high = Math.max(...recent.map((bar) => bar.high));
  return high === low ? 50 : (100 * ((recent.at(-1)?.close as number) - low)) / (high - low);
}

/** The bands of SuperTrend made bar by bar from the true ranges. */
function textbookSuperTrend(candles: readonly Candle[], period: number, multiple: number): Readonly<Record<string, number>> {
  const all = ranges(candles);
  let [upper, lower, trend] = [Number.NaN, Number.NaN, 0];
  for (let i = period; i < candles.length; i++) {
    const [bar, before] = [candles[i] as Candle, candles[i - 1] as Candle];
    const middle = (bar.high + bar.low) / 2;
    const reach = multiple * wilder(all.slice(0, i), period);
    upper = !(middle + reach >= upper) || before.close > upper ? middle + reach : upper;
    lower = !(middle - reach <= lower) || before.close < lower ? middle - reach : lower;
    if (trend === 0) trend = bar.close >= middle ? 1 : -1;
    trend = bar.close <= (trend === 1 ? lower : upper) ? -1 : 1;
  }
  return { line: trend === 1 ? lower : upper, trend };
}

const variance = (values: readonly number[]): number => deviation(values, values.length - 1) ** 2;

function textbookYangZhang(candles: readonly Candle[], n: number): number {
  const bars = candles.slice(-n);
  const gaps = pairs(candles, (a, b) => Math.log(b.open / a.close)).slice(-n);
  const bodies = bars.map((bar) => Math.log(bar.close / bar.open));
  const rogersSatchell = mean(
    bars.map(({ open, high, low, close }) => Math.log(high / close) * Math.log(high / open) + Math.log(low / close) * Math.log(low / open)),
  );
  const k = 0.34 / (1.34 + (n + 1) / (n - 1));
  return Math.sqrt(variance(gaps) + k * variance(bodies) + (1 - k) * rogersSatchell);
}

const SUBJECTS: readonly Subject[] = [
  subject(
    'SMA',
    onClose(() => new Sma(20)),
    (candles) => ({ value: mean(closesOf(candles).slice(-20)) }),
  ),
  subject(
    'Stochastic',
    onCandle(() => new StochasticOscillator(14, 3, 3)),
    (candles) => {
      const k = (ago: number): number => mean([0, 1, 2].map((more) => rawStochastic(candles.slice(0, candles.length - ago - more), 14)));
      return { k: k(0), d: mean([k(0), k(1), k(2)]) };
    },
  ),
  subject(
    'OBV',
    onCandle(() => new OnBalanceVolume()),
    (candles) => ({ value: sum(pairs(candles, (a, b) => Math.sign(b.close - a.close) * b.volume)) }),
  ),
  subject(
    'SuperTrend',
    onCandle(() => new SuperTrend(10, 3)),
    (candles) => textbookSuperTrend(candles, 10, 3),
  ),
  subject(
    'Parkinson volatility',
    onCandle(() => new ParkinsonVolatility(30)),
    (candles) => ({ value: Math.sqrt(mean(candles.slice(-30).map(({ high, low }) => Math.log(high / low) ** 2)) / Math.log(16)) }),
  ),
  subject(
    'Garman-Klass volatility',
    onCandle(() => new GarmanKlassVolatility(30)),
    (candles) => ({
      value: Math.sqrt(
        mean(
          candles
            .slice(-30)
            .map(({ open, high, low, close }) => 0.5 * Math.log(high / low) ** 2 - (2 * Math.log(2) - 1) * Math.log(close / open) ** 2),
        ),
      ),
    }),
  ),
  subject(
    'Yang-Zhang volatility',
    onCandle(() => new YangZhangVolatility(30)),
    (candles) => ({ value: textbookYangZhang(candles, 30) }),
  ),
  subject(
    'EMA',
    onClose(() => new Ema(9)),
    (candles) => ({ value: ema(closesOf(candles), 9) }),
  ),
  subject(
    "Wilder's mean",
    onClose(() => new Wilder(14)),
    (candles) => ({ value: wilder(closesOf(candles), 14) }),
  ),
  subject(
    'RSI',
    onClose(() => new Rsi(14)),
    (candles) => {
      const up = wilder(
        changes(candles).map((change) => Math.max(change, 0)),
        14,
      );
      const down = wilder(
        changes(candles).map((change) => Math.max(-change, 0)),
        14,
      );
      return { value: up + down === 0 ? 50 : 100 - 100 / (1 + up / down) };
    },
  ),
  subject(
    'MACD',
    onClose(() => new MovingAverageConvergence(12, 26, 9)),
    (candles) => {
      const closes = closesOf(candles);
      const lines = Array.from({ length: closes.length - 25 }, (_, i) => ema(closes.slice(0, 26 + i), 12) - ema(closes.slice(0, 26 + i), 26));
      const line = lines.at(-1) as number;
      const signal = ema(lines, 9);
      return { line, signal, histogram: line - signal };
    },
  ),
  subject(
    'Bollinger bands',
    onClose(() => new BollingerBands(20, 2)),
    (candles) => {
      const closes = closesOf(candles).slice(-20);
      const reach = 2 * deviation(closes, 20);
      return { middle: mean(closes), upper: mean(closes) + reach, lower: mean(closes) - reach, width: (2 * reach) / mean(closes) };
    },
  ),
  subject(
    'ATR',
    onCandle(() => new Atr(14)),
    (candles) => ({ value: wilder(ranges(candles), 14) }),
  ),
  subject(
    'ADX',
    onCandle(() => new DirectionalIndex(14)),
    (candles) => textbookAdx(candles, 14),
  ),
  subject(
    'VWAP',
    onCandle(() => new Vwap(DAY_MS, 0)),
    (candles) => {
      const day = candles.filter(({ openMs }) => endOfDay(openMs) === endOfDay(candles.at(-1)?.openMs as number));
      return { value: sum(day.map((bar) => ((bar.high + bar.low + bar.close) / 3) * bar.volume)) / sum(day.map(({ volume }) => volume)) };
    },
  ),
  subject(
    'volume ratio',
    () => {
      const indicator = new VolumeRatio(20);
      return { indicator, add: ({ volume }) => indicator.add(volume) };
    },
    (candles) => ({ value: (candles.at(-1)?.volume as number) / mean(candles.slice(-21, -1).map(({ volume }) => volume)) }),
  ),
  subject(
    'realised volatility',
    onClose(() => new RealisedVolatility(30)),
    (candles) => ({
      value: deviation(pairs(candles, (a, b) => Math.log(b.close / a.close)).slice(-30), 29),
    }),
  ),
  subject(
    'Donchian channel',
    onCandle(() => new DonchianChannel(20)),
    (candles) => {
      const before = candles.slice(-21, -1);
      return { upper: Math.max(...before.map(({ high }) => high)), lower: Math.min(...before.map(({ low }) => low)) };
    },
  ),
];

const MOVING = walk('contract', 300, { fromMs: DAY_MS - 150 * 60_000 });
const flat = (length: number): readonly Candle[] =>
  Array.from({ length }, (_, i) => ({ openMs: i * 60_000, open: 100, high: 100, low: 100, close: 100, volume: 5 }));

function expectClose(actual: Readonly<Record<string, number>> | null, expected: Readonly<Record<string, number>>, tolerance: number): void {
  expect(Object.keys(actual ?? {}).sort()).toEqual(Object.keys(expected).sort());
  for (const [name, value] of Object.entries(expected)) {
    expect(Math.abs((actual?.[name] as number) - value), `${name}: ${actual?.[name]} and ${value}`).toBeLessThanOrEqual(
      tolerance * Math.max(1, Math.abs(value)),
    );
  }
}

describe.each(SUBJECTS)('$name', ({ create, textbook }) => {
  it('is null until warm, and a value from then on', () => {
    const indicator = create();
    MOVING.forEach((bar, i) => {
      expect(indicator.value() === null, `before bar ${i}`).toBe(i < indicator.warmUp);
      indicator.add(bar);
    });
    expect(indicator.value()).not.toBeNull();
  });

  it('is what the textbook computes from all bars, at every bar', () => {
    const indicator = create();
    MOVING.forEach((bar, i) => {
      indicator.add(bar);
      if (i + 1 >= indicator.warmUp) expectClose(indicator.value(), textbook(MOVING.slice(0, i + 1)), 1e-10);
    });
  });

  it('knows nothing of the bars to come', () => {
    const valuesOf = (bars: readonly Candle[]) => {
      const indicator = create();
      return bars.map((bar) => {
        indicator.add(bar);
        return indicator.value();
      });
    };
    const other = [...MOVING.slice(0, 200), ...walk('another future', 100, { price: 40, fromMs: MOVING[200]?.openMs as number })];
    expect(valuesOf(other).slice(0, 200)).toEqual(valuesOf(MOVING).slice(0, 200));
    expect(valuesOf(other).at(-1)).not.toEqual(valuesOf(MOVING).at(-1));
  });

  it('recovers from a feed that opens with flat bars', () => {
    const indicator = create();
    const opening = flat(60);
    const bars = [...opening, ...walk('after the flat', 200, { fromMs: 60 * 60_000 })];
    bars.forEach((bar, i) => {
      indicator.add(bar);
      const value = indicator.value();
      if (value !== null) expect(Object.values(value).every(Number.isFinite), `bar ${i}: ${JSON.stringify(value)}`).toBe(true);
    });
    expectClose(indicator.value(), textbook(bars), 1e-9);
  });

  it('goes on bit for bit from a saved state', () => {
    const running = create();
    for (const bar of MOVING.slice(0, 137)) running.add(bar);
    const restored = create();
    restored.state.set(new Float64Array(running.state));
    for (const bar of MOVING.slice(137)) {
      running.add(bar);
      restored.add(bar);
      expect(restored.value()).toEqual(running.value());
    }
  });

  it('replaces its last bar: a saved state takes the bar again as it became', () => {
    const [live, closed] = [create(), create()];
    MOVING.forEach((bar, i) => {
      const before = new Float64Array(live.state);
      // The minute as it was shown before it was over: of half its volume, closing at its low.
      live.add({ ...bar, close: bar.low, volume: bar.volume / 2 });
      live.state.set(before);
      live.add(bar);
      closed.add(bar);
      expect(live.value(), `bar ${i}`).toEqual(closed.value());
    });
  });

  it('saves in the middle of its warm-up, too', () => {
    const running = create();
    const some = Math.floor(running.warmUp / 2);
    for (const bar of MOVING.slice(0, some)) running.add(bar);
    const restored = create();
    restored.state.set(new Float64Array(running.state));
    for (const bar of MOVING.slice(some)) {
      running.add(bar);
      restored.add(bar);
    }
    expect(restored.value()).toEqual(running.value());
  });

  it('begins again when its state is cleared', () => {
    const used = create();
    for (const bar of MOVING) used.add(bar);
    used.state.fill(0);
    expect(used.value()).toBeNull();
    const fresh = create();
    for (const bar of MOVING) {
      used.add(bar);
      fresh.add(bar);
    }
    expect(used.value()).toEqual(fresh.value());
  });
});

describe('the indicators that can be asked for by name', () => {
  it.each(INDICATOR_NAMES)('%s says nothing until it is warm and finite figures from then on', (name) => {
    const series = indicatorSeries(name, 'CRYPTO', MOVING);
    const first = series.findIndex((figures) => figures !== null);
    expect(first).toBeGreaterThanOrEqual(0);
    for (const figures of series.slice(first)) {
      const values = typeof figures === 'number' ? [figures] : Object.values(figures ?? { none: Number.NaN });
      expect(values.every(Number.isFinite), `${name}: ${JSON.stringify(figures)}`).toBe(true);
    }
  });

  it('are all held to the contract above', () => {
    // Wilder's mean is a part of others and has no name of its own.
    expect(SUBJECTS).toHaveLength(INDICATOR_NAMES.length + 1);
  });
});

describe('a period', () => {
  it.each([0, -1, 2.5, Number.NaN, Infinity])('of %s bars is refused', (period) => {
    expect(() => new Ema(period)).toThrow(IndicatorError);
    expect(() => new Atr(period)).toThrow(IndicatorError);
    expect(() => new DonchianChannel(period)).toThrow(IndicatorError);
    expect(() => new RealisedVolatility(period)).toThrow(IndicatorError);
  });

  it('of one return has no deviation and is refused', () => {
    expect(() => new RealisedVolatility(1)).toThrow('at least 2');
  });

  it('of MACD must be fast before it is slow', () => {
    expect(() => new MovingAverageConvergence(26, 12, 9)).toThrow('received 26 and 12');
  });
});
