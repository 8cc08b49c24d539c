import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { instrumentsOf } from '../../../shared/config/instruments.ts';
import { type ChartShelf, createChartShelf } from '../../../shared/engine/chart-shelf.ts';
import { createFeedService, type FeedService } from '../../../shared/engine/feed-service.ts';
import type { FeedSink } from '../../../shared/engine/market-source.ts';
import type { MarketStore } from '../../../shared/engine/ports.ts';
import { compositeSource } from '../../../shared/feeds/composite-source.ts';
import { createVirtualClock, type VirtualClock } from '../../../shared/kernel/clock-virtual.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from '../../../shared/kernel/time.ts';
import type { Market } from '../../../shared/market/instrument.ts';
import type { Bar } from '../../../shared/market/price.ts';
import { createMemoryItems } from '../../../shared/store/memory-items.ts';
import { createMemoryLedger } from '../../../shared/store/memory-ledger.ts';
import { createMemoryMarket } from '../../../shared/store/memory-market.ts';
import { meteredItems } from '../../../shared/store/metered-items.ts';
import { chartState } from '../../support/chart-state.ts';
import { contextOver } from '../../support/engine-world.ts';
import { openMarket, trueBar } from '../../support/open-market.ts';

const TUESDAY = Date.UTC(2026, 9, 6);
const symbolsOf = (market: Market): readonly string[] => instrumentsOf(market, TUESDAY).map(({ symbol }) => symbol);

/** When the venue tells the bars of a minute, ms after its end; several times for one that is put right once more. None: never. */
type Lateness = (symbol: string, openMs: number) => readonly number[];

interface Setup {
  readonly startMs: number;
  readonly historyDays: number;
  readonly markets: readonly [Market, ...Market[]];
  readonly symbols: (market: Market) => readonly string[];
  /** The market whose bars are missing when their minute is closed, and come late. */
  readonly lateMarket: Market;
  readonly lateness: Lateness;
}

interface World {
  readonly clock: VirtualClock;
  readonly feed: FeedService;
  readonly meter: ReturnType<typeof meteredItems>['meter'];
  /** Of a process whose reads are counted, and of one that has just begun. */
  readonly warm: ChartShelf;
  readonly cold: () => ChartShelf;
  readonly market: MarketStore;
}

function open({ startMs, historyDays, markets, symbols, lateMarket, lateness }: Setup): World {
  const clock = createVirtualClock({ startMs, speed: Number.POSITIVE_INFINITY });
  const items = createMemoryItems();
  const { items: metered, meter } = meteredItems(items);
  const storeOver = (rows: typeof items): MarketStore => createMemoryMarket({ ttlDays: 36_500, now: () => 0 }, rows);
  const market = storeOver(items);
  const shelfOver = (store: MarketStore): ChartShelf => createChartShelf({ market: store, scope: 'test', markets, sleep: async () => undefined });

  const tellLate = (sink: FeedSink, bar: Bar): void => {
    for (const [nth, afterMs] of lateness(bar.symbol, bar.openMs).entries()) {
      // Told once more it is the venue's own bar.
      const told: Bar = nth === 0 ? { ...bar, origin: 'backfilled' } : { ...bar, close: bar.open, volume: bar.volume + nth };
      clock.at(bar.openMs + MINUTE_MS + afterMs, `8-late-${bar.symbol}`, () => sink.repaired([told]));
    }
  };
  const parts = markets.map((name) => {
    let sink: FeedSink | null = null;
    const isLate = name === lateMarket;
    return openMarket(clock, {
      name: name.toLowerCase(),
      market: name,
      symbols: symbols(name),
      onStart: (given) => {
        sink = given;
      },
      closed: (bar) => {
        if (!isLate) return bar;
        if (sink !== null) tellLate(sink, bar);
        return { ...bar, volume: 0, origin: 'missing' };
      },
    });
  });
  const [first, ...others] = parts;
  if (first === undefined) throw new Error('no market');
  const context = contextOver({ ledger: createMemoryLedger(items), market }, clock, { world: { scope: 'test', evidence: 'simulated', markets } });
  const feed = createFeedService(context, compositeSource([first, ...others]), {
    holder: 'one',
    leaseMs: MINUTE_MS,
    publishEveryMs: 15 * SECOND_MS,
    readOrdersEveryMs: MINUTE_MS,
    historyDays,
    onFenced: (error) => {
      throw error;
    },
  });
  return { clock, feed, meter, market, warm: shelfOver(storeOver(metered)), cold: () => shelfOver(market) };
}

async function stateOf(shelf: ChartShelf, minuteMs: number, symbols: readonly string[]): Promise<ReadonlyMap<string, unknown>> {
  const { chart } = await shelf.upTo(minuteMs, 0);
  return new Map(
    symbols.map((symbol) => {
      const found = chart(symbol);
      return [symbol, found === null ? null : { ...(chartState(found) as object), missing: found.missingSince(0) }];
    }),
  );
}

const scanAt = (minuteMs: number): number => minuteMs + 3 * SECOND_MS;

describe('a market of ten symbols whose every minute comes a minute late, one symbol after the other', () => {
  it('leaves a warm scan below 60 read units, and the charts those of a process that has just begun', async () => {
    const startMs = TUESDAY + 4.8 * HOUR_MS;
    const nse = symbolsOf('NSE');
    const world = open({
      startMs,
      historyDays: 5,
      markets: ['CRYPTO', 'NSE'],
      symbols: (market) => (market === 'NSE' ? nse : ['BTC']),
      lateMarket: 'NSE',
      lateness: (symbol) => [MINUTE_MS + 5 * nse.indexOf(symbol) * SECOND_MS],
    });
    expect(nse).toHaveLength(10);
    await world.feed.start();
    const units: number[] = [];
    let compared = 0;
    // Over the end of an hour.
    for (let minuteMs = startMs + MINUTE_MS; minuteMs <= startMs + 20 * MINUTE_MS; minuteMs += MINUTE_MS) {
      await world.clock.run(scanAt(minuteMs));
      const before = world.meter.total().readUnits;
      const warm = await stateOf(world.warm, minuteMs, [...nse, 'BTC']);
      units.push(world.meter.total().readUnits - before);
      if ((minuteMs / MINUTE_MS) % 8 !== 5) continue;
      expect(warm).toEqual(await stateOf(world.cold(), minuteMs, [...nse, 'BTC']));
      compared += 1;
    }
    expect(compared).toBeGreaterThan(1);
    const [cold, ...warm] = units;
    expect(cold).toBeGreaterThan(60);
    expect(Math.max(...warm)).toBeLessThanOrEqual(15);
    await world.feed.stop();
    const stored = await world.market.bars('test', startMs, startMs + 17 * MINUTE_MS);
    for (const symbol of nse) expect(stored.get(symbol)?.map(({ origin }) => origin)).toEqual(Array(17).fill('backfilled'));
  });

  it('costs one revision a minute', async () => {
    const startMs = TUESDAY + 5 * HOUR_MS;
    const nse = symbolsOf('NSE');
    const lateness: Lateness = (symbol) => [20 * SECOND_MS + 5 * nse.indexOf(symbol) * SECOND_MS];
    const world = open({ startMs, historyDays: 0, markets: ['NSE'], symbols: symbolsOf, lateMarket: 'NSE', lateness });
    await world.feed.start();
    await world.clock.run(startMs + 2 * MINUTE_MS);
    const before = (await world.market.snapshot('test'))?.historyRevision ?? 0;
    await world.clock.run(startMs + 12 * MINUTE_MS);
    expect((await world.market.snapshot('test'))?.historyRevision).toBe(before + 10);
  });

  it('still comes before the scan of its minute when the venue tells it at once', async () => {
    const startMs = TUESDAY + 5 * HOUR_MS;
    const lateness: Lateness = () => [2.5 * SECOND_MS];
    const world = open({ startMs, historyDays: 0, markets: ['NSE'], symbols: symbolsOf, lateMarket: 'NSE', lateness });
    await world.feed.start();
    await world.clock.run(scanAt(startMs + 5 * MINUTE_MS));
    const chart = (await world.warm.upTo(startMs + 5 * MINUTE_MS, 0)).chart('TCS');
    expect(chart).toMatchObject({ isLastMissing: false, upToMs: startMs + 5 * MINUTE_MS });
    expect(chart?.last1m).toEqual({ ...trueBar('TCS', startMs + 4 * MINUTE_MS), origin: 'backfilled' });
  });
});

describe('bars that come at any time, once, again, or never', () => {
  it('leave the charts of a process that looks now and then those of one that has just begun', async () => {
    const minutes = 150;
    const symbols = ['BTC', 'ETH'];
    const lateSeconds = fc.oneof(fc.integer({ min: 0, max: 70 }), fc.integer({ min: 0, max: 40 * 60 }), fc.integer({ min: 0, max: 150 * 60 }));
    const told = fc.array(fc.array(lateSeconds, { maxLength: 2 }), { minLength: 20, maxLength: 60 });
    const looks = fc.array(fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 20 }), fc.integer({ min: 100, max: 140 })), {
      minLength: 8,
      maxLength: 16,
    });
    let compared = 0;
    await fc.assert(
      fc.asyncProperty(told, looks, async (delays, pauses) => {
        // Over a midnight in UTC.
        const startMs = TUESDAY + DAY_MS - 70 * MINUTE_MS;
        const world = open({
          startMs,
          historyDays: 0,
          markets: ['CRYPTO'],
          symbols: () => symbols,
          lateMarket: 'CRYPTO',
          lateness: (symbol, openMs) => {
            const index = (openMs / MINUTE_MS) * symbols.length + symbols.indexOf(symbol);
            return (delays[index % delays.length] ?? []).map((seconds) => seconds * SECOND_MS).sort((a, b) => a - b);
          },
        });
        await world.feed.start();
        let minuteMs = startMs;
        for (const pause of pauses) {
          minuteMs += pause * MINUTE_MS;
          if (minuteMs > startMs + minutes * MINUTE_MS) break;
          await world.clock.run(scanAt(minuteMs));
          expect(await stateOf(world.warm, minuteMs, symbols)).toEqual(await stateOf(world.cold(), minuteMs, symbols));
          compared += 1;
        }
        await world.feed.stop();
      }),
      { numRuns: 6 },
    );
    expect(compared).toBeGreaterThan(10);
  });
});
