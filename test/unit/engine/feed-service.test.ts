import { describe, expect, it } from 'vitest';
import { createFeedService } from '../../../shared/engine/feed-service.ts';
import type { MarketSource } from '../../../shared/engine/market-source.ts';
import type { MarketStore } from '../../../shared/engine/ports.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../../shared/kernel/time.ts';
import type { Bar } from '../../../shared/market/price.ts';
import { createRollup, type RolledCandle } from '../../../shared/market/rollup.ts';
import { createRows, type EngineWorld, openWorld, type Rows, type WorldSetup } from '../../support/engine-world.ts';
import { faultsFor, faultyStores } from '../../support/faulty-stores.ts';
import { historyFrom, scriptedSource, scriptOf } from '../../support/scripted-source.ts';

const START_MS = Date.UTC(2025, 0, 7, 22, 37);
const FROM_MS = historyFrom(START_MS);
const SCRIPT = scriptOf('feed', { fromMs: FROM_MS, minutes: (START_MS - FROM_MS) / MINUTE_MS + 300, symbols: ['ETH', 'SOL'] });
const scriptBars = (symbol: string, fromMs: number, toMs: number): readonly Bar[] =>
  (SCRIPT.bars.get(symbol) ?? []).filter((bar) => bar.openMs >= fromMs && bar.openMs < toMs);

const opened = (rows: Rows, more: Partial<WorldSetup> = {}): Promise<EngineWorld> =>
  openWorld({ rows, startMs: START_MS, source: (clock) => scriptedSource(clock, SCRIPT), ...more });

const quartersOf = (bars: readonly Bar[]): readonly RolledCandle[] => {
  const candles: RolledCandle[] = [];
  const rollup = createRollup('CRYPTO', '15m', (candle) => candles.push(candle));
  for (const bar of bars) rollup.add(bar);
  return candles;
};

describe('a feed that starts', () => {
  it('brings history up to the minute that is under way', async () => {
    const rows = createRows();
    const world = await opened(rows);
    await world.start();
    for (const symbol of SCRIPT.symbols) {
      expect((await rows.market.bars('test', FROM_MS, START_MS + HOUR_MS)).get(symbol)).toEqual(scriptBars(symbol, FROM_MS, START_MS));
    }
    expect(await rows.market.snapshot('test')).toMatchObject({ atMs: START_MS, feeds: [{ status: 'up' }] });
  });

  it('in the midst of an hour loses no minute of it when the hour is packed', async () => {
    const rows = createRows();
    const world = await opened(rows);
    await world.start();
    const untilMs = START_MS + 90 * MINUTE_MS;
    await world.clock.run(untilMs + 5_000);
    expect((await rows.market.bars('test', FROM_MS, untilMs)).get('ETH')).toEqual(scriptBars('ETH', FROM_MS, untilMs));
  });

  it('again after a while makes up for what it missed, whole hours and days included', async () => {
    const rows = createRows();
    const first = await opened(rows);
    await first.start();
    await first.clock.run(START_MS + 10 * MINUTE_MS + 5_000);
    await first.stop();
    const againMs = START_MS + 130 * MINUTE_MS;
    const again = await opened(rows, { startMs: againMs });
    await again.start();
    await again.clock.run(againMs + 5 * MINUTE_MS + 5_000);
    expect((await rows.market.bars('test', FROM_MS, againMs)).get('SOL')).toEqual(scriptBars('SOL', FROM_MS, againMs));
    const dayMs = START_MS - (START_MS % DAY_MS);
    expect((await rows.market.dayCandles('test', dayMs, dayMs + DAY_MS)).get('SOL')).toEqual(quartersOf(scriptBars('SOL', dayMs, dayMs + DAY_MS)));
  });

  it('packs the hour and the day that ended when it was killed before it could', async () => {
    const rows = createRows();
    const unpacked = (same: Rows): Pick<Rows, 'ledger' | 'market'> => ({
      ...same,
      market: {
        ...same.market,
        packHour: async (...pack) => (pack[1] < START_MS - HOUR_MS ? same.market.packHour(...pack) : undefined),
        packDay: async () => undefined,
      },
    });
    const killed = await opened(rows, { between: unpacked });
    await killed.start();
    const midnightMs = START_MS - (START_MS % DAY_MS) + DAY_MS;
    await killed.clock.run(midnightMs + 2_500);
    killed.kill();
    expect((await rows.market.dayCandles('test', midnightMs - DAY_MS, midnightMs)).size).toBe(0);

    const again = await opened(rows);
    expect(again.clock.now()).toBe(midnightMs + 2_000);
    await again.start();
    const day = quartersOf(scriptBars('ETH', midnightMs - DAY_MS, midnightMs));
    expect((await rows.market.dayCandles('test', midnightMs - DAY_MS, midnightMs)).get('ETH')).toEqual(day);
    expect(day).toHaveLength(96);
  });

  it('packs the days of a market that does not trade to the end of the UTC day', async () => {
    const rows = createRows();
    const isTrading = (bar: Bar): boolean => bar.openMs % DAY_MS >= 4 * HOUR_MS && bar.openMs % DAY_MS < 10 * HOUR_MS;
    const byDay = (source: MarketSource): MarketSource => ({
      ...source,
      async *minutes(fromMs, toMs) {
        for await (const bar of source.minutes(fromMs, toMs)) if (isTrading(bar)) yield bar;
      },
      quarters: async () => new Map(),
    });
    const world = await opened(rows, { source: (clock) => byDay(scriptedSource(clock, SCRIPT)) });
    await world.start();
    const candles = (await rows.market.dayCandles('test', FROM_MS, START_MS)).get('ETH');
    expect(candles).toEqual(quartersOf(scriptBars('ETH', FROM_MS, FROM_MS + DAY_MS).filter(isTrading)));
  });

  it('goes on without history when the source cannot be asked, and says so', async () => {
    const rows = createRows();
    const offline = (source: MarketSource): MarketSource => ({ ...source, quarters: () => Promise.reject(new Error('no network')) });
    const world = await opened(rows, { source: (clock) => offline(scriptedSource(clock, SCRIPT)) });
    await world.start();
    expect(world.warnings).toEqual([expect.stringMatching(/history-incomplete.*no network/)]);
    await world.clock.run(START_MS + 2 * MINUTE_MS + 5_000);
    expect((await rows.market.bars('test', START_MS, START_MS + 2 * MINUTE_MS)).get('ETH')).toHaveLength(2);
  });
});

describe('a feed that runs', () => {
  it('publishes prices and bars of a minute two seconds after its end, with its cursor', async () => {
    const rows = createRows();
    const world = await opened(rows);
    await world.start();
    await world.clock.run(START_MS + MINUTE_MS + 1_999);
    expect((await rows.market.snapshotAndMinute('test', START_MS)).bars).toBeNull();
    await world.clock.run(START_MS + MINUTE_MS + 2_000);
    const { snapshot, bars } = await rows.market.snapshotAndMinute('test', START_MS);
    expect(bars).toEqual(SCRIPT.symbols.flatMap((symbol) => scriptBars(symbol, START_MS, START_MS + MINUTE_MS)));
    expect(snapshot).toMatchObject({ atMs: START_MS + MINUTE_MS + 2_000, cursor: { source: { atMs: START_MS + MINUTE_MS }, extremes: {} } });
    expect(snapshot?.quotes.map(({ symbol, last }) => [symbol, last])).toEqual(
      SCRIPT.symbols.map((symbol) => [symbol, scriptBars(symbol, START_MS + MINUTE_MS, START_MS + 2 * MINUTE_MS)[0]?.open]),
    );
  });

  it.each(['unavailable', 'unknown-before', 'unknown-after'] as const)('tries a write again until the store takes it: %s', async (fault) => {
    const rows = createRows();
    let isFaulty = false;
    const faults = faultsFor('publish', fault, fault, fault);
    const world = await opened(rows, { between: (same) => faultyStores(same, (call) => (isFaulty ? faults(call) : null)) });
    await world.start();
    isFaulty = true;
    await world.clock.run(START_MS + 5 * MINUTE_MS + 5_000);
    expect((await rows.market.bars('test', START_MS, START_MS + 5 * MINUTE_MS)).get('ETH')).toHaveLength(5);
    expect(world.warnings.filter((line) => line.startsWith('feed-write-failed'))).toHaveLength(3);
  });

  it('gives up when another holds the lease, and writes no more', async () => {
    const rows = createRows();
    const world = await opened(rows);
    await world.start();
    await world.clock.run(START_MS + MINUTE_MS + 5_000);
    const nowMs = world.clock.now() + 10 * DAY_MS;
    await rows.market.lease({ scope: 'test', holder: 'another', epoch: null, nowMs, ttlMs: DAY_MS });
    await world.clock.run(START_MS + 4 * MINUTE_MS);
    expect(world.failures).toEqual([expect.stringContaining('no longer holds the lease')]);
    expect((await rows.market.snapshotAndMinute('test', START_MS + MINUTE_MS)).bars).toBeNull();
  });

  it('cannot start while another holds the lease', async () => {
    const rows = createRows();
    await rows.market.lease({ scope: 'test', holder: 'another', epoch: null, nowMs: START_MS, ttlMs: DAY_MS });
    await expect((await opened(rows)).start()).rejects.toMatchObject({ code: 'fenced' });
  });

  it.each([
    ['with the minutes only: from the last of them', null, 62_000],
    ['in between too: from the very moment', 7_000, 90_000],
  ])('that is stopped goes on where it published last, %s', async (_, publishEveryMs, fromMs) => {
    const rows = createRows();
    const world = await opened(rows, { publishEveryMs });
    await world.start();
    await world.clock.run(START_MS + 90_000);
    await world.stop();
    expect((await rows.market.snapshot('test'))?.atMs).toBe(START_MS + fromMs);
    const again = await opened(rows, { publishEveryMs });
    expect(again.clock.now()).toBe(START_MS + fromMs);
    await again.start();
    await again.clock.run(START_MS + 5 * MINUTE_MS + 5_000);
    expect((await rows.market.bars('test', START_MS, START_MS + 5 * MINUTE_MS)).get('SOL')).toEqual(
      scriptBars('SOL', START_MS, START_MS + 5 * MINUTE_MS),
    );
  });

  it('prolongs its lease with what it publishes, without a write of its own', async () => {
    const rows = createRows();
    const world = await opened(rows);
    let taken = 0;
    const untils: number[] = [];
    const market: MarketStore = {
      ...rows.market,
      lease: (request) => {
        taken += 1;
        return rows.market.lease(request);
      },
      publish: (lease, ...rest) => {
        untils.push(lease.untilMs - world.clock.now());
        return rows.market.publish(lease, ...rest);
      },
    };
    const options = {
      holder: 'one',
      leaseMs: 10 * MINUTE_MS,
      publishEveryMs: null,
      readOrdersEveryMs: MINUTE_MS,
      historyDays: 0,
      onFenced: () => undefined,
    };
    const feed = createFeedService({ ...world.context, market }, scriptedSource(world.clock, SCRIPT), options);
    await feed.start();
    await world.clock.run(START_MS + 30 * MINUTE_MS);
    expect(taken).toBe(1);
    expect(untils.length).toBeGreaterThan(25);
    expect(new Set(untils)).toEqual(new Set([10 * MINUTE_MS]));
    const other = { scope: 'test', holder: 'other', epoch: null, ttlMs: MINUTE_MS };
    await expect(rows.market.lease({ ...other, nowMs: world.clock.now() })).rejects.toMatchObject({ code: 'fenced' });
  });
});
