import { afterEach, describe, expect, it } from 'vitest';
import type { FeedSink, MarketSource } from '../../../../shared/engine/market-source.ts';
import { binanceSource } from '../../../../shared/feeds/binance/binance-source.ts';
import type { Clock } from '../../../../shared/kernel/clock.ts';
import { systemClock } from '../../../../shared/kernel/clock-system.ts';
import { decimal } from '../../../../shared/kernel/decimal.ts';
import { rng } from '../../../../shared/kernel/rng.ts';
import { MINUTE_MS, minuteOf } from '../../../../shared/kernel/time.ts';
import type { OrderBook } from '../../../../shared/market/order-book.ts';
import type { Bar, BookTop, Tick } from '../../../../shared/market/price.ts';
import { bookTicker, exchangeSymbol, kline, trade, wrapped } from '../../../support/binance-frames.ts';
import { type BinanceServer, startBinanceServer } from '../../../support/binance-server.ts';
import { SINK_REST } from '../../../support/recording-sink.ts';
import { until } from '../../../support/until.ts';

/** Silence is judged by the clock, which the tests move on by minutes. */
const TIMING = {
  silenceMs: 60 * MINUTE_MS,
  handshakeMs: 500,
  rotationMs: 600_000,
  overlapMs: 60,
  backoffBaseMs: 10,
  backoffCapMs: 40,
  provenMs: 1_000,
};
const SYMBOLS = ['BTC', 'ETH', 'SOL', 'DOGE', 'ADA', 'DOT'];
/** Half past a minute: the tests move the clock on from here, the machine's timers run as they do. */
const NOW_MS = Date.UTC(2026, 0, 5, 12, 0, 30);
const MINUTE_START_MS = minuteOf(NOW_MS);

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** Machine time, moved to `NOW_MS`, that a test can push on. */
function movableClock(): Clock & { readonly move: (ms: number) => void } {
  const real = systemClock((error) => {
    throw error;
  });
  let offsetMs = NOW_MS - real.now();
  return {
    now: () => real.now() + offsetMs,
    at: (ms, label, task) => real.at(ms - offsetMs, label, task),
    move: (ms) => {
      offsetMs += ms;
    },
  };
}

let id = 0;
const tradeIds = new Map<string, number>();
/** Trades of one symbol are numbered one after the other. */
function nextTradeId(symbol: string): number {
  const next = (tradeIds.get(symbol) ?? 1_000) + 1;
  tradeIds.set(symbol, next);
  return next;
}
const print = (atMs: number, price: number, symbol = 'BTCUSDT'): string =>
  wrapped(`${symbol.toLowerCase()}@trade`, trade({ s: symbol, t: nextTradeId(symbol), p: price.toFixed(2), q: '0.5', T: atMs, E: atMs }));
const book = (bid: number): string =>
  wrapped('btcusdt@bookTicker', bookTicker({ s: 'BTCUSDT', u: ++id, b: bid.toFixed(2), a: (bid + 1).toFixed(2) }));

/** Binance's klines over REST: every bar of the range asked for, closing at 100. */
const klines: typeof fetch = async (input) => {
  const { searchParams } = new URL(String(input));
  const spanMs = searchParams.get('interval') === '15m' ? 15 * MINUTE_MS : MINUTE_MS;
  const rows: unknown[] = [];
  for (let ms = Number(searchParams.get('startTime')); ms <= Number(searchParams.get('endTime')) && rows.length < 1_000; ms += spanMs) {
    rows.push([ms, '100', '101', '99', '100', '7', ms + spanMs - 1, '1', 5, '1', '1', '0']);
  }
  return Response.json(rows);
};

/** Answers 503 to every question until it is back. */
const noKlinesUntil =
  (isBack: () => boolean): typeof fetch =>
  async (input, init) =>
    isBack() ? klines(input, init) : new Response('maintenance', { status: 503 });

interface Live {
  readonly clock: ReturnType<typeof movableClock>;
  readonly server: BinanceServer;
  readonly source: MarketSource;
  readonly ticks: Tick[];
  readonly tops: BookTop[];
  readonly books: OrderBook[];
  readonly repaired: Bar[];
}

async function live(
  options: { readonly onTick?: FeedSink['tick']; readonly mostWaiting?: number; readonly fetch?: typeof fetch } = {},
): Promise<Live> {
  const server = await startBinanceServer();
  cleanups.push(server.close);
  const clock = movableClock();
  const { onTick = () => {}, mostWaiting = 5_000 } = options;
  const source = binanceSource({
    clock,
    urls: { webSocket: [server.url], rest: ['http://rest'] },
    random: rng('live'),
    log: () => {},
    timing: TIMING,
    repairTiming: { backoffBaseMs: 20, backoffCapMs: 80 },
    fetch: options.fetch ?? klines,
    mostWaiting,
  });
  const ticks: Tick[] = [];
  const tops: BookTop[] = [];
  const books: OrderBook[] = [];
  const repaired: Bar[] = [];
  await source.start(
    {
      tick: (tick) => {
        ticks.push(tick);
        return onTick(tick);
      },
      top: (top) => void tops.push(top),
      depth: (book) => void books.push(book),
      reference: SINK_REST.reference,
      repaired: (bars) => void repaired.push(...bars),
    },
    null,
  );
  cleanups.push(source.stop);
  return { clock, server, source, ticks, tops, books, repaired };
}

const state = (source: MarketSource) => source.states()[0];

async function connected(options: Parameters<typeof live>[0] = {}): Promise<Live> {
  const made = await live(options);
  await until(() => made.server.openConnections() === 1);
  made.server.send(print(made.clock.now(), 100));
  await until(() => made.ticks.length === 1);
  return made;
}

describe('live Binance', () => {
  it('asks for every crypto instrument and delivers trades and tops of book, stamped when they came', async () => {
    const { server, source, ticks, tops, clock } = await live();
    expect(state(source)).toMatchObject({ status: 'connecting', source: 'binance', evidence: 'live', accepted: 0 });
    await until(() => server.openConnections() === 1);
    expect(server.asked[0]).toEqual(
      SYMBOLS.flatMap((symbol) => ['trade', 'bookTicker', 'kline_1m', 'depth20@100ms'].map((kind) => `${symbol.toLowerCase()}usdt@${kind}`)),
    );
    const exchangeMs = clock.now();
    server.send(print(exchangeMs, 100));
    server.send(book(99.5));
    await until(() => tops.length === 1);
    expect(ticks).toMatchObject([{ symbol: 'BTC', price: 100, exchangeMs, evidence: 'live', source: 'binance', motion: 'print' }]);
    expect(tops).toMatchObject([{ symbol: 'BTC', bid: 99.5, ask: 100.5 }]);
    for (const { receivedMs } of [...ticks, ...tops]) expect(receivedMs - exchangeMs).toBeLessThan(2_000);
    expect(state(source)).toMatchObject({ status: 'up', accepted: 2, refused: {}, detail: `connected to ${server.url}` });
    expect(source.cursor()).toBeNull();
    expect(source.rates()).toMatchObject([{ currency: 'USDT', source: 'assumed' }]);
  });

  it('delivers books with their depth, stamped when they came, and counts those that cannot be', async () => {
    const { server, source, books } = await connected();
    const rows = (...prices: readonly number[]) => prices.map((price) => [String(price), '2']);
    const depth = (lastUpdateId: number, bids: readonly number[], asks: readonly number[]): string =>
      wrapped('btcusdt@depth20@100ms', { lastUpdateId, bids: rows(...bids), asks: rows(...asks) });
    const before = state(source)?.accepted ?? 0;
    for (const text of [depth(7, [99.5, 99], [100, 101]), depth(8, [99, 99.5], [100]), depth(9, [100], [100]), depth(6, [99], [100])])
      server.send(text);
    server.send(depth(10, [98], [100]));
    await until(() => books.length === 2);
    expect(books.map(({ symbol, sequence, bids, asks }) => [symbol, sequence, bids.map(({ price }) => price), asks.length])).toEqual([
      ['BTC', 7, [99.5, 99], 2],
      ['BTC', 10, [98], 1],
    ]);
    for (const { exchangeMs, receivedMs } of books) expect(exchangeMs).toBe(receivedMs);
    expect(state(source)?.accepted).toBe(before + 2);
    expect(state(source)?.refused).toEqual({ unsorted_book: 1, crossed_book: 1, older_book: 1 });
  });

  it('counts garbage by reason and shows it, and lets nothing of it through; a late print is none, and no present price either', async () => {
    const { server, source, ticks, tops, clock } = await connected();
    server.send(print(clock.now() - 10_000, 101));
    for (const text of ['{"half', '[]', print(clock.now(), 0), print(clock.now(), 100_000), '{"e":"trade","s":"BTCUSDT","p":"NaN"}', '{"e":"odd"}'])
      server.send(text);
    server.send(book(99));
    await until(() => tops.length === 1);
    expect(ticks.map(({ price }) => price)).toEqual([100]);
    expect(state(source)?.accepted).toBe(3);
    expect(state(source)?.refused).toEqual({ not_json: 1, empty_array: 1, bad_price: 2, jump: 1, unknown_shape: 1 });
  });

  it('has missing bars while it is down, and says why; recovers, and fills the hole when asked for it', async () => {
    let isBack = false;
    const { server, source, ticks, clock } = await connected({ fetch: noKlinesUntil(() => isBack) });
    server.send(print(clock.now() + 1, 102));
    await until(() => ticks.length === 2);
    server.refuse(503);
    server.reset();
    await until(() => state(source)?.status === 'down');
    expect(state(source)).toMatchObject({ status: 'down', detail: expect.stringMatching(/lost|HTTP 503/) });
    await until(() => state(source)?.detail.includes('HTTP 503') === true);
    clock.move(2 * MINUTE_MS);
    const [first, ...others] = source.closeMinute(MINUTE_START_MS);
    expect(first).toMatchObject({ symbol: 'BTC', open: 100, close: 102, origin: 'missing' });
    // Of the others nothing was ever seen: their bars say that, and no more.
    expect(others.map(({ symbol }) => symbol)).toEqual(SYMBOLS.slice(1));
    for (const bar of others) expect(bar).toMatchObject({ open: 0, close: 0, volume: 0, origin: 'missing' });
    expect(source.closeMinute(MINUTE_START_MS + MINUTE_MS)[0]).toMatchObject({ symbol: 'BTC', open: 102, close: 102, volume: 0, origin: 'missing' });
    expect(state(source)?.detail).toMatch(/12 bars of BTC, ETH, .* since 2026-01-05T12:00:00.000Z are still to be fetched/);

    server.refuse(null);
    await until(() => server.openConnections() === 1);
    server.send(print(clock.now(), 104));
    await until(() => state(source)?.status === 'up');
    expect(state(source)).toMatchObject({ reconnects: 1, accepted: 3 });
    isBack = true;
    const filled: Bar[] = [];
    for await (const bar of source.minutes(MINUTE_START_MS, MINUTE_START_MS + 2 * MINUTE_MS)) filled.push(bar);
    expect(filled).toHaveLength(12);
    expect(filled.every(({ origin, evidence }) => origin === 'backfilled' && evidence === 'live')).toBe(true);
    expect(source.closeMinute(MINUTE_START_MS).map(({ symbol, origin }) => [symbol, origin])).toEqual(
      SYMBOLS.map((symbol) => [symbol, 'backfilled']),
    );
  });

  it('puts a late print into the bar of its minute without taking it for the present price', async () => {
    const { server, source, ticks, tops, clock } = await connected({ fetch: noKlinesUntil(() => false) });
    clock.move(MINUTE_MS);
    const openMs = MINUTE_START_MS + MINUTE_MS;
    server.send(print(openMs + 25_000, 101));
    await until(() => ticks.length === 2);
    server.send(print(openMs + 10_000, 104));
    server.send(print(openMs + 26_000, 102));
    await until(() => ticks.length === 3);
    clock.move(50_000);
    server.send(print(openMs + 59_000, 103));
    server.send(book(100));
    await until(() => tops.length === 1);
    expect(ticks.map(({ price }) => price)).toEqual([100, 101, 102]);
    clock.move(MINUTE_MS);
    server.send(print(clock.now(), 105));
    await until(() => ticks.length === 4);
    expect(source.closeMinute(openMs)[0]).toMatchObject({ open: 104, high: 104, low: 101, close: 103, volume: 2 });
    expect(state(source)).toMatchObject({ accepted: 7, refused: {} });
  });

  it.each([Date.UTC(2100, 0, 1), MINUTE_START_MS, Date.UTC(2020, 0, 1)])('is not led astray by a bar of another time: %i', async (openMs) => {
    const { server, source, ticks, tops, clock, repaired } = await live({ fetch: noKlinesUntil(() => false) });
    await until(() => server.openConnections() === 1);
    server.send(wrapped('btcusdt@kline_1m', kline({ t: openMs, o: '100', h: '103', l: '98', c: '101', v: '5' })));
    server.send(print(clock.now(), 100));
    server.send(book(100));
    await until(() => ticks.length === 1 && tops.length === 1);
    clock.move(MINUTE_MS);
    server.send(print(clock.now(), 102));
    await until(() => ticks.length === 2);
    clock.move(MINUTE_MS);
    expect(source.closeMinute(MINUTE_START_MS)[0]).toMatchObject({ open: 100, close: 100, volume: 0.5, origin: 'missing' });
    // Nothing was heard after this minute's trade: the frame must not have made silence look heard.
    expect(source.closeMinute(MINUTE_START_MS + MINUTE_MS)[0]).toMatchObject({ close: 102, volume: 0.5, origin: 'missing' });
    expect(source.closeMinute(MINUTE_START_MS)[0]).toMatchObject({ close: 100, volume: 0.5 });
    expect(repaired).toEqual([]);
    expect(state(source)?.refused).toEqual({ [openMs < MINUTE_START_MS ? 'stamp_too_old' : 'stamp_in_future']: 1 });
  });

  it('does not let a limit of the venue hold up the start: who asks for history asks again', async () => {
    let requests = 0;
    const { source, clock } = await live({
      fetch: async () => {
        requests++;
        return new Response('slow down', { status: 429, headers: { 'retry-after': '110' } });
      },
    });
    const fromMs = clock.now();
    const limited = { code: 'rate_limited', context: { retryAfterMs: expect.any(Number) } };
    await expect(source.quarters(MINUTE_START_MS - 60 * MINUTE_MS, MINUTE_START_MS)).rejects.toMatchObject(limited);
    await expect(
      source
        .minutes(MINUTE_START_MS - MINUTE_MS, MINUTE_START_MS)
        [Symbol.asyncIterator]()
        .next(),
    ).rejects.toMatchObject(limited);
    expect(clock.now() - fromMs).toBeLessThan(2_000);
    expect(requests).toBe(SYMBOLS.length);
  });

  it("takes the venue's own closed bar, and fills minutes without a trade with the last close", async () => {
    const { server, source, clock } = await connected();
    clock.move(2 * MINUTE_MS);
    const openMs = MINUTE_START_MS + MINUTE_MS;
    server.send(wrapped('btcusdt@kline_1m', kline({ t: openMs, o: '100', h: '103', l: '98', c: '101', v: '5' })));
    server.send(book(100));
    await until(() => state(source)?.accepted === 3);
    clock.move(MINUTE_MS);
    expect(source.closeMinute(openMs)[0]).toMatchObject({ symbol: 'BTC', high: 103, low: 98, close: 101, volume: 5, origin: 'received' });
    // The next trade has the next number: there was none between.
    server.send(print(clock.now(), 102));
    await until(() => state(source)?.accepted === 4);
    expect(source.closeMinute(openMs + MINUTE_MS)[0]).toMatchObject({ symbol: 'BTC', open: 101, close: 101, volume: 0, origin: 'received' });
  });

  it('does not believe a bar of trades when a number is left out: frames can be lost although the line stays up', async () => {
    const { server, source, ticks, clock } = await connected({ fetch: noKlinesUntil(() => false) });
    const openMs = MINUTE_START_MS + MINUTE_MS;
    const prints = async (prices: readonly number[], count: number): Promise<void> => {
      clock.move(MINUTE_MS);
      for (const [index, price] of prices.entries()) server.send(print(clock.now() + index, price));
      await until(() => ticks.length === count);
    };
    await prints([101, 102], 3);
    nextTradeId('BTCUSDT');
    await prints([103, 104], 5);
    await prints([105], 6);
    expect(source.closeMinute(openMs)[0]).toMatchObject({ open: 101, close: 102, origin: 'missing' });
    expect(source.closeMinute(openMs + MINUTE_MS)[0]).toMatchObject({ open: 103, close: 104, origin: 'missing' });
    await prints([106], 7);
    expect(source.closeMinute(openMs + 2 * MINUTE_MS)[0]).toMatchObject({ open: 105, close: 105, origin: 'received' });
  });

  it('has a bar for every symbol once history was fetched, and goes on from there', async () => {
    const { source, clock } = await connected();
    for await (const bar of source.minutes(MINUTE_START_MS - 10 * MINUTE_MS, MINUTE_START_MS)) expect(bar.close).toBe(100);
    clock.move(MINUTE_MS);
    expect(source.closeMinute(MINUTE_START_MS - MINUTE_MS).map(({ symbol, origin }) => [symbol, origin])).toEqual(
      SYMBOLS.map((symbol) => [symbol, 'backfilled']),
    );
    expect(source.closeMinute(MINUTE_START_MS).map(({ symbol }) => symbol)).toEqual(SYMBOLS);
    const quarters = await source.quarters(MINUTE_START_MS - 60 * MINUTE_MS, MINUTE_START_MS);
    expect([...quarters.keys()]).toEqual(SYMBOLS);
    expect(quarters.get('DOT')).toHaveLength(4);
    expect(quarters.get('DOT')?.[0]).toMatchObject({ isComplete: true, close: 100 });
  });

  it('judges the first price by the history', async () => {
    const { server, source, clock, ticks, tops } = await live();
    for await (const bar of source.minutes(MINUTE_START_MS - 2 * MINUTE_MS, MINUTE_START_MS)) expect(bar.close).toBe(100);
    await until(() => server.openConnections() === 1);
    server.send(print(clock.now(), 100_000));
    server.send(book(100));
    await until(() => tops.length === 1);
    expect(ticks).toEqual([]);
    expect(state(source)?.refused).toEqual({ jump: 1 });
  });

  it('throws what REST throws when it cannot be reached', async () => {
    const refusing: typeof fetch = async () => {
      throw new TypeError('fetch failed');
    };
    const { source } = await live({ fetch: refusing });
    await expect(source.quarters(MINUTE_START_MS - 60 * MINUTE_MS, MINUTE_START_MS)).rejects.toMatchObject({ code: 'unreachable' });
    const reading = (async () => {
      for await (const bar of source.minutes(MINUTE_START_MS - MINUTE_MS, MINUTE_START_MS)) expect(bar).toBeUndefined();
    })();
    await expect(reading).rejects.toMatchObject({ code: 'unreachable' });
  });

  it('lets prices wait in order while the engine works, and counts the tops that gave way', async () => {
    let release: () => void = () => {};
    const working = new Promise<void>((resolve) => {
      release = resolve;
    });
    const { server, source, ticks, tops, clock } = await connected({ onTick: () => working, mostWaiting: 10 });
    for (let i = 1; i <= 30; i++) {
      server.send(print(clock.now(), 100 + i));
      server.send(book(90 + i / 10));
    }
    await until(() => (state(source)?.accepted ?? 0) === 61);
    expect([ticks.length, tops.length]).toEqual([1, 0]);
    release();
    await until(() => ticks.length === 31 && tops.at(-1)?.bid === 93);
    expect(ticks.map(({ price }) => price)).toEqual(Array.from({ length: 31 }, (_, i) => 100 + i));
    expect(state(source)?.refused.conflated_book).toBe(30 - tops.length);
    expect(tops.length).toBeLessThan(10);
  });

  it('makes its first minute whole, of which it saw but a part, over REST right away', async () => {
    const { source, clock, repaired } = await connected();
    clock.move(MINUTE_MS);
    const given = source.closeMinute(MINUTE_START_MS);
    expect(given.map(({ origin }) => origin)).toEqual(SYMBOLS.map(() => 'missing'));
    await until(() => repaired.length === 6);
    expect(repaired.map(({ symbol, openMs, origin, volume }) => [symbol, openMs, origin, volume])).toEqual(
      SYMBOLS.map((symbol) => [symbol, MINUTE_START_MS, 'backfilled', 7]),
    );
    expect(source.closeMinute(MINUTE_START_MS)).toEqual(repaired);
    expect(state(source)?.detail).toMatch(/^connected to ws:[^;]*$/);
  });

  it('fetches what an outage has kept from it by itself, as soon as the network is there', async () => {
    let isBack = false;
    const { server, source, clock, repaired, ticks } = await connected({ fetch: noKlinesUntil(() => isBack) });
    server.refuse(503);
    server.reset();
    await until(() => state(source)?.status === 'down');
    clock.move(3 * MINUTE_MS);
    for (const minute of [0, 1, 2]) source.closeMinute(MINUTE_START_MS + minute * MINUTE_MS);
    await until(() => state(source)?.detail.includes('HTTP 503: maintenance') === true);
    expect(repaired).toEqual([]);
    isBack = true;
    server.refuse(null);
    await until(() => server.openConnections() === 1);
    server.send(print(clock.now(), 104));
    await until(() => ticks.length === 2 && repaired.length === 18);
    expect(repaired.map(({ openMs }) => openMs)).toEqual(repaired.map(({ openMs }) => openMs).toSorted());
    expect(repaired.every(({ origin, evidence }) => origin === 'backfilled' && evidence === 'live')).toBe(true);
  });

  it('does not take silence for a market without trades: a minute that nothing later was heard of is missing', async () => {
    const { source, server, clock, repaired } = await connected({ fetch: noKlinesUntil(() => false) });
    clock.move(MINUTE_MS);
    server.send(print(clock.now(), 101));
    await until(() => state(source)?.accepted === 2);
    clock.move(MINUTE_MS);
    // The line is up as far as anybody knows, and half a minute of trades may be stuck in it.
    expect(state(source)?.status).toBe('up');
    expect(source.closeMinute(MINUTE_START_MS + MINUTE_MS)[0]).toMatchObject({ close: 101, origin: 'missing' });
    expect(repaired).toEqual([]);
  });

  it("hands over the venue's own bar that comes after its minute was closed", async () => {
    const { source, server, clock, repaired } = await connected({ fetch: noKlinesUntil(() => false) });
    clock.move(MINUTE_MS);
    server.send(print(clock.now(), 101));
    await until(() => state(source)?.accepted === 2);
    expect(source.closeMinute(MINUTE_START_MS)[0]).toMatchObject({ symbol: 'BTC', origin: 'missing' });
    const venue = wrapped('btcusdt@kline_1m', kline({ t: MINUTE_START_MS, o: '99', h: '102', l: '98', c: '101', v: '5' }));
    server.send(venue);
    await until(() => repaired.length === 1);
    expect(repaired).toMatchObject([{ symbol: 'BTC', openMs: MINUTE_START_MS, high: 102, volume: 5, origin: 'received' }]);
    expect(source.closeMinute(MINUTE_START_MS)[0]).toEqual(repaired[0]);
    server.send(venue);
    server.send(book(100));
    await until(() => state(source)?.accepted === 5);
    expect(repaired).toHaveLength(1);
  });

  it('asks later for the newest minute of history that the venue has not closed yet', async () => {
    let isClosed = false;
    const slow: typeof fetch = async (input, init) => {
      const rows = (await (await klines(input, init)).json()) as [number, ...unknown[]][];
      return Response.json(isClosed ? rows : rows.filter(([openMs]) => openMs < MINUTE_START_MS - MINUTE_MS));
    };
    const { source, repaired } = await live({ fetch: slow });
    const bars: Bar[] = [];
    for await (const bar of source.minutes(MINUTE_START_MS - 3 * MINUTE_MS, MINUTE_START_MS)) bars.push(bar);
    expect(bars).toHaveLength(2 * 6);
    isClosed = true;
    await until(() => repaired.length === 6);
    expect(repaired.map(({ openMs }) => openMs)).toEqual(SYMBOLS.map(() => MINUTE_START_MS - MINUTE_MS));
  });

  it('tells the rules that the venue lists its symbols with', async () => {
    const listed: typeof fetch = async (input) => {
      const { pathname, searchParams } = new URL(String(input));
      expect([pathname, searchParams.get('symbols')]).toEqual(['/api/v3/exchangeInfo', JSON.stringify(SYMBOLS.map((symbol) => `${symbol}USDT`))]);
      return Response.json({ symbols: [exchangeSymbol('BTCUSDT'), exchangeSymbol('ETHUSDT', 'HALT'), exchangeSymbol('PEPEUSDT')] });
    };
    const { source, clock } = await live({ fetch: listed });
    const common = { tickSize: decimal('0.1'), lotStep: decimal('0.001'), minNotional: decimal('7'), source: 'Binance exchangeInfo' };
    const rules = await source.listings?.();
    expect(rules).toMatchObject([
      { ...common, symbol: 'BTC', status: 'TRADING' },
      { ...common, symbol: 'ETH', status: 'HALT' },
    ]);
    expect(clock.now() - (rules?.[0]?.asOfMs ?? 0)).toBeLessThan(1_000);
  });

  it('delivers nothing after it was stopped, and can be started again', async () => {
    const { server, source, ticks, clock } = await connected();
    await source.stop();
    expect(state(source)).toMatchObject({ status: 'down', detail: 'not connected' });
    server.send(print(clock.now(), 101));
    const again: Tick[] = [];
    await source.start({ tick: (tick) => void again.push(tick), top: () => {}, ...SINK_REST }, null);
    await until(() => server.openConnections() === 1);
    server.send(print(clock.now(), 102));
    await until(() => again.length === 1);
    expect([ticks.length, again[0]?.price]).toEqual([1, 102]);
    await expect(source.start({ tick: () => {}, top: () => {}, ...SINK_REST }, null)).rejects.toMatchObject({ code: 'already_started' });
  });
});
