import { describe, expect, it } from 'vitest';
import { type ChartShelf, createChartShelf } from '../../../shared/engine/chart-shelf.ts';
import type { Lease, MarketStore } from '../../../shared/engine/ports.ts';
import { HOUR_MS, MINUTE_MS } from '../../../shared/kernel/time.ts';
import type { Bar } from '../../../shared/market/price.ts';
import { indicatorsOf } from '../../support/chart-state.ts';
import { createRows } from '../../support/engine-world.ts';
import { barsOf, walk } from '../../support/series.ts';

const START_MS = Date.UTC(2025, 0, 6, 12);
const MINUTES = 300;
const BARS = barsOf(walk('shelf', MINUTES, { fromMs: START_MS }));
const minute = (index: number): number => START_MS + index * MINUTE_MS;

interface Shelf {
  readonly market: MarketStore;
  readonly shelf: ChartShelf;
  readonly calls: string[];
  readonly slept: number[];
  readonly publish: (from: number, to: number) => Promise<void>;
}

async function opened(onSleep: (shelf: Shelf) => Promise<void> = async () => undefined): Promise<Shelf> {
  const { market } = createRows();
  const lease: Lease = await market.lease({ scope: 'test', holder: 'one', epoch: null, nowMs: START_MS, ttlMs: 1e12 });
  const calls: string[] = [];
  const slept: number[] = [];
  const watched = new Proxy(market, {
    get: (target, name: keyof MarketStore) => {
      calls.push(name);
      return target[name];
    },
  });
  const sleep = async (ms: number): Promise<void> => {
    slept.push(ms);
    await onSleep(made);
  };
  const publish = async (from: number, to: number): Promise<void> => {
    for (let index = from; index < to; index++) {
      const snapshot = { scope: 'test', atMs: minute(index + 1), quotes: [], rates: [], feeds: [], cursor: null };
      await market.publish(lease, snapshot, { minuteMs: minute(index), bars: [BARS[index] as Bar] });
    }
  };
  const made: Shelf = { market, shelf: createChartShelf({ market: watched, scope: 'test', markets: ['CRYPTO'], sleep }), calls, slept, publish };
  return made;
}

const stateOf = async (shelf: ChartShelf, index: number, waitMs = 0): Promise<unknown> => {
  const chart = (await shelf.upTo(minute(index), waitMs)).chart('BTC');
  return chart === null ? null : { upToMs: chart.upToMs, five: chart.timeframe('5m').candles.slice(-5), indicators: indicatorsOf(chart, '1m') };
};

describe('the chart shelf', () => {
  it('has no chart of a symbol that never traded', async () => {
    const { shelf } = await opened();
    expect((await shelf.upTo(minute(10), 0)).chart('BTC')).toBeNull();
  });

  it('reads one minute and the prices in one go when it is warm', async () => {
    const { shelf, publish, calls } = await opened();
    await publish(0, 60);
    await shelf.upTo(minute(60), 0);
    await publish(60, 61);
    calls.length = 0;
    const { chart, snapshot } = await shelf.upTo(minute(61), 0);
    expect(chart('BTC')?.upToMs).toBe(minute(61));
    expect(snapshot?.atMs).toBe(minute(61));
    expect(calls).toEqual(['snapshotAndMinute']);
  });

  it('shows the same charts cold as warm', async () => {
    const warm = await opened();
    let seen: unknown = null;
    for (let index = 1; index <= 200; index++) {
      await warm.publish(index - 1, index);
      seen = await stateOf(warm.shelf, index);
    }
    const cold = createChartShelf({ market: warm.market, scope: 'test', markets: ['CRYPTO'], sleep: async () => undefined });
    expect(await stateOf(cold, 200)).toEqual(seen);
  });

  it('waits for a bar that is late, no longer than it may', async () => {
    const late = await opened(async ({ publish, slept }) => (slept.length === 3 ? publish(60, 61) : undefined));
    await late.publish(0, 60);
    expect(await stateOf(late.shelf, 61, 5_000)).toMatchObject({ upToMs: minute(61) });
    expect(late.slept).toHaveLength(3);

    const never = await opened();
    await never.publish(0, 60);
    expect(await stateOf(never.shelf, 61, 1_000)).toMatchObject({ upToMs: minute(60) });
    expect(never.slept.reduce((total, ms) => total + ms, 0)).toBe(1_000);
  });

  it.each([1, 2, 5])('makes up for bars that came %d minutes late', async (lateBy) => {
    const { market, shelf, publish } = await opened();
    await publish(0, 60);
    for (let index = 60; index < 60 + lateBy; index++) await shelf.upTo(minute(index + 1), 0);
    await publish(60, 60 + lateBy + 1);
    const warm = await stateOf(shelf, 60 + lateBy + 1);
    const cold = createChartShelf({ market, scope: 'test', markets: ['CRYPTO'], sleep: async () => undefined });
    expect(warm).toEqual(await stateOf(cold, 60 + lateBy + 1));
  });

  it('is rebuilt after a long gap', async () => {
    const { shelf, publish } = await opened();
    await publish(0, 60);
    await shelf.upTo(minute(60), 0);
    await publish(60, 260);
    const { chart } = await shelf.upTo(minute(260), 0);
    expect(chart('BTC')?.upToMs).toBe(START_MS + 260 * MINUTE_MS);
    expect(260 * MINUTE_MS - 60 * MINUTE_MS).toBeGreaterThan(2 * HOUR_MS);
  });

  it('is brought up by one caller at a time: a slow rebuild for an earlier minute never takes back a later one', async () => {
    const { market, publish } = await opened();
    await publish(0, 62);
    let isFirst = true;
    let release: () => void = () => undefined;
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const slow: MarketStore = {
      ...market,
      bars: async (scope, fromMs, toMs) => {
        const found = await market.bars(scope, fromMs, toMs);
        if (isFirst) {
          isFirst = false;
          await held;
        }
        return found;
      },
    };
    const shelf = createChartShelf({ market: slow, scope: 'test', markets: ['CRYPTO'], sleep: async () => undefined });
    const early = shelf.upTo(minute(60), 0);
    const later = shelf.upTo(minute(61), 0);
    await new Promise((resolve) => setTimeout(resolve, 5));
    release();
    await Promise.all([early, later]);
    const cold = createChartShelf({ market, scope: 'test', markets: ['CRYPTO'], sleep: async () => undefined });
    expect(await stateOf(shelf, 62)).toEqual(await stateOf(cold, 62));
  });

  it('can be asked again after the store has failed', async () => {
    const { market, publish } = await opened();
    await publish(0, 60);
    let isDown = true;
    const flaky: MarketStore = { ...market, bars: (...range) => (isDown ? Promise.reject(new Error('down')) : market.bars(...range)) };
    const shelf = createChartShelf({ market: flaky, scope: 'test', markets: ['CRYPTO'], sleep: async () => undefined });
    await expect(shelf.upTo(minute(60), 0)).rejects.toThrow('down');
    isDown = false;
    expect(await stateOf(shelf, 60)).toMatchObject({ upToMs: minute(60) });
  });
});
