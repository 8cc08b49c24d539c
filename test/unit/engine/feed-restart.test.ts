import { describe, expect, it } from 'vitest';
import { createFeedService } from '../../../shared/engine/feed-service.ts';
import type { FeedSink } from '../../../shared/engine/market-source.ts';
import { compositeSource } from '../../../shared/feeds/composite-source.ts';
import { createVirtualClock, type VirtualClock } from '../../../shared/kernel/clock-virtual.ts';
import { DAY_MS, HOUR_MS, iso, MINUTE_MS, SECOND_MS } from '../../../shared/kernel/time.ts';
import type { Bar, Tick } from '../../../shared/market/price.ts';
import type { TickSample } from '../../../shared/market/tick-sample.ts';
import { contextOver, createRows, openWorld, type Rows } from '../../support/engine-world.ts';
import { type OpenMarket, openMarket, trueBar, trueQuarters } from '../../support/open-market.ts';

const DAY = Date.UTC(2026, 9, 6);
const CRYPTO: OpenMarket = { name: 'crypto', market: 'CRYPTO', symbols: ['BTC'] };
const NSE: OpenMarket = { name: 'nse', market: 'NSE', symbols: ['TCS'] };

/** A feed of some markets that runs from one instant to another, and is stopped. */
async function ran(rows: Rows, parts: readonly [OpenMarket, ...OpenMarket[]], fromMs: number, toMs: number): Promise<void> {
  const world = await openWorld({
    rows,
    startMs: fromMs,
    markets: parts.map(({ market }) => market),
    source: (clock) => {
      const [first, ...others] = parts;
      return compositeSource([openMarket(clock, first), ...others.map((part) => openMarket(clock, part))]);
    },
    publishEveryMs: 20 * SECOND_MS,
    historyDays: 1,
  });
  await world.feed.start();
  await world.clock.run(toMs);
  await world.feed.stop();
  expect(world.warnings).toEqual([]);
}

/** Lets time pass where nothing else may be due. */
async function passTo(clock: VirtualClock, ms: number): Promise<void> {
  clock.at(ms, '9-test', () => undefined);
  await clock.run(ms);
}

const dayOf = (rows: Rows, dayMs: number) => rows.market.dayCandles('test', dayMs, dayMs + DAY_MS);

describe('a day that ends while no feed runs', () => {
  it('is packed with the market that has nothing to be fetched any more', async () => {
    const rows = createRows();
    await ran(rows, [CRYPTO, NSE], DAY + 9 * HOUR_MS, DAY + 10.4 * HOUR_MS);
    await ran(rows, [CRYPTO, NSE], DAY + 25 * HOUR_MS, DAY + 25.1 * HOUR_MS);
    const day = await dayOf(rows, DAY);
    expect(day.get('TCS')).toEqual(trueQuarters('NSE', 'TCS', DAY, DAY + DAY_MS));
    expect(day.get('BTC')).toEqual(trueQuarters('CRYPTO', 'BTC', DAY, DAY + DAY_MS));
  });

  it('is packed when nothing at all is fetched, and its last hour too', async () => {
    const rows = createRows();
    const packed: string[] = [];
    const watched: Rows = {
      ...rows,
      market: {
        ...rows.market,
        packHour: (lease, hourMs, bars) => {
          packed.push(iso(hourMs));
          return rows.market.packHour(lease, hourMs, bars);
        },
      },
    };
    await ran(watched, [NSE], DAY + 8 * HOUR_MS, DAY + 9.5 * HOUR_MS + 5 * SECOND_MS);
    packed.length = 0;
    // The venue has forgotten: what is stored is all there is.
    const empty: OpenMarket = { ...NSE, symbols: [] };
    await ran(watched, [empty], DAY + 25 * HOUR_MS, DAY + 25.1 * HOUR_MS);
    expect(packed).toEqual(['2026-10-06T09:00:00.000Z']);
    expect((await dayOf(rows, DAY)).get('TCS')).toEqual(trueQuarters('NSE', 'TCS', DAY, DAY + 9.5 * HOUR_MS));
  });

  it('is left alone while it is not over', async () => {
    const rows = createRows();
    await ran(rows, [NSE], DAY + 8 * HOUR_MS, DAY + 9.5 * HOUR_MS);
    await ran(rows, [NSE], DAY + 12 * HOUR_MS, DAY + 12.1 * HOUR_MS);
    expect((await dayOf(rows, DAY)).size).toBe(0);
  });
});

describe('a first start that dies before it has fetched everything', () => {
  it('leaves behind what it owes: the next one fetches the history of the source that was not asked yet', async () => {
    const rows = createRows();
    const startMs = DAY + 9.5 * HOUR_MS;
    const clock = createVirtualClock({ startMs, speed: Number.POSITIVE_INFINITY });
    let isStuck: () => void = () => undefined;
    const stuck = new Promise<void>((resolve) => {
      isStuck = resolve;
    });
    const silent: OpenMarket = {
      ...NSE,
      onAsked: () => {
        isStuck();
        return new Promise<void>(() => undefined);
      },
    };
    const dying = createFeedService(contextOver(rows, clock), compositeSource([openMarket(clock, CRYPTO), openMarket(clock, silent)]), {
      holder: 'one',
      leaseMs: MINUTE_MS,
      publishEveryMs: null,
      readOrdersEveryMs: MINUTE_MS,
      historyDays: 6,
      onFenced: () => undefined,
    });
    void dying.start();
    await stuck;

    const asked: string[] = [];
    const noted = (part: OpenMarket): OpenMarket => ({ ...part, onAsked: (what, fromMs) => void asked.push(`${part.name} ${what} ${iso(fromMs)}`) });
    const world = await openWorld({
      rows,
      startMs: startMs + 5 * MINUTE_MS,
      markets: ['CRYPTO', 'NSE'],
      source: (later) => compositeSource([openMarket(later, noted(CRYPTO)), openMarket(later, noted(NSE))]),
      historyDays: 6,
    });
    await world.feed.start();
    expect(asked).toEqual([
      'crypto minutes 2026-10-06T00:00:00.000Z',
      'nse quarters 2026-09-30T00:00:00.000Z',
      'nse minutes 2026-10-02T00:00:00.000Z',
    ]);
    const stored = await rows.market.bars('test', DAY - DAY_MS, startMs + 5 * MINUTE_MS);
    expect(stored.get('TCS')).toHaveLength(375 + 350);
    expect(stored.get('BTC')).toHaveLength(1_440 + 575);
    expect((await dayOf(rows, DAY - 5 * DAY_MS)).get('TCS')).toHaveLength(25);
  });
});

describe('the lease of a feed that starts', () => {
  it('is prolonged while history is filled in, however long that takes', async () => {
    const rows = createRows();
    const clock = createVirtualClock({ startMs: DAY + 9.5 * HOUR_MS, speed: Number.POSITIVE_INFINITY });
    const refusals: unknown[] = [];
    const market = {
      ...rows.market,
      packHour: async (...pack: Parameters<typeof rows.market.packHour>) => {
        // An hour takes two seconds to be kept; another feed waits for the lease all the while.
        await passTo(clock, clock.now() + 2 * SECOND_MS);
        const other = { scope: 'test', holder: 'another', epoch: null, nowMs: clock.now(), ttlMs: MINUTE_MS };
        refusals.push(await rows.market.lease(other).catch((error: unknown) => (error as { code: unknown }).code));
        return rows.market.packHour(...pack);
      },
    };
    const feed = createFeedService(contextOver({ ...rows, market }, clock), openMarket(clock, CRYPTO), {
      holder: 'one',
      leaseMs: MINUTE_MS,
      publishEveryMs: null,
      readOrdersEveryMs: MINUTE_MS,
      historyDays: 6,
      onFenced: () => undefined,
    });
    const beganMs = clock.now();
    await feed.start();
    expect(clock.now() - beganMs).toBeGreaterThan(MINUTE_MS);
    expect(refusals).toHaveLength(33);
    expect(new Set(refusals)).toEqual(new Set(['fenced']));
  });
});

describe('a feed that has run', () => {
  it('does not begin again after a stop, or after another has taken over: it would write nothing and not say so', async () => {
    const stopped = await openWorld({ rows: createRows(), startMs: DAY, source: (clock) => openMarket(clock, CRYPTO), historyDays: 0 });
    await stopped.feed.start();
    await stopped.feed.stop();
    await expect(stopped.feed.start()).rejects.toMatchObject({ code: 'already_started' });

    const rows = createRows();
    const fenced = await openWorld({ rows, startMs: DAY, source: (clock) => openMarket(clock, CRYPTO), historyDays: 0 });
    await fenced.feed.start();
    await rows.market.lease({ scope: 'test', holder: 'another', epoch: null, nowMs: DAY + 10 * DAY_MS, ttlMs: MINUTE_MS });
    await passTo(fenced.clock, DAY + 3 * MINUTE_MS);
    expect(fenced.failures).toHaveLength(1);
    await expect(fenced.feed.start()).rejects.toMatchObject({ code: 'already_started' });
  });

  it('may be tried again when it was refused the lease and has not run', async () => {
    const rows = createRows();
    await rows.market.lease({ scope: 'test', holder: 'another', epoch: null, nowMs: DAY, ttlMs: 30 * SECOND_MS });
    const world = await openWorld({ rows, startMs: DAY, source: (clock) => openMarket(clock, CRYPTO), historyDays: 0 });
    await expect(world.feed.start()).rejects.toMatchObject({ code: 'fenced' });
    await passTo(world.clock, DAY + MINUTE_MS);
    await world.feed.start();
    await world.clock.run(DAY + 3 * MINUTE_MS + 5 * SECOND_MS);
    expect((await rows.market.bars('test', DAY + MINUTE_MS, DAY + 3 * MINUTE_MS)).get('BTC')).toHaveLength(2);
  });
});

it('a start just after a minute has ended keeps the bars of it that were fetched, where the source has heard none', async () => {
  const rows = createRows();
  const startMs = DAY + 9.5 * HOUR_MS;
  const deaf = (bar: Bar): Bar => (bar.openMs < startMs ? { ...bar, volume: 0, origin: 'missing' } : bar);
  const world = await openWorld({
    rows,
    startMs: startMs + SECOND_MS,
    source: (clock) => openMarket(clock, { ...CRYPTO, closed: deaf }),
    historyDays: 0,
  });
  await world.feed.start();
  await world.clock.run(startMs + 2 * MINUTE_MS + 5 * SECOND_MS);
  const bars = (await rows.market.bars('test', startMs - 2 * MINUTE_MS, startMs + 2 * MINUTE_MS)).get('BTC');
  expect(bars?.map(({ origin }) => origin)).toEqual(['backfilled', 'backfilled', 'received', 'received']);
  const alone = (await rows.market.snapshotAndMinute('test', startMs - MINUTE_MS)).bars;
  expect(alone).toEqual([{ ...trueBar('BTC', startMs - MINUTE_MS), origin: 'backfilled' }]);
  expect((await rows.market.snapshot('test'))?.cursor).toMatchObject({ closedToMs: startMs + 2 * MINUTE_MS });
});

describe('the close of the session before', () => {
  const tick = (atMs: number, price: number): Tick => ({
    symbol: 'TCS',
    price,
    quantity: 1,
    motion: 'print',
    exchangeMs: atMs,
    receivedMs: atMs,
    source: 'nse',
    evidence: 'live',
  });
  const previousClose = async (rows: Rows, startMs: number, price: number): Promise<number | null> => {
    const world = await openWorld({
      rows,
      startMs,
      markets: ['NSE'],
      source: (clock) => openMarket(clock, { ...NSE, onStart: (sink) => void sink.tick(tick(startMs, price)) }),
      publishEveryMs: 20 * SECOND_MS,
      historyDays: 3,
    });
    await world.feed.start();
    await passTo(world.clock, startMs + 30 * SECOND_MS);
    await world.feed.stop();
    return world.feed.desk.view(startMs).previousClose('TCS');
  };

  it('is that of the history at a first start, and what the feed itself has seen over a restart', async () => {
    const rows = createRows();
    const yesterday = trueQuarters('NSE', 'TCS', DAY - DAY_MS, DAY).at(-1)?.close;
    expect(await previousClose(rows, DAY + 5 * HOUR_MS, 101)).toBe(yesterday);
    expect((await rows.market.snapshot('test'))?.quotes).toMatchObject([{ symbol: 'TCS', last: 101, previousClose: yesterday }]);
    expect(await previousClose(rows, DAY + 6 * HOUR_MS, 102)).toBe(yesterday);
  });

  it('is known without history from the cursor of the run before', async () => {
    const rows = createRows();
    const forgetful: Rows = { ...rows, market: { ...rows.market, bars: async () => new Map(), dayCandles: async () => new Map() } };
    expect(await previousClose(forgetful, DAY + 5 * HOUR_MS, 101)).toBeNull();
    expect(await previousClose(forgetful, DAY + 29 * HOUR_MS, 103)).toBe(101);
    expect(await previousClose(forgetful, DAY + 30 * HOUR_MS, 104)).toBe(101);
  });
});

describe('the ticks of a replay', () => {
  /** Plays a trade every 700 ms from where the cursor stands. */
  const opened = (rows: Rows, startMs: number) =>
    openWorld({
      rows,
      startMs,
      historyDays: 0,
      source: (clock) => {
        let nextMs = 0;
        const play = (sink: FeedSink): void => {
          clock.at(nextMs, '0-trades', async () => {
            const tick: Tick = {
              symbol: 'BTC',
              price: 100 + (nextMs % 7_000) / 7_000,
              quantity: 1,
              motion: 'print',
              exchangeMs: nextMs - 300,
              receivedMs: nextMs,
              source: 'replay',
              evidence: 'replay',
            };
            nextMs += 700;
            play(sink);
            await sink.tick(tick);
          });
        };
        return {
          ...openMarket(clock, CRYPTO),
          evidence: 'replay',
          start: async (sink, cursor) => {
            nextMs = typeof cursor === 'number' ? cursor : clock.now();
            play(sink);
          },
          cursor: () => nextMs,
        };
      },
    });
  const samplesOf = (rows: Rows): Promise<readonly TickSample[]> => rows.market.ticks('test', 'BTC', DAY - HOUR_MS, DAY + HOUR_MS);
  const sums = (samples: readonly TickSample[]): ReadonlyMap<number, number> => {
    const bySecond = new Map<number, number>();
    for (const { secondMs, trades } of samples) bySecond.set(secondMs, (bySecond.get(secondMs) ?? 0) + trades);
    return bySecond;
  };

  it('are all packed once, however often it is stopped and taken up again', async () => {
    const whole = createRows();
    const run = await opened(whole, DAY);
    await run.feed.start();
    await run.clock.run(DAY + 30 * MINUTE_MS + 5 * SECOND_MS);
    await run.feed.stop();

    const cut = createRows();
    for (const toMs of [3.4, 3.7, 8.2, 10.02, 17.9, 20, 26.5].map((minutes) => DAY + minutes * MINUTE_MS)) {
      const part = await opened(cut, DAY);
      await part.feed.start();
      await part.clock.run(toMs);
      await part.feed.stop();
    }
    const last = await opened(cut, DAY);
    await last.feed.start();
    await last.clock.run(DAY + 30 * MINUTE_MS + 5 * SECOND_MS);
    await last.feed.stop();

    const all = sums(await samplesOf(whole));
    expect([...all.values()].reduce((total, trades) => total + trades, 0)).toBe(Math.floor((30 * MINUTE_MS + 2_000) / 700) + 1);
    expect(sums(await samplesOf(cut))).toEqual(all);
    expect((await cut.market.bars('test', DAY, DAY + HOUR_MS)).get('BTC')).toEqual((await whole.market.bars('test', DAY, DAY + HOUR_MS)).get('BTC'));
  });
});

describe('a feed that is stopped while it starts', () => {
  it('does not run: its minutes are those of whoever comes after it', async () => {
    const rows = createRows();
    const world = await openWorld({
      rows,
      startMs: DAY + 12 * HOUR_MS,
      markets: ['CRYPTO'],
      source: (clock) => openMarket(clock, CRYPTO),
      publishEveryMs: 20 * SECOND_MS,
      historyDays: 1,
    });
    const started = world.feed.start();
    const stopped = world.feed.stop();
    await expect(started).rejects.toThrow('was stopped while it started');
    await stopped;
    const before = await rows.market.snapshot('test');
    await passTo(world.clock, DAY + 12.1 * HOUR_MS);
    expect(await rows.market.snapshot('test')).toEqual(before);
    expect((await rows.market.bars('test', DAY + 12 * HOUR_MS, DAY + 13 * HOUR_MS)).size).toBe(0);
    await expect(world.feed.start()).rejects.toThrow('does not begin again');
  });
});
