import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { Atr } from '../../shared/indicators/atr.ts';
import { type Bollinger, BollingerBands } from '../../shared/indicators/bollinger.ts';
import { type Donchian, DonchianChannel } from '../../shared/indicators/donchian.ts';
import { Ema } from '../../shared/indicators/ema.ts';
import { Rsi } from '../../shared/indicators/rsi.ts';
import type { Candle } from '../../shared/market/price.ts';
import { breakout, squeezeRelease } from '../../shared/strategies/patterns/breakout.ts';
import { engulfing, pinBar, threeInARow, thrust } from '../../shared/strategies/patterns/candlesticks.ts';
import { divergence } from '../../shared/strategies/patterns/divergence.ts';
import { flag, pennant } from '../../shared/strategies/patterns/flag.ts';
import { pullback } from '../../shared/strategies/patterns/pullback.ts';
import { bounce, levelBreak } from '../../shared/strategies/patterns/support-resistance.ts';
import { NO_RECORDED_DATA, recordedFiles } from '../support/recorded-data.ts';

const FILES = recordedFiles('binance-klines', /^BTCUSDT-15m-2023-24\.csv\.gz$/);
const BARS = 4_000;
const KEPT = 64;

/** What patterns look at, after a bar. */
interface Seen {
  readonly candles: readonly Candle[];
  readonly atr: number;
  readonly channel: Donchian;
  readonly bands: Bollinger;
  readonly averages: { readonly fast: number; readonly slow: number };
  readonly rsis: readonly (number | null)[];
}

type Direction = 'long' | 'short';

const PATTERNS = {
  thrust: ({ candles, atr }, direction) => thrust(candles, atr, direction),
  engulfing: ({ candles }, direction) => engulfing(candles, direction),
  pinBar: ({ candles }, direction) => pinBar(candles, direction),
  threeInARow: ({ candles, atr }, direction) => threeInARow(candles, atr, direction),
  breakout: ({ candles, channel, atr }, direction) => breakout(candles, channel, atr, direction),
  squeezeRelease: ({ candles, bands, atr }, direction) => squeezeRelease(candles, bands, atr, direction),
  pullback: ({ candles, averages, atr }, direction) => pullback(candles, averages, atr, direction),
  divergence: ({ candles, rsis }, direction) => divergence(candles, rsis, direction),
  flag: ({ candles, atr }, direction) => flag(candles, atr, direction),
  pennant: ({ candles, atr }, direction) => pennant(candles, atr, direction),
  bounce: ({ candles, atr }, direction) => bounce(candles, atr, direction),
  levelBreak: ({ candles, atr }, direction) => levelBreak(candles, atr, direction),
} as const satisfies Record<string, (seen: Seen, direction: Direction) => number>;

type Name = keyof typeof PATTERNS;
const NAMES = Object.keys(PATTERNS) as Name[];

/** At least and at most so many of a thousand bars show it. */
const OFTEN: Readonly<Record<Name, readonly [least: number, most: number]>> = {
  thrust: [20, 90],
  engulfing: [50, 180],
  pinBar: [60, 230],
  threeInARow: [30, 130],
  breakout: [15, 70],
  squeezeRelease: [20, 75],
  pullback: [50, 200],
  divergence: [5, 25],
  flag: [1, 10],
  pennant: [0.5, 10],
  bounce: [4, 40],
  levelBreak: [4, 40],
};

function quarters(): readonly Candle[] {
  const rows = gunzipSync(readFileSync(FILES[0] ?? ''))
    .toString('utf8')
    .split('\n', BARS + 1)
    .slice(1);
  return rows.map((row) => {
    const [openMs = 0, open = 0, high = 0, low = 0, close = 0, volume = 0] = row.split(',').map(Number);
    return { openMs, open, high, low, close, volume };
  });
}

/** Score of each pattern at each bar, for one direction. */
function scores(candles: readonly Candle[], direction: Direction): Readonly<Record<Name, readonly number[]>> {
  const [atr, channel, bands, fast, slow, rsi] = [
    new Atr(14),
    new DonchianChannel(20),
    new BollingerBands(20, 2),
    new Ema(9),
    new Ema(21),
    new Rsi(14),
  ] as const;
  const rsis: (number | null)[] = [];
  const found = Object.fromEntries(NAMES.map((name) => [name, [] as number[]])) as Record<Name, number[]>;
  candles.forEach((bar, i) => {
    for (const each of [atr, channel]) each.add(bar);
    for (const each of [bands, fast, slow, rsi]) each.add(bar.close);
    rsis.push(rsi.value());
    const now = { atr: atr.value(), channel: channel.value(), bands: bands.value(), fast: fast.value(), slow: slow.value() };
    if (now.atr === null || now.channel === null || now.bands === null || now.fast === null || now.slow === null) return;
    const from = Math.max(0, i + 1 - KEPT);
    const seen: Seen = {
      candles: candles.slice(from, i + 1),
      atr: now.atr,
      channel: now.channel,
      bands: now.bands,
      averages: { fast: now.fast, slow: now.slow },
      rsis: rsis.slice(from),
    };
    for (const name of NAMES) found[name].push(PATTERNS[name](seen, direction));
  });
  return found;
}

const perMille = (of: readonly number[]): number => (1_000 * of.filter((score) => score > 0).length) / of.length;

describe.skipIf(FILES.length === 0)(
  `patterns on six weeks of recorded quarters of an hour${FILES.length === 0 ? ` (${NO_RECORDED_DATA})` : ''}`,
  () => {
    const candles = FILES.length === 0 ? [] : quarters();
    const long = scores(candles, 'long');

    it.each(NAMES)('are found now and then: %s', (name) => {
      const of = long[name];
      const [least, most] = OFTEN[name];
      expect(of.every((score) => score >= 0 && score <= 1)).toBe(true);
      expect(perMille(of)).toBeGreaterThan(least);
      expect(perMille(of)).toBeLessThan(most);
    });

    it('are where the definition says: break-outs of twenty bars, engulfing bars', () => {
      // The first scores are of the bar at which all indicators are warm.
      const first = candles.length - long.breakout.length;
      for (const [i, bar] of candles.entries()) {
        const before = candles[i - 1];
        if (i < first || before === undefined) continue;
        const highest = Math.max(...candles.slice(i - 20, i).map(({ high }) => high));
        expect((long.breakout[i - first] ?? 0) > 0, `break-out at ${i}`).toBe(bar.close > highest);
        const covers = before.close < before.open && bar.close > bar.open && bar.open <= before.close && bar.close >= before.open;
        expect((long.engulfing[i - first] ?? 0) > 0, `engulfing at ${i}`).toBe(covers);
      }
    });

    it('are the same for a short when the market is turned upside down', () => {
      // A mirror at a power of two keeps all digits of prices with two decimals.
      const mirrored = candles.map((bar) => ({
        ...bar,
        open: 65_536 - bar.open,
        high: 65_536 - bar.low,
        low: 65_536 - bar.high,
        close: 65_536 - bar.close,
      }));
      const short = scores(mirrored, 'short');
      for (const name of NAMES) {
        const differing = short[name].filter((score, i) => Math.abs(score - (long[name][i] ?? Number.NaN)) > 1e-6);
        expect(differing.length, name).toBeLessThanOrEqual(2);
      }
    });
  },
);
