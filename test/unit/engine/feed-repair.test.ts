import { describe, expect, it } from 'vitest';
import { createChartShelf } from '../../../shared/engine/chart-shelf.ts';
import type { FeedSink, MarketSource } from '../../../shared/engine/market-source.ts';
import type { Clock } from '../../../shared/kernel/clock.ts';
import { DAY_MS, HOUR_MS, iso, MINUTE_MS, SECOND_MS } from '../../../shared/kernel/time.ts';
import type { Bar } from '../../../shared/market/price.ts';
import { createRollup, type RolledCandle } from '../../../shared/market/rollup.ts';
import { indicatorsOf } from '../../support/chart-state.ts';
import { createRows, type EngineWorld, openWorld, type Rows, type WorldSetup } from '../../support/engine-world.ts';
import { faultsFor, faultyStores } from '../../support/faulty-stores.ts';
import { historyFrom, scriptedSource, scriptOf } from '../../support/scripted-source.ts';

const START_MS = Date.UTC(2025, 0, 7, 22, 37);
const FROM_MS = historyFrom(START_MS);
const SYMBOLS = ['ETH', 'SOL'];
const SCRIPT = scriptOf('repair', { fromMs: FROM_MS, minutes: (START_MS - FROM_MS) / MINUTE_MS + 200, symbols: SYMBOLS });
const at = (minutes: number): number => START_MS + minutes * MINUTE_MS;
const truth = (symbol: string, fromMs: number, toMs: number): readonly Bar[] =>
  (SCRIPT.bars.get(symbol) ?? []).filter((bar) => bar.openMs >= fromMs && bar.openMs < toMs);
const fetched = (bars: readonly Bar[]): readonly Bar[] => bars.map((bar) => ({ ...bar, origin: 'backfilled' }));

const quartersOf = (bars: readonly Bar[]): readonly RolledCandle[] => {
  const candles: RolledCandle[] = [];
  const rollup = createRollup('CRYPTO', '15m', (candle) => candles.push(candle));
  for (const bar of bars) rollup.add(bar);
  return candles;
};

/** The scripted source behind a line that somebody can cut: minutes are missing then, and the past cannot be asked for. */
interface Line {
  readonly source: (clock: Clock) => MarketSource;
  isDown: boolean;
  /** Minutes that the source hands over afterwards. */
  readonly repair: (bars: readonly Bar[]) => void;
  readonly asked: string[];
}

function line({ isDown = false, evidence = 'live' as MarketSource['evidence'] } = {}): Line {
  let sink: FeedSink | null = null;
  const asked: string[] = [];
  const made: Line = {
    isDown,
    asked,
    repair: (bars) => sink?.repaired(bars),
    source: (clock) => {
      const source = scriptedSource(clock, SCRIPT);
      const ask = (what: string, fromMs: number): void => {
        asked.push(`${what} from ${iso(fromMs)}`);
        if (made.isDown) throw new Error('no network');
      };
      return {
        ...source,
        evidence,
        start: (given, cursor) => {
          sink = given;
          return source.start(given, cursor);
        },
        closeMinute: (minuteMs) => source.closeMinute(minuteMs).map((bar) => (made.isDown ? { ...bar, volume: 0, origin: 'missing' } : bar)),
        async *minutes(fromMs, toMs) {
          ask('minutes', fromMs);
          for await (const bar of source.minutes(fromMs, toMs)) yield { ...bar, origin: 'backfilled' };
        },
        quarters: async (fromMs, toMs) => {
          ask('quarters', fromMs);
          return source.quarters(fromMs, toMs);
        },
      };
    },
  };
  return made;
}

const opened = (rows: Rows, { source }: Line, more: Partial<WorldSetup> = {}): Promise<EngineWorld> =>
  openWorld({ rows, startMs: START_MS, source, ...more });

const stored = async (rows: Rows, symbol: string, fromMs: number, toMs: number) => (await rows.market.bars('test', fromMs, toMs)).get(symbol) ?? [];
const revision = async (rows: Rows): Promise<number> => (await rows.market.snapshot('test'))?.historyRevision ?? 0;
const chartOf = (rows: Rows) => createChartShelf({ market: rows.market, scope: 'test', markets: ['CRYPTO'], sleep: async () => undefined });
const stateOf = async (shelf: ReturnType<typeof chartOf>, minuteMs: number): Promise<unknown> => {
  const chart = (await shelf.upTo(minuteMs, 0)).chart('ETH');
  return {
    missing: chart?.missingSince(0),
    upToMs: chart?.upToMs,
    ...(chart === null ? null : { ...indicatorsOf(chart, '5m'), hourly: indicatorsOf(chart, '1h') }),
  };
};

/** A feed whose line was down from the minute `from` to the minute `to` after its start, and runs on to `until`. */
async function afterOutage(
  rows: Rows,
  from: number,
  to: number,
  until: number,
  more: Partial<WorldSetup> = {},
): Promise<{ line: Line; world: EngineWorld }> {
  const cut = line();
  const world = await opened(rows, cut, { historyDays: 0, ...more });
  await world.start();
  await world.clock.run(at(from) + 30 * SECOND_MS);
  cut.isDown = true;
  await world.clock.run(at(to) + 30 * SECOND_MS);
  cut.isDown = false;
  await world.clock.run(at(until) + 5 * SECOND_MS);
  return { line: cut, world };
}

/** The bars of the outage's minutes, symbol beside symbol in the order of time, as a source hands them over. */
const lost = (from: number, to: number): readonly Bar[] =>
  fetched(SYMBOLS.flatMap((symbol) => truth(symbol, at(from), at(to)))).toSorted((a, b) => a.openMs - b.openMs);

describe('bars that come after an outage', () => {
  it('are kept minute by minute in the hour under way, and in the packs of hours and days that are over', async () => {
    const rows = createRows();
    // From 22:57 to 00:07: the rest of an hour, a whole one, the end of a UTC day, and the minutes after midnight.
    const { line: cut, world } = await afterOutage(rows, 20, 90, 110);
    const missing = (await stored(rows, 'ETH', FROM_MS, at(110))).filter(({ origin }) => origin === 'missing');
    expect([missing.length, missing[0]?.openMs, missing.at(-1)?.openMs]).toEqual([70, at(20), at(89)]);
    const before = await revision(rows);
    cut.repair(lost(20, 90));
    await world.stop();
    for (const symbol of SYMBOLS) {
      expect(await stored(rows, symbol, at(0), at(110))).toEqual([
        ...truth(symbol, at(0), at(20)),
        ...fetched(truth(symbol, at(20), at(90))),
        ...truth(symbol, at(90), at(110)),
      ]);
      const dayMs = START_MS - (START_MS % DAY_MS);
      expect((await rows.market.dayCandles('test', dayMs, dayMs + DAY_MS)).get(symbol)).toEqual(quartersOf(truth(symbol, dayMs, dayMs + DAY_MS)));
    }
    expect((await rows.market.snapshotAndMinute('test', at(85))).bars?.map(({ origin }) => origin)).toEqual(['backfilled', 'backfilled']);
    expect(await revision(rows)).toBe(before + 1);
  });

  it('never take the place of a bar that was received, and do not touch a minute that has not been closed', async () => {
    const rows = createRows();
    const { line: cut, world } = await afterOutage(rows, 5, 8, 10);
    cut.repair(fetched(truth('ETH', at(3), at(12))).map((bar) => ({ ...bar, volume: 1e9 })));
    await world.clock.run(at(13) + 5 * SECOND_MS);
    expect((await stored(rows, 'ETH', at(3), at(13))).map(({ origin, volume }) => [origin, volume === 1e9])).toEqual([
      ...Array(2).fill(['received', false]),
      ...Array(3).fill(['backfilled', true]),
      ...Array(5).fill(['received', false]),
    ]);
  });

  it("give way to the venue's own bar of the minute, which goes before ours too", async () => {
    const rows = createRows();
    const { line: cut, world } = await afterOutage(rows, 5, 8, 10);
    cut.repair(lost(5, 8));
    const [own, ours] = truth('ETH', at(6), at(8)).map((bar) => ({ ...bar, volume: 77 }));
    cut.repair([own, { ...(ours as Bar), openMs: at(4) }] as Bar[]);
    await world.clock.run(at(11) + 5 * SECOND_MS);
    expect((await stored(rows, 'ETH', at(4), at(8))).map(({ origin, volume }) => [origin, volume === 77])).toEqual([
      ['received', true],
      ['backfilled', false],
      ['received', true],
      ['backfilled', false],
    ]);
  });

  it.each(['packHour', 'packDay', 'publish'])('are all there in the end when the store fails on the way: %s', async (call) => {
    const rows = createRows();
    let isFaulty = false;
    const faults = faultsFor(call, 'unknown-before', 'unavailable', 'unknown-after');
    const between = (same: Rows) => faultyStores(same, (name) => (isFaulty ? faults(name) : null));
    const { line: cut, world } = await afterOutage(rows, 20, 90, 110, { between });
    isFaulty = true;
    cut.repair(lost(20, 90));
    await world.clock.run(at(111) + 5 * SECOND_MS);
    expect(await stored(rows, 'SOL', at(20), at(90))).toEqual(fetched(truth('SOL', at(20), at(90))));
    const dayMs = START_MS - (START_MS % DAY_MS);
    expect((await rows.market.dayCandles('test', dayMs, dayMs + DAY_MS)).get('SOL')).toEqual(quartersOf(truth('SOL', dayMs, dayMs + DAY_MS)));
    expect(await revision(rows)).toBe(1);
    expect(world.warnings.filter((warning) => warning.startsWith('feed-write-failed'))).toHaveLength(3);
  });

  it('reach the charts of every process: a shelf that was warm shows what a cold one does', async () => {
    const rows = createRows();
    const shelf = chartOf(rows);
    const { line: cut, world } = await afterOutage(rows, 20, 50, 60);
    const blind = await stateOf(shelf, at(60));
    expect(blind).toMatchObject({ missing: Array.from({ length: 30 }, (_, index) => at(20 + index)) });
    cut.repair(lost(20, 50));
    await world.clock.run(at(61) + 5 * SECOND_MS);
    const warm = await stateOf(shelf, at(61));
    expect(warm).toMatchObject({ missing: [], upToMs: at(61) });
    expect(warm).toEqual(await stateOf(chartOf(rows), at(61)));
  });

  it('are what the exchange judges its fills by', async () => {
    const rows = createRows();
    const { line: cut, world } = await afterOutage(rows, 2, 32, 35);
    expect(world.feed.desk.view(world.clock.now()).tape('ETH').minuteVolume).toBeNull();
    cut.repair(lost(2, 32));
    const volumes = truth('ETH', at(5), at(35)).map(({ volume }) => volume);
    expect(world.feed.desk.view(world.clock.now()).tape('ETH').minuteVolume).toBeCloseTo(volumes.reduce((a, b) => a + b, 0) / 30, 9);
  });

  it('are not written by a feed that has lost its lease', async () => {
    const rows = createRows();
    const { line: cut, world } = await afterOutage(rows, 5, 8, 10);
    const nowMs = world.clock.now() + 10 * DAY_MS;
    await rows.market.lease({ scope: 'test', holder: 'another', epoch: null, nowMs, ttlMs: DAY_MS });
    cut.repair(lost(5, 8));
    await world.clock.run(at(12));
    expect(world.failures).toEqual([expect.stringContaining('no longer holds the lease')]);
    expect((await stored(rows, 'ETH', at(5), at(8))).map(({ origin }) => origin)).toEqual(['missing', 'missing', 'missing']);
  });
});

describe('the past that could not be fetched at the start', () => {
  it('is fetched by itself when the network is there: days, hours, minutes, and the charts', async () => {
    const rows = createRows();
    const cut = line({ isDown: true });
    const world = await opened(rows, cut);
    await world.start();
    cut.isDown = true;
    await world.clock.run(at(3) + 5 * SECOND_MS);
    expect(await stored(rows, 'ETH', FROM_MS, at(-1))).toEqual([]);
    expect(world.warnings.at(-1)).toMatch(/^history-incomplete .*no network/);
    const told = (await rows.market.snapshot('test'))?.feeds[0]?.detail;
    expect(told).toMatch(/^playing; history is incomplete \(no network\), asked for again at 2025-01-07T22:4\d:\d\d/);

    const shelf = chartOf(rows);
    await shelf.upTo(at(3), 0);
    cut.isDown = false;
    await world.clock.run(at(20) + 5 * SECOND_MS);
    for (const symbol of SYMBOLS) expect(await stored(rows, symbol, FROM_MS, at(0))).toEqual(fetched(truth(symbol, FROM_MS, at(0))));
    expect((await rows.market.dayCandles('test', FROM_MS, FROM_MS + DAY_MS)).get('ETH')).toEqual(quartersOf(truth('ETH', FROM_MS, FROM_MS + DAY_MS)));
    expect((await rows.market.snapshot('test'))?.feeds[0]?.detail).toBe('playing');
    expect(await stateOf(shelf, at(20))).toEqual(await stateOf(chartOf(rows), at(20)));
    // The hour of the start is packed with both: what was fetched later and what was received.
    await world.clock.run(at(60) + 5 * SECOND_MS);
    expect(await stored(rows, 'SOL', at(-7), at(0))).toEqual(fetched(truth('SOL', at(-7), at(0))));
    expect((await stored(rows, 'SOL', at(-37), at(60))).length).toBe(97);
  });

  it('is asked for with a growing pause, and no more once it is there', async () => {
    const cut = line({ isDown: true });
    const world = await opened(createRows(), cut);
    await world.start();
    await world.clock.run(at(30));
    const asked = cut.asked.length;
    // 5, 10, 20, ... s up to five minutes: days and minutes each.
    expect(asked).toBeGreaterThan(2 * 8);
    expect(asked).toBeLessThan(2 * 16);
    cut.isDown = false;
    await world.clock.run(at(36));
    const done = cut.asked.length;
    await world.clock.run(at(60));
    expect([done, cut.asked.length]).toEqual([asked + 2, asked + 2]);
  });

  it('is known to the next run when this one ends before it is there', async () => {
    const rows = createRows();
    const cut = line({ isDown: true });
    const first = await opened(rows, cut);
    await first.start();
    cut.isDown = false;
    await first.clock.run(START_MS + 4 * SECOND_MS);
    await first.stop();
    const again = await opened(rows, line());
    await again.start();
    expect((await stored(rows, 'ETH', FROM_MS, at(0))).length).toBe((at(0) - FROM_MS) / MINUTE_MS);
    expect((await rows.market.snapshot('test'))?.historyRevision).toBe(1);
  });

  it('includes what the run before has stored as missing and a venue can still tell', async () => {
    const rows = createRows();
    const { world } = await afterOutage(rows, 5, 8, 70);
    await world.stop();
    const again = await opened(rows, line(), { startMs: at(75) });
    await again.start();
    expect(await stored(rows, 'ETH', at(5), at(8))).toEqual(fetched(truth('ETH', at(5), at(8))));
    expect((await stored(rows, 'ETH', at(0), at(5))).every(({ origin }) => origin === 'received')).toBe(true);

    const recorded = createRows();
    const replay = line({ evidence: 'replay' });
    const run = await opened(recorded, replay);
    await run.start();
    await run.clock.run(at(5) + 30 * SECOND_MS);
    replay.isDown = true;
    await run.clock.run(at(8) + 5 * SECOND_MS);
    await run.stop();
    const next = line({ evidence: 'replay' });
    await (await opened(recorded, next)).start();
    // What a recording lacks it lacks: a run that goes on finds what the one before it found.
    expect((await stored(recorded, 'ETH', at(5), at(8))).map(({ origin }) => origin)).toEqual(['missing', 'missing', 'missing']);
    expect(next.asked.filter((question) => question.startsWith('minutes'))).toEqual([]);
  });
});

it('a minute that the feed never closed is in the packs of its hour when it comes', async () => {
  const rows = createRows();
  const { line: cut, world } = await afterOutage(rows, 5, 8, 25);
  const hourMs = at(-37);
  expect(hourMs % HOUR_MS).toBe(0);
  cut.repair(fetched([{ ...(truth('ETH', at(6), at(7))[0] as Bar), symbol: 'BTC' }]));
  await world.clock.run(at(26) + 5 * SECOND_MS);
  expect(await stored(rows, 'BTC', hourMs, hourMs + HOUR_MS)).toMatchObject([{ openMs: at(6), origin: 'backfilled' }]);
});
