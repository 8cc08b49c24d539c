import { describe, expect, it } from 'vitest';
import { adjustedBar, adjustedHistory } from '../../../shared/engine/adjusted-history.ts';
import { type ChartShelf, createChartShelf } from '../../../shared/engine/chart-shelf.ts';
import type { Lease, MarketStore } from '../../../shared/engine/ports.ts';
import { DAY_MS, MINUTE_MS } from '../../../shared/kernel/time.ts';
import type { Bar, Evidence } from '../../../shared/market/price.ts';
import type { RolledCandle } from '../../../shared/market/rollup.ts';
import { indicatorsOf } from '../../support/chart-state.ts';
import { createRows } from '../../support/engine-world.ts';
import { barsOf, walk } from '../../support/series.ts';

/** KOTAKBANK: 5 for 1 on 2026-01-14. */
const EVE_MS = Date.parse('2026-01-13T15:00:00+05:30');
const MIDNIGHT_MS = Date.parse('2026-01-14T00:00:00+05:30');
const OPEN_MS = Date.parse('2026-01-14T09:15:00+05:30');
const DAY = (date: string): number => Date.parse(`${date}T00:00:00Z`);

/** The last half hour of the eve at about 2100, and the first of the ex-date at about 420, as they were traded. */
const session = (symbol: string, evidence: Evidence): readonly Bar[] =>
  [...walk('eve', 30, { fromMs: EVE_MS, price: 2_100 }), ...walk('ex', 30, { fromMs: OPEN_MS, price: 420 })].map((each) => ({
    ...each,
    volume: Math.round(each.volume * 100),
    symbol,
    origin: 'received',
    evidence,
  }));

interface Shelf {
  readonly market: MarketStore;
  readonly shelf: () => ChartShelf;
  readonly publish: (bars: readonly Bar[]) => Promise<void>;
}

async function stored(days: ReadonlyMap<string, readonly RolledCandle[]> = new Map()): Promise<Shelf> {
  const { market } = createRows();
  const lease: Lease = await market.lease({ scope: 'test', holder: 'one', epoch: null, nowMs: 0, ttlMs: 1e15 });
  if (days.size > 0) await market.packDay(lease, DAY('2025-12-30'), days);
  return {
    market,
    shelf: () => createChartShelf({ market, scope: 'test', markets: ['NSE'], sleep: async () => undefined }),
    publish: async (bars) => {
      for (const minuteMs of new Set(bars.map(({ openMs }) => openMs))) {
        const snapshot = { scope: 'test', atMs: minuteMs + MINUTE_MS, quotes: [], rates: [], feeds: [], cursor: null };
        await market.publish(lease, snapshot, { minuteMs, bars: bars.filter(({ openMs }) => openMs === minuteMs) });
      }
    },
  };
}

const seen = async (shelf: ChartShelf, symbol: string, minuteMs: number) => {
  const chart = (await shelf.upTo(minuteMs, 0)).chart(symbol);
  return chart === null
    ? null
    : { minutes: chart.timeframe('1m').candles, indicators: indicatorsOf(chart, '1m'), days: chart.timeframe('15m').candles };
};

describe('charts over the ex-date of a split', () => {
  it('show the eve on the scale of the day, whether they were warm over the night or are made in the morning', async () => {
    const bars = session('KOTAKBANK', 'live');
    const { shelf, publish } = await stored();
    await publish(bars.slice(0, 30));
    const warm = shelf();
    expect((await seen(warm, 'KOTAKBANK', EVE_MS + 30 * MINUTE_MS))?.minutes.at(-1)?.close).toBe(bars[29]?.close);
    // Asked at night for crypto's sake: already the next day's scale.
    await warm.upTo(MIDNIGHT_MS, 0);
    expect((await seen(warm, 'KOTAKBANK', MIDNIGHT_MS + MINUTE_MS))?.minutes.at(-1)?.close).toBeCloseTo((bars[29]?.close ?? 0) / 5, 9);
    await publish(bars.slice(30));
    for (let minute = 1; minute <= 30; minute++) await warm.upTo(OPEN_MS + minute * MINUTE_MS, 0);
    const state = await seen(warm, 'KOTAKBANK', OPEN_MS + 30 * MINUTE_MS);
    expect(state).toEqual(await seen(shelf(), 'KOTAKBANK', OPEN_MS + 30 * MINUTE_MS));
    expect(state?.minutes).toHaveLength(60);
    const closes = (state?.minutes ?? []).map(({ close }) => close);
    for (const [index, close] of closes.slice(1).entries()) expect(Math.abs(close / (closes[index] ?? 0) - 1)).toBeLessThan(0.1);
    expect(state?.minutes[0]?.volume).toBe((bars[0]?.volume ?? 0) * 5);
    expect(state?.minutes.at(-1)?.volume).toBe(bars.at(-1)?.volume);
  });

  it('show it so too when nobody looked between the eve and the middle of the day', async () => {
    const bars = session('KOTAKBANK', 'live');
    const { shelf, publish } = await stored();
    await publish(bars.slice(0, 30));
    const warm = shelf();
    await warm.upTo(EVE_MS + 30 * MINUTE_MS, 0);
    await publish(bars.slice(30));
    expect(await seen(warm, 'KOTAKBANK', OPEN_MS + 30 * MINUTE_MS)).toEqual(await seen(shelf(), 'KOTAKBANK', OPEN_MS + 30 * MINUTE_MS));
  });

  it('leave a simulated market and other shares as they are', async () => {
    for (const [symbol, evidence] of [
      ['KOTAKBANK', 'simulated'],
      ['SBIN', 'live'],
    ] as const) {
      const bars = session(symbol, evidence);
      const { shelf, publish } = await stored();
      const warm = shelf();
      await publish(bars.slice(0, 30));
      await warm.upTo(EVE_MS + 30 * MINUTE_MS, 0);
      await publish(bars.slice(30));
      for (const each of [warm, shelf()]) {
        const closes = (await seen(each, symbol, OPEN_MS + 30 * MINUTE_MS))?.minutes.map(({ close }) => close);
        expect(closes).toEqual(bars.map(({ close }) => close));
      }
    }
  });

  it('have the packed candles of older days on it as well', async () => {
    const openMs = Date.parse('2025-12-30T09:15:00+05:30');
    const quarter: RolledCandle = { openMs, open: 2_150, high: 2_160, low: 2_140, close: 2_155, volume: 1_000, isComplete: true };
    const { shelf, publish } = await stored(new Map([['KOTAKBANK', [quarter]]]));
    await publish(session('KOTAKBANK', 'replay'));
    const days = (await seen(shelf(), 'KOTAKBANK', OPEN_MS + 30 * MINUTE_MS))?.days;
    expect(days?.[0]).toEqual({ ...quarter, open: 430, high: 432, low: 428, close: 431, volume: 5_000 });
  });
});

describe('stored history', () => {
  const [first] = barsOf(walk('name', 1, { fromMs: Date.parse('2025-10-20T09:15:00+05:30'), price: 400 }), 'TATAMOTORS');
  const bar: Bar = { ...(first as Bar), evidence: 'live' };

  it('stands under the name of the day it is read', () => {
    const bars = new Map([
      ['TATAMOTORS', [bar]],
      ['TMPV', [{ ...bar, symbol: 'TMPV', openMs: bar.openMs + 7 * DAY_MS }]],
    ]);
    const { bars: read } = adjustedHistory({ days: new Map(), bars }, Date.parse('2025-10-28T00:00:00Z'), 'live:upstox');
    expect([...read.keys()]).toEqual(['TMPV']);
    expect(read.get('TMPV')?.map(({ symbol, close }) => [symbol, close])).toEqual([
      ['TMPV', bar.close],
      ['TMPV', bar.close],
    ]);
    const before = adjustedHistory({ days: new Map(), bars: new Map([['TATAMOTORS', [bar]]]) }, bar.openMs + DAY_MS, 'live:upstox');
    expect(before.bars.get('TATAMOTORS')?.[0]).toEqual(bar);
  });

  it('is the same object where no company did anything', () => {
    const history = { days: new Map(), bars: new Map([['SBIN', [{ ...bar, symbol: 'SBIN' }]]]) };
    expect(adjustedHistory(history, MIDNIGHT_MS, 'live')).toEqual(history);
    expect(adjustedHistory(history, MIDNIGHT_MS, 'live').bars).toBe(history.bars);
    const one: Bar = { ...bar, symbol: 'KOTAKBANK' };
    expect(adjustedBar(one, one.openMs + MINUTE_MS)).toBe(one);
    expect(adjustedBar(one, MIDNIGHT_MS).close).toBeCloseTo(one.close / 5, 12);
  });

  it.each([
    ['simulated:1', 100],
    ['live', 100],
    ['live:upstox', 20],
    ['replay:abc', 20],
  ])('goes by the scope %s where packed days stand alone', (scope, close) => {
    const candle = { openMs: Date.parse('2026-01-12T05:00:00Z'), open: 100, high: 100, low: 100, close: 100, volume: 1, isComplete: true };
    const { days } = adjustedHistory({ days: new Map([['KOTAKBANK', [candle]]]), bars: new Map() }, Date.parse('2026-01-20T00:00:00Z'), scope);
    expect(days.get('KOTAKBANK')?.[0]?.close).toBe(close);
  });
});
