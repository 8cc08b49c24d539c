import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { MarketSnapshot } from '../../shared/contracts/market-snapshot.ts';
import type { BarsBySymbol, KeptChains, Lease, MarketStore } from '../../shared/engine/ports.ts';
import { decimal } from '../../shared/kernel/decimal.ts';
import { rng } from '../../shared/kernel/rng.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../shared/kernel/time.ts';
import type { Bar } from '../../shared/market/price.ts';
import type { RolledCandle } from '../../shared/market/rollup.ts';
import { TICK_PACK_MS, type TickSample } from '../../shared/market/tick-sample.ts';
import { marketKeys } from '../../shared/store/keys.ts';
import { chainSource } from '../support/contract-chains.ts';
import { QUOTE, rateOf } from '../support/ledger-fixtures.ts';
import { codeOf, type StoreHarness } from './ledger-store.contract.ts';

export interface MarketHarness extends StoreHarness {
  /** Moves the wall clock that rows expire by. */
  readonly advance: (ms: number) => void;
}

/** A coin's chains of two venues, one side of one contract missing, and what has been settled on it. */
function keptChains(atMs: number): readonly KeptChains[] {
  const linear = { atMs, books: { 'BTC-PERP': [80_000.1, 80_000.2], 'BTC-2023-06-30': [80_500, 80_501] } } as const;
  const options = {
    atMs,
    venue: 'deribit',
    books: { 'BTC-2023-06-30-90000-C': [null, 0.0205, 0.61], 'BTC-2023-06-30-0.625-P': [0.1, 0.2] },
  } as const;
  const source = chainSource([linear, options]);
  const settled = {
    fundings: [{ atMs: atMs - HOUR_MS, rate: -0.00012345, mark: 80_000.123 }],
    deliveries: [{ expiryMs: atMs - DAY_MS, price: 79_999.99, source: 'test' }],
  };
  return [{ underlying: 'BTC', chains: source.chains('BTC', atMs), settled, ivHistory: [{ dayMs: atMs - DAY_MS, iv: 0.456 }] }];
}

const HOUR = Date.UTC(2023, 3, 3, 10);
const SYMBOLS = ['SOL', 'BTC', 'ETH'] as const;

/** A bar whose numbers use every bit of a float: what a lossy packing would change. */
function barAt(symbol: string, openMs: number): Bar {
  const random = rng(symbol, openMs);
  const open = random.next() * 10 ** (random.next() * 8 - 3);
  const origin = (['received', 'backfilled', 'missing'] as const)[Math.floor(random.next() * 3)] ?? 'received';
  return {
    symbol,
    openMs,
    open,
    high: open * 1.1,
    low: open / 3,
    close: open + random.next(),
    volume: random.next() / 7,
    origin,
    evidence: random.next() < 0.5 ? 'replay' : 'simulated',
  };
}

const minutesFrom = (fromMs: number, count: number): readonly number[] => Array.from({ length: count }, (_, index) => fromMs + index * MINUTE_MS);
const barsOfHour = (hourMs: number, count = 60): BarsBySymbol =>
  new Map(SYMBOLS.map((symbol) => [symbol, minutesFrom(hourMs, count).map((ms) => barAt(symbol, ms))]));
const sorted = (bars: BarsBySymbol): [string, readonly Bar[]][] => [...bars].sort(([a], [b]) => (a < b ? -1 : 1));

const CHECK = { state: 'diverged', spreadBps: -120.07, against: ['coinbase', 'kraken'], sinceMs: HOUR, isWarning: true } as const;

function snapshotOf(scope: string, atMs: number): MarketSnapshot {
  return {
    scope,
    atMs,
    quotes: SYMBOLS.map((symbol, index) => ({ symbol, ...QUOTE, last: 100 / (index + 3), check: index === 0 ? CHECK : null })),
    rates: [rateOf('USDT'), rateOf('INR', '0.01192')],
    feeds: [
      {
        source: 'replay',
        markets: ['CRYPTO'],
        evidence: 'replay',
        status: 'up',
        detail: 'reading',
        sinceMs: HOUR,
        accepted: 12,
        refused: { 'price-zero': 1 },
        reconnects: 0,
      },
    ],
    cursor: { file: 'a.csv', row: 17, at: [1, null, 'x'] },
  };
}

/** What every market store does, whatever it is made of. Every test has a scope of its own. */
export function marketStoreContract(name: string, open: () => Promise<MarketHarness>): void {
  describe(`market store: ${name}`, () => {
    let harness: MarketHarness;
    let store: MarketStore;
    let scopes = 0;
    const run = `${Date.now().toString(36)}${process.pid}`;
    const nextScope = (): string => {
      scopes += 1;
      return `${run}-${scopes}`;
    };
    const take = (scope = nextScope()): Promise<Lease> => store.lease({ scope, holder: 'feed', epoch: null, nowMs: HOUR, ttlMs: 10_000 });
    const publishMinutes = async (lease: Lease, minutes: readonly number[]): Promise<void> => {
      for (const minuteMs of minutes) {
        const bars = SYMBOLS.map((symbol) => barAt(symbol, minuteMs));
        await store.publish(lease, snapshotOf(lease.scope, minuteMs + MINUTE_MS), { minuteMs, bars });
      }
    };

    beforeAll(async () => {
      harness = await open();
      store = harness.market;
    });
    afterAll(async () => {
      await harness.close();
    });

    it('has nothing of a scope that never was', async () => {
      expect(await store.snapshot('never')).toBeNull();
      expect(await store.snapshotAndMinute('never', HOUR)).toEqual({ snapshot: null, bars: null });
      expect((await store.bars('never', HOUR, HOUR + HOUR_MS)).size).toBe(0);
      expect((await store.dayCandles('never', HOUR, HOUR + DAY_MS)).size).toBe(0);
    });

    it('raises the epoch when the lease is taken and keeps it when it is renewed', async () => {
      const first = await take();
      const renewed = await store.lease({ ...first, nowMs: HOUR + 5_000, ttlMs: 10_000 });
      const retaken = await store.lease({ scope: first.scope, holder: 'feed', epoch: null, nowMs: HOUR + 6_000, ttlMs: 10_000 });

      expect(first).toEqual({ scope: first.scope, holder: 'feed', epoch: 1, untilMs: HOUR + 10_000 });
      expect(renewed).toEqual({ ...first, untilMs: HOUR + 15_000 });
      expect(retaken.epoch).toBe(2);
    });

    it('refuses the lease to another holder until it has run out, and then fences the first', async () => {
      const first = await take();
      const other = { scope: first.scope, holder: 'other', epoch: null, ttlMs: 10_000 };

      expect(await codeOf(store.lease({ ...other, nowMs: first.untilMs - 1 }))).toBe('fenced');
      const second = await store.lease({ ...other, nowMs: first.untilMs });

      expect(second.epoch).toBe(2);
      expect(await codeOf(store.lease({ ...first, nowMs: HOUR, ttlMs: 10_000 }))).toBe('fenced');
      expect(await codeOf(store.publish(first, snapshotOf(first.scope, HOUR), null))).toBe('fenced');
      expect(await codeOf(store.publish(first, snapshotOf(first.scope, HOUR), { minuteMs: HOUR, bars: [barAt('BTC', HOUR)] }))).toBe('fenced');
      expect(await codeOf(store.packHour(first, HOUR, barsOfHour(HOUR)))).toBe('fenced');
      expect(await store.snapshotAndMinute(first.scope, HOUR)).toEqual({ snapshot: null, bars: null });
      await store.publish(second, snapshotOf(first.scope, HOUR), null);
    });

    it('gives back the conflated ticks of one symbol over packs, and refuses those of a feed that was fenced off', async () => {
      const first = await take();
      const sample = (symbol: string, seconds: number): TickSample => ({
        symbol,
        secondMs: HOUR + seconds * 1_000,
        price: 100 + seconds / 3,
        quantity: 0.1 + 0.2,
        trades: 2,
        source: 'test',
        evidence: 'live',
      });
      await store.packTicks(first, HOUR, [sample('BTC', 1), sample('BTC', 599), sample('ETH', 2)]);
      await store.packTicks(first, HOUR + TICK_PACK_MS, [sample('BTC', 601)]);
      const second = await store.lease({ scope: first.scope, holder: 'other', epoch: null, nowMs: first.untilMs, ttlMs: 10_000 });

      expect(await codeOf(store.packTicks(first, HOUR + 2 * TICK_PACK_MS, [sample('BTC', 1_201)]))).toBe('fenced');
      await store.packTicks(second, HOUR + 2 * TICK_PACK_MS, [sample('BTC', 1_202)]);
      expect(await store.ticks(first.scope, 'BTC', HOUR, HOUR + HOUR_MS)).toEqual([1, 599, 601, 1_202].map((seconds) => sample('BTC', seconds)));
      expect(await store.ticks(first.scope, 'BTC', HOUR + 599_000, HOUR + 601_000)).toEqual([sample('BTC', 599)]);
      expect(await store.ticks(first.scope, 'SOL', HOUR, HOUR + HOUR_MS)).toEqual([]);
    });

    it('keeps packs of five hundred symbols, each row below what a row can hold', async () => {
      const lease = await take();
      const symbols = Array.from({ length: 500 }, (_, index) => `S${String(index).padStart(3, '0')}`);
      const bars = new Map(symbols.map((symbol) => [symbol, minutesFrom(HOUR, 60).map((ms) => barAt(symbol, ms))]));
      await store.packHour(lease, HOUR, bars);
      expect(await store.bars(lease.scope, HOUR, HOUR + HOUR_MS)).toEqual(bars);
    });

    it('prolongs the lease with what is published', async () => {
      const lease = await take();
      const other = { scope: lease.scope, holder: 'other', epoch: null, ttlMs: 10_000 };
      await store.publish({ ...lease, untilMs: lease.untilMs + 60_000 }, snapshotOf(lease.scope, HOUR), null);

      expect(await codeOf(store.lease({ ...other, nowMs: lease.untilMs + 59_999 }))).toBe('fenced');
      expect(await store.lease({ ...other, nowMs: lease.untilMs + 60_000 })).toMatchObject({ epoch: 2 });
    });

    it('lets one of two feeds take a lease that is free', async () => {
      const scope = nextScope();
      const outcomes = await Promise.all(
        ['left', 'right', 'third'].map((holder) => codeOf(store.lease({ scope, holder, epoch: null, nowMs: HOUR, ttlMs: 10_000 }))),
      );
      expect(outcomes.toSorted()).toEqual(['done', 'fenced', 'fenced']);
    });

    it('lets a holder renew after its time when nobody took the lease', async () => {
      const lease = await take();
      expect(await store.lease({ ...lease, nowMs: lease.untilMs + 60_000, ttlMs: 10_000 })).toMatchObject({ epoch: 1 });
      expect(await codeOf(store.lease({ ...lease, scope: nextScope(), nowMs: HOUR, ttlMs: 1 }))).toBe('fenced');
    });

    it('gives the snapshot and the bars of a minute together, and null for a minute that is not there', async () => {
      const lease = await take();
      await publishMinutes(lease, [HOUR]);
      const snapshot = snapshotOf(lease.scope, HOUR + 90_000);
      await store.publish(lease, snapshot, null);

      expect(await store.snapshotAndMinute(lease.scope, HOUR)).toEqual({ snapshot, bars: SYMBOLS.map((symbol) => barAt(symbol, HOUR)) });
      expect(await store.snapshotAndMinute(lease.scope, HOUR + MINUTE_MS)).toEqual({ snapshot, bars: null });
      expect(await store.snapshot(lease.scope)).toEqual(snapshot);
      expect(await store.lease({ ...lease, nowMs: HOUR, ttlMs: 1 })).toMatchObject({ epoch: lease.epoch });
    });

    it('keeps a minute without bars apart from one that is not there', async () => {
      const lease = await take();
      await store.publish(lease, snapshotOf(lease.scope, HOUR), { minuteMs: HOUR, bars: [] });
      expect((await store.snapshotAndMinute(lease.scope, HOUR)).bars).toEqual([]);
    });

    it('joins packed hours and single minutes bit for bit, without repeating any', async () => {
      const lease = await take();
      await publishMinutes(lease, minutesFrom(HOUR, 150));
      await store.packHour(lease, HOUR + HOUR_MS, barsOfHour(HOUR + HOUR_MS));

      const bars = await store.bars(lease.scope, HOUR + 7 * MINUTE_MS, HOUR + 140 * MINUTE_MS);

      const expected = new Map(SYMBOLS.map((symbol) => [symbol, minutesFrom(HOUR + 7 * MINUTE_MS, 133).map((ms) => barAt(symbol, ms))]));
      expect([...bars]).toEqual(sorted(expected));
    });

    it('reads the same bars whatever is packed', async () => {
      const lease = await take();
      await publishMinutes(lease, minutesFrom(HOUR + 30 * MINUTE_MS, 60));
      const read = async () => [...(await store.bars(lease.scope, HOUR, HOUR + 2 * HOUR_MS))];
      const loose = await read();
      const pick = (fromMs: number, count: number): BarsBySymbol =>
        new Map(SYMBOLS.map((symbol) => [symbol, minutesFrom(fromMs, count).map((ms) => barAt(symbol, ms))]));
      await store.packHour(lease, HOUR, pick(HOUR + 30 * MINUTE_MS, 30));
      expect(await read()).toEqual(loose);
      await store.packHour(lease, HOUR + HOUR_MS, pick(HOUR + HOUR_MS, 30));
      expect(await read()).toEqual(loose);
    });

    it('reads the minutes that came after their hour was packed', async () => {
      const lease = await take();
      await publishMinutes(lease, minutesFrom(HOUR, 60));
      await store.packHour(lease, HOUR, barsOfHour(HOUR, 40));
      await store.packHour(lease, HOUR - HOUR_MS, barsOfHour(HOUR - HOUR_MS));
      expect([...(await store.bars(lease.scope, HOUR, HOUR + HOUR_MS))]).toEqual(sorted(barsOfHour(HOUR)));
      expect((await store.bars(lease.scope, HOUR - HOUR_MS, HOUR + HOUR_MS)).get('BTC')).toHaveLength(120);
    });

    it('replaces an hour that is packed again', async () => {
      const lease = await take();
      await store.packHour(lease, HOUR, barsOfHour(HOUR, 10));
      await store.packHour(lease, HOUR, barsOfHour(HOUR));
      expect([...(await store.bars(lease.scope, HOUR, HOUR + HOUR_MS))]).toEqual(sorted(barsOfHour(HOUR)));
    });

    it('does not mix scopes', async () => {
      const [one, other] = [await take(), await take()];
      await publishMinutes(one, [HOUR]);
      expect((await store.bars(other.scope, HOUR, HOUR + HOUR_MS)).size).toBe(0);
      expect(await store.snapshot(other.scope)).toBeNull();
    });

    it('gives the packed candles of whole days in a range', async () => {
      const lease = await take();
      const dayMs = HOUR - (HOUR % DAY_MS);
      const candle = (openMs: number): RolledCandle => {
        const { open, high, low, close, volume } = barAt('BTC', openMs);
        return { openMs, open, high, low, close, volume, isComplete: openMs % 2_700_000 !== 0 };
      };
      const day = (start: number): readonly RolledCandle[] => Array.from({ length: 96 }, (_, index) => candle(start + index * 15 * MINUTE_MS));
      for (const start of [dayMs, dayMs + DAY_MS]) await store.packDay(lease, start, new Map([['BTC', day(start)]]));

      const from = dayMs + 6 * HOUR_MS;
      const to = dayMs + 30 * HOUR_MS;
      const candles = await store.dayCandles(lease.scope, from, to);

      expect([...candles]).toEqual([['BTC', [...day(dayMs), ...day(dayMs + DAY_MS)].filter(({ openMs }) => openMs >= from && openMs < to)]]);
    });

    it('forgets minutes and hours when their time is over, counted from when they were written, and never the newest prices', async () => {
      const lease = await take();
      await publishMinutes(lease, minutesFrom(HOUR, 2));
      await store.packHour(lease, HOUR + HOUR_MS, barsOfHour(HOUR + HOUR_MS));
      const read = () => store.bars(lease.scope, HOUR, HOUR + 2 * HOUR_MS);

      expect((await read()).get('BTC')).toHaveLength(62);
      harness.advance(8 * DAY_MS);
      expect((await read()).get('BTC')).toHaveLength(60);
      expect((await store.snapshotAndMinute(lease.scope, HOUR)).bars).toBeNull();
      harness.advance(30 * DAY_MS);
      expect((await read()).size).toBe(0);
      expect(await store.snapshot(lease.scope)).toEqual(snapshotOf(lease.scope, HOUR + 2 * MINUTE_MS));
    });

    it('keeps what the venues list, once a scope, for a month, under the lease', async () => {
      const lease = await take();
      const rules = ['BTC', 'ETH'].map((symbol, index) => ({
        symbol,
        status: index === 0 ? 'TRADING' : 'HALT',
        tickSize: decimal('0.00000001'),
        lotStep: decimal('123456789012345678.12345678'),
        minNotional: decimal('5'),
        source: 'exchangeInfo',
        asOfMs: HOUR + index,
      }));
      expect(await store.listings(lease.scope)).toEqual([]);
      await store.keepListings(lease, rules.slice(1));
      await store.keepListings(lease, rules);
      expect(await store.listings(lease.scope)).toEqual(rules);
      expect(await store.listings(nextScope())).toEqual([]);

      const next = await store.lease({ scope: lease.scope, holder: 'other', epoch: null, nowMs: lease.untilMs, ttlMs: 10_000 });
      expect(await codeOf(store.keepListings(lease, []))).toBe('fenced');
      harness.advance(40 * DAY_MS);
      expect(await store.listings(lease.scope)).toEqual([]);
      await store.keepListings(next, rules);
      expect(await store.listings(lease.scope)).toHaveLength(2);
    });

    it('keeps the closes of days by symbol, whole, until others take their place', async () => {
      const lease = await take();
      const closes = new Map(
        Array.from({ length: 120 }, (_, i): [string, readonly { date: string; close: number }[]] => [
          `S${String(i).padStart(3, '0')}`,
          Array.from({ length: 5 + (i % 3) }, (_unused, day) => ({ date: `2026-11-0${day + 1}`, close: 100 + i + day / 8 })),
        ]),
      );
      expect((await store.dailies(lease.scope)).size).toBe(0);
      await store.keepDailies(lease, new Map([['S000', [{ date: '2026-10-31', close: 1 }]]]));
      await store.keepDailies(lease, closes);
      expect(await store.dailies(lease.scope)).toEqual(closes);
      expect((await store.dailies(nextScope())).size).toBe(0);
      await store.lease({ scope: lease.scope, holder: 'other', epoch: null, nowMs: lease.untilMs, ttlMs: 10_000 });
      expect(await codeOf(store.keepDailies(lease, new Map()))).toBe('fenced');
      expect(await store.dailies(lease.scope)).toEqual(closes);
    });

    it('keeps the chains of futures and options, contract for contract, a day, under the lease', async () => {
      const lease = await take();
      const kept = keptChains(HOUR);
      expect(await store.chains(lease.scope)).toEqual([]);
      await store.keepChains(lease, []);
      await store.keepChains(lease, kept);
      const found = await store.chains(lease.scope);
      expect(found).toEqual(kept);
      // A contract is one thing in a process, wherever its symbol was read.
      expect(found[0]?.chains[0]?.perpetual?.instrument).toBe(kept[0]?.chains[0]?.perpetual?.instrument);
      expect(await store.chains(nextScope())).toEqual([]);

      await store.lease({ scope: lease.scope, holder: 'other', epoch: null, nowMs: lease.untilMs, ttlMs: 10_000 });
      expect(await codeOf(store.keepChains(lease, keptChains(2 * HOUR)))).toBe('fenced');
      harness.advance(2 * DAY_MS);
      expect(await store.chains(lease.scope)).toEqual([]);
    });

    it('keeps the revision of history and the rules with the snapshot', async () => {
      const lease = await take();
      const snapshot = { ...snapshotOf(lease.scope, HOUR), historyRevision: 3, rules: [] };
      await store.publish(lease, snapshot, null);
      expect(await store.snapshot(lease.scope)).toEqual(snapshot);
    });

    it('names the row that does not have the expected form', async () => {
      const lease = await take();
      await publishMinutes(lease, [HOUR]);
      const key = marketKeys.minute(lease.scope, HOUR);
      const body = JSON.stringify({ symbol: ['BTC'], openMs: [], open: [], high: [], low: [], close: [], volume: [], origin: [], evidence: [] });
      await harness.items.write([{ kind: 'put', table: 'market', key, attributes: { body, expires: 9_999_999_999 } }]);
      await expect(store.bars(lease.scope, HOUR, HOUR + HOUR_MS)).rejects.toMatchObject({ code: 'corrupt', context: { sk: key.sk } });
    });
  });
}
