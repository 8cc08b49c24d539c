import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { Atr } from '../../shared/indicators/atr.ts';
import type { Candle } from '../../shared/market/price.ts';
import { flag, pennant } from '../../shared/strategies/patterns/flag.ts';
import { bounce, levelBreak } from '../../shared/strategies/patterns/support-resistance.ts';
import { NO_RECORDED_DATA, recordedFiles } from '../support/recorded-data.ts';

const FILES = recordedFiles('binance-klines', /^BTCUSDT-15m-2023-24\.csv\.gz$/);
const BARS = 4_000;
const KEPT = 64;
const PATTERNS = { flag, pennant, bounce, levelBreak } as const;

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
function scores(candles: readonly Candle[], direction: 'long' | 'short'): Readonly<Record<keyof typeof PATTERNS, readonly number[]>> {
  const atr = new Atr(14);
  const found = { flag: [] as number[], pennant: [] as number[], bounce: [] as number[], levelBreak: [] as number[] };
  candles.forEach((bar, i) => {
    atr.add(bar);
    const range = atr.value();
    if (range === null) return;
    const seen = candles.slice(Math.max(0, i + 1 - KEPT), i + 1);
    for (const name of Object.keys(PATTERNS) as (keyof typeof PATTERNS)[]) found[name].push(PATTERNS[name](seen, range, direction));
  });
  return found;
}

const share = (of: readonly number[]): number => of.filter((score) => score > 0).length / of.length;

describe.skipIf(FILES.length === 0)(
  `patterns on six weeks of recorded quarters of an hour${FILES.length === 0 ? ` (${NO_RECORDED_DATA})` : ''}`,
  () => {
    const candles = FILES.length === 0 ? [] : quarters();
    const long = scores(candles, 'long');

    it('are found now and then: a flag in hundreds of bars, a level in dozens', () => {
      for (const [name, of] of Object.entries(long)) for (const score of of) expect(score >= 0 && score <= 1, name).toBe(true);
      expect(share(long.flag)).toBeGreaterThan(0.001);
      expect(share(long.flag)).toBeLessThan(0.01);
      expect(share(long.pennant)).toBeGreaterThan(0.0005);
      expect(share(long.pennant)).toBeLessThan(0.01);
      expect(share(long.bounce)).toBeGreaterThan(0.004);
      expect(share(long.bounce)).toBeLessThan(0.04);
      expect(share(long.levelBreak)).toBeGreaterThan(0.004);
      expect(share(long.levelBreak)).toBeLessThan(0.04);
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
      for (const name of Object.keys(PATTERNS) as (keyof typeof PATTERNS)[]) {
        const differing = short[name].filter((score, i) => Math.abs(score - (long[name][i] ?? Number.NaN)) > 1e-6);
        expect(differing.length, name).toBeLessThanOrEqual(2);
      }
    });
  },
);
