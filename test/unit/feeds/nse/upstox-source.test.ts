import { afterEach, describe, expect, it } from 'vitest';
import type { MarketSource } from '../../../../shared/engine/market-source.ts';
import { upstoxSource } from '../../../../shared/feeds/nse/upstox-source.ts';
import { rng } from '../../../../shared/kernel/rng.ts';
import { iso, MINUTE_MS, minuteOf } from '../../../../shared/kernel/time.ts';
import type { OrderBook } from '../../../../shared/market/order-book.ts';
import type { Bar, BookTop, Tick } from '../../../../shared/market/price.ts';
import { createRollup, type RolledCandle } from '../../../../shared/market/rollup.ts';
import { movableClock } from '../../../support/movable-clock.ts';
import { until } from '../../../support/until.ts';
import { encodeUpstox, type Picture, picture } from '../../../support/upstox-frames.ts';
import { startUpstoxServer, type UpstoxServer, type UpstoxServerOptions } from '../../../support/upstox-server.ts';

const TOKEN = 'read-only-token-of-a-test';
const RELIANCE = 'NSE_EQ|INE002A01018';
/** Tuesday 2026-10-13, half past 11:00 in India: continuous trading. */
const OPEN_MS = Date.UTC(2026, 9, 13, 5, 30, 30);
const IST_MS = 5.5 * 60 * MINUTE_MS;
/** The Sunday before. */
const SUNDAY_MS = Date.UTC(2026, 9, 11, 5, 30, 30);
const TIMING = { starvedMs: 60_000, pingMs: 60_000, refusedWaitMs: 60_000, backoffBaseMs: 5, backoffCapMs: 20, requestGapMs: 0 };

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

interface Live {
  readonly clock: ReturnType<typeof movableClock>;
  readonly server: UpstoxServer;
  readonly source: MarketSource;
  readonly ticks: Tick[];
  readonly tops: BookTop[];
  readonly books: OrderBook[];
  readonly repaired: Bar[];
  readonly logged: string[];
  readonly send: (of: Partial<Picture>) => void;
}

interface Setting {
  readonly atMs?: number;
  readonly token?: () => string;
  readonly timing?: Partial<typeof TIMING>;
  readonly server?: Partial<UpstoxServerOptions>;
}

async function live({ atMs = OPEN_MS, token = () => TOKEN, timing = {}, server: of = {} }: Setting = {}): Promise<Live> {
  const server = await startUpstoxServer({ token: TOKEN, ...of });
  cleanups.push(server.close);
  const clock = movableClock(atMs);
  const [ticks, tops, books, repaired, logged]: [Tick[], BookTop[], OrderBook[], Bar[], string[]] = [[], [], [], [], []];
  const source = upstoxSource({
    clock,
    log: (...line) => void logged.push(JSON.stringify(line)),
    access: { webSocket: [server.url], rest: [server.rest], instruments: [], token },
    random: rng('upstox'),
    timing: { ...TIMING, ...timing },
  });
  const sink = {
    tick: (tick: Tick) => void ticks.push(tick),
    top: (top: BookTop) => void tops.push(top),
    depth: (book: OrderBook) => void books.push(book),
    reference: () => {},
    repaired: (bars: readonly Bar[]) => void repaired.push(...bars),
  };
  await source.start(sink, null);
  cleanups.push(source.stop);
  const send: Live['send'] = (some) => server.send(frame({ ltp: 1_250.5, ltt: clock.now() - 50, ...some }, clock.now()));
  return { clock, server, source, ticks, tops, books, repaired, logged, send };
}

type Said = UpstoxServer['said'][number];
const keysOf = ({ message }: Said): readonly string[] => (message.data as { readonly instrumentKeys: readonly string[] }).instrumentKeys;
const frame = (of: Picture, currentTs: number) => encodeUpstox({ type: 1, feeds: { [RELIANCE]: picture(of) }, currentTs });
const state = (source: MarketSource) => source.states()[0];

async function connected(setting: Setting = {}): Promise<Live> {
  const made = await live(setting);
  await until(() => made.server.said.length === 1);
  made.send({ bid: 1_250.4, ask: 1_250.6 });
  await until(() => made.books.length === 1);
  return made;
}

describe('live Upstox', () => {
  it('shows its token once, follows the redirect without it, and subscribes in binary by the ISIN of the day', async () => {
    const { server } = await connected();
    expect(server.onward).toEqual([undefined]);
    const { isBinary, message } = server.said[0] as Said;
    expect(isBinary).toBe(true);
    expect(message).toMatchObject({ method: 'sub', guid: expect.stringMatching(/^\w{20}$/), data: { mode: 'full' } });
    const keys = keysOf(server.said[0] as Said);
    expect(keys).toHaveLength(10);
    expect(keys).toContain(RELIANCE);
    expect(keys).toContain('NSE_EQ|INE237A01036');
  });

  it('subscribes by the ISIN that was in force before a split changed it', async () => {
    const { server } = await live({ atMs: Date.UTC(2026, 0, 13, 5) });
    await until(() => server.said.length === 1);
    const keys = keysOf(server.said[0] as Said);
    expect(keys).toContain('NSE_EQ|INE237A01028');
    expect(keys).not.toContain('NSE_EQ|INE237A01036');
  });

  it('delivers trades, tops of book and books as live, and says what it is connected to', async () => {
    const { source, ticks, tops, books } = await connected();
    expect(ticks).toMatchObject([{ symbol: 'RELIANCE', price: 1_250.5, quantity: 10, evidence: 'live', source: 'upstox', motion: 'print' }]);
    expect(tops).toMatchObject([{ symbol: 'RELIANCE', bid: 1_250.4, ask: 1_250.6, bidSize: 100, askSize: 200, evidence: 'live' }]);
    expect(books).toMatchObject([
      { symbol: 'RELIANCE', bids: [{ price: 1_250.4, quantity: 100 }], asks: [{ price: 1_250.6, quantity: 200 }], evidence: 'live' },
    ]);
    expect(state(source)).toMatchObject({ status: 'up', source: 'upstox', markets: ['NSE'], evidence: 'live', accepted: 3, reconnects: 0 });
    expect(state(source)?.detail).toMatch(/^connected to ws:.*nothing told of TCS, HDFCBANK/);
  });

  it('never tells its token: not in its state, not in the log, not in what it sends', async () => {
    const { source, server, logged } = await connected();
    server.refuse(401);
    server.reset();
    await until(() => state(source)?.status === 'down');
    expect(JSON.stringify([source.states(), logged, server.said])).not.toContain(TOKEN);
    expect(logged.length).toBeGreaterThan(0);
  });

  it('gives the bars of the venue for the minutes of continuous trading, and its correction as a repair', async () => {
    const { clock, source, send, ticks, repaired } = await connected();
    const minuteMs = minuteOf(clock.now());
    const minute = { ts: minuteMs, open: 1_250, high: 1_252, low: 1_249, close: 1_251, vol: 5_000 };
    clock.move(MINUTE_MS);
    send({ ltp: 1_251, minute });
    await until(() => ticks.length === 2);
    const reliance = (bars: readonly Bar[]) => bars.find(({ symbol }) => symbol === 'RELIANCE');
    expect(source.closeMinute(minuteMs)).toHaveLength(10);
    const { ts: _, vol, ...prices } = minute;
    expect(reliance(source.closeMinute(minuteMs))).toEqual({
      ...prices,
      openMs: minuteMs,
      volume: vol,
      symbol: 'RELIANCE',
      origin: 'received',
      evidence: 'live',
    });
    send({ ltp: 1_251.5, minute: { ...minute, high: 1_253 } });
    await until(() => repaired.length === 1);
    expect(repaired).toMatchObject([{ symbol: 'RELIANCE', openMs: minuteMs, high: 1_253, origin: 'received' }]);
  });

  it('does not take pictures for a whole minute: it is missing until the venue has told its candle', async () => {
    const { clock, source, send, ticks, repaired } = await connected();
    const minuteMs = minuteOf(clock.now()) + MINUTE_MS;
    const reliance = () => source.closeMinute(minuteMs).find(({ symbol }) => symbol === 'RELIANCE');
    for (const [n, ltp] of [1_251, 1_252].entries()) {
      clock.move(MINUTE_MS);
      send({ ltp });
      await until(() => ticks.length === n + 2);
    }
    expect(reliance()).toMatchObject({ close: 1_251, origin: 'missing' });
    send({ ltp: 1_252.5, minute: { ts: minuteMs, open: 1_250, high: 1_253, low: 1_249, close: 1_251, vol: 5_000 } });
    await until(() => repaired.length === 1);
    expect(repaired).toMatchObject([{ symbol: 'RELIANCE', openMs: minuteMs, high: 1_253, origin: 'received' }]);
    expect(reliance()).toMatchObject({ high: 1_253, origin: 'received' });
  });

  it('goes on after a frame whose time is wrong by years', async () => {
    const { server, source, send, ticks } = await connected();
    server.send(encodeUpstox({ type: 2, feeds: {}, currentTs: Date.UTC(2100, 0, 1) }));
    send({ ltp: 1_251 });
    await until(() => ticks.length === 2);
    expect(state(source)).toMatchObject({ status: 'up', refused: { bad_stamp: 1 } });
  });

  it('shows its token again after half a minute when a connection was good just before', async () => {
    const { server, source, clock } = await connected({ timing: { refusedWaitMs: 15 * MINUTE_MS } });
    server.refuse(403);
    server.reset();
    await until(() => state(source)?.status === 'down' && /asked again/.test(state(source)?.detail ?? ''));
    const told = /HTTP 403 .*asked again at (\S+)$/.exec(state(source)?.detail ?? '')?.[1] ?? '';
    expect(Date.parse(told) - clock.now()).toBeGreaterThan(20_000);
    expect(Date.parse(told) - clock.now()).toBeLessThanOrEqual(30_000);
  });

  it('fetches from the history what it did not hear, and hands it over as backfilled', async () => {
    const candles = (path: string) => (path.includes('INE002A01018') ? [[iso(minuteOf(OPEN_MS)), 1_250, 1_252, 1_249, 1_251, 5_000, 0]] : []);
    const { clock, source, server, repaired } = await connected({ server: { candles } });
    const minuteMs = minuteOf(clock.now());
    clock.move(MINUTE_MS);
    expect(new Set(source.closeMinute(minuteMs).map(({ origin }) => origin))).toEqual(new Set(['missing']));
    await until(() => repaired.length > 0);
    expect(repaired).toEqual([
      {
        symbol: 'RELIANCE',
        openMs: minuteMs,
        open: 1_250,
        high: 1_252,
        low: 1_249,
        close: 1_251,
        volume: 5_000,
        origin: 'backfilled',
        evidence: 'live',
      },
    ]);
    expect(server.asked).toContain(`/v3/historical-candle/intraday/${RELIANCE}/minutes/1`);
  });

  it('has history of the days before and of today, oldest first, and of the session only', async () => {
    const rows: Readonly<Record<string, readonly unknown[]>> = {
      '/minutes/1/2026-10-12/2026-10-12': [
        ['2026-10-12T15:40:00+05:30', 9, 9, 9, 9, 1, 0],
        ['2026-10-12T15:20:00+05:30', 9, 9, 9, 9, 1, 0],
        ['2026-10-12T15:14:00+05:30', 2, 2, 2, 2, 1, 0],
        ['2026-10-12T15:13:00+05:30', 1, 1, 1, 1, 1, 0],
        ['2026-10-12T15:12:00+05:30', 5, 4, 6, 5, 1, 0],
      ],
      '/intraday/NSE_EQ|INE002A01018/minutes/1': [['2026-10-13T09:15:00+05:30', 3, 3, 3, 3, 1, 0]],
    };
    const candles = (path: string) => (path.includes(RELIANCE) ? (Object.entries(rows).find(([end]) => path.endsWith(end))?.[1] ?? []) : []);
    const { source } = await live({ server: { candles } });
    const seen: Bar[] = [];
    for await (const bar of source.minutes(Date.UTC(2026, 9, 12), OPEN_MS)) seen.push(bar);
    expect(seen.map(({ symbol, close, origin }) => [symbol, close, origin])).toEqual([1, 2, 3].map((close) => ['RELIANCE', close, 'backfilled']));
    expect(state(source)?.refused).toEqual({ bad_candle: 1 });
  });

  it.each(['15:29', '15:32'])('has the trade of the closing auction as the bar of 15:29, wherever the venue tells it: %s', async (clockTime) => {
    const row = (time: string, price: number, volume: number) => [`2026-10-12T${time}:00+05:30`, price, price, price, price, volume, 0];
    const told = [row('15:34', 1_251, 0), row(clockTime, 1_260, 90_000), row('15:21', 1_251, 0), row('15:14', 1_250, 10)];
    const candles = (path: string) => (path.includes(`${RELIANCE}/minutes/1/2026-10-12`) ? told : []);
    const { source } = await live({ server: { candles } });
    const seen: Bar[] = [];
    for await (const bar of source.minutes(Date.UTC(2026, 9, 12), OPEN_MS)) seen.push(bar);
    expect(seen.map(({ openMs, close, volume }) => [iso(openMs + IST_MS).slice(11, 16), close, volume])).toEqual([
      ['15:14', 1_250, 10],
      ['15:29', 1_260, 90_000],
    ]);
    // The day closes at the auction's price.
    const days: RolledCandle[] = [];
    const rollup = createRollup('NSE', '1d', (candle) => days.push(candle));
    for (const bar of seen) rollup.add(bar);
    expect(days.map(({ close }) => close)).toEqual([1_260]);
  });

  it('tells the trade of the closing auction when its candle comes, once', async () => {
    const auctionMs = Date.UTC(2026, 9, 13, 10, 1);
    const { clock, server, source, repaired } = await connected({ atMs: auctionMs + 30_000 });
    const told = { ltp: 1_260, ltt: clock.now(), minute: { ts: auctionMs, open: 1_260, high: 1_260, low: 1_260, close: 1_260, vol: 90_000 } };
    clock.move(MINUTE_MS);
    for (let time = 0; time < 2; time++) server.send(frame(told, clock.now()));
    await until(() => repaired.length > 0);
    expect(repaired).toMatchObject([{ symbol: 'RELIANCE', openMs: Date.UTC(2026, 9, 13, 9, 59), close: 1_260, origin: 'received' }]);
    expect(source.closeMinute(auctionMs)).toEqual([]);
  });

  it('tells the closes of the days that are over, on one scale whether the venue had adjusted them or not', async () => {
    const asked: string[] = [];
    const day = (date: string, close: number) => [`${date}T00:00:00+05:30`, close, close, close, close, 1_000, 0];
    const days = (path: string): readonly unknown[] => {
      if (!path.includes('/days/1/')) return [];
      asked.push(path);
      // Kotak's shares were split five for one on 2026-01-14; told raw. Those of the other had nothing.
      if (path.includes('INE237A01036')) return [day('2026-01-14', 430), day('2026-01-13', 2_140), day('2026-01-12', 2_100)];
      return path.includes('INE002A01018') ? [day('2026-10-13', 1_260), day('2026-10-12', 1_250), day('2026-10-09', 1_240)] : [];
    };
    const { source } = await live({ server: { candles: days } });
    const told = await source.dailies?.(Date.UTC(2025, 9, 1), OPEN_MS);
    expect(told?.get('RELIANCE')).toEqual([
      { date: '2026-10-09', close: 1_240 },
      { date: '2026-10-12', close: 1_250 },
    ]);
    expect(told?.get('KOTAKBANK')).toEqual([
      { date: '2026-01-12', close: 420 },
      { date: '2026-01-13', close: 428 },
      { date: '2026-01-14', close: 430 },
    ]);
    expect(asked[0]).toBe('/v3/historical-candle/NSE_EQ|INE002A01018/days/1/2026-10-12/2025-10-01');
  });

  it('counts garbage, half frames and texts, and goes on', async () => {
    const { clock, server, source, send, ticks } = await connected();
    const whole = frame({ ltp: 1_251, ltt: clock.now() }, clock.now());
    for (const wrong of [Buffer.from('ffff', 'hex'), whole.subarray(0, 40), '{"error":"no"}', frame({ ltp: -1, ltt: clock.now() }, clock.now())])
      server.send(wrong);
    send({ ltp: 1_252 });
    await until(() => ticks.length === 2);
    expect(state(source)).toMatchObject({ status: 'up', refused: { unknown_shape: 3, bad_price: 1 } });
  });

  it('comes back after a cut line, subscribes again, and flags the minute', async () => {
    const { clock, server, source, send, ticks } = await connected();
    const minuteMs = minuteOf(clock.now());
    server.reset();
    await until(() => server.said.length === 2);
    send({ ltp: 1_251 });
    await until(() => ticks.length === 2);
    expect(state(source)).toMatchObject({ status: 'up', reconnects: 1 });
    clock.move(MINUTE_MS);
    expect(source.closeMinute(minuteMs).find(({ symbol }) => symbol === 'RELIANCE')?.origin).toBe('missing');
  });

  it('says that the token is refused and where to set one, and does not knock again for a while', async () => {
    const { server, source } = await live({ token: () => 'another-token' });
    await until(() => state(source)?.status === 'down');
    expect(state(source)?.detail).toMatch(/HTTP 401 .*refuses the token.*NIGHTDESK_UPSTOX_TOKEN.*asked again at 2026-10-13T05:3/);
    await new Promise((resolve) => setTimeout(resolve, 150));
    expect(server.attempts()).toBe(1);
  });

  it('says that no token is set, without asking anybody, and takes one that comes later', async () => {
    let token = '';
    const read = (): string => {
      if (token === '') throw new Error('No Upstox token is set');
      return token;
    };
    const { server, source, clock } = await live({ token: read });
    await until(() => state(source)?.status === 'down');
    expect(state(source)?.detail).toMatch(/^No Upstox token is set; asked again at /);
    expect(server.attempts()).toBe(0);
    token = TOKEN;
    clock.move(2 * MINUTE_MS);
    await source.stop();
    await source.start({ tick: () => {}, top: () => {}, depth: () => {}, reference: () => {}, repaired: () => {} }, null);
    await until(() => server.said.length === 1);
  });

  it('drops a line that brings no prices while the exchange trades', async () => {
    const { server, logged } = await connected({ timing: { starvedMs: 60 } });
    await until(() => server.attempts() >= 2);
    expect(logged.join()).toContain('no prices for 60 ms although NSE trades');
  });

  it('subscribes anew on the day on which an ISIN changes, on the same connection', async () => {
    const { server, clock } = await live({ atMs: Date.UTC(2026, 0, 13, 18, 29, 30), timing: { starvedMs: 60 } });
    await until(() => server.said.length === 1);
    clock.move(MINUTE_MS);
    await until(() => server.said.length === 2);
    expect(server.said.map((each) => keysOf(each).filter((key) => key.includes('INE237A')))).toEqual([
      ['NSE_EQ|INE237A01028'],
      ['NSE_EQ|INE237A01036'],
    ]);
    expect(server.attempts()).toBe(1);
  });

  it('drops a line that does not answer pings', async () => {
    const { server } = await connected({ timing: { pingMs: 30 } });
    server.freeze();
    await until(() => server.attempts() >= 2);
  });

  it('waits in silence while the exchange is closed, and says until when', async () => {
    const info = encodeUpstox({ type: 2, currentTs: SUNDAY_MS, marketInfo: { segmentStatus: { NSE_EQ: 3 } } });
    const { server, source } = await live({ atMs: SUNDAY_MS, timing: { starvedMs: 40 }, server: { greeting: () => [info] } });
    await until(() => state(source)?.status === 'waiting');
    await new Promise((resolve) => setTimeout(resolve, 150));
    expect(server.attempts()).toBe(1);
    expect(state(source)?.detail).toMatch(/NSE does not trade now \(Weekend\), it opens at 2026-10-12T03:45:00.000Z; the exchange says NORMAL_CLOSE/);
    expect(source.closeMinute(minuteOf(SUNDAY_MS) - MINUTE_MS)).toEqual([]);
  });

  it('delivers nothing after it was stopped, and can be started again', async () => {
    const { server, source, ticks, send } = await connected();
    await source.stop();
    send({ ltp: 1_300 });
    expect([ticks.length, server.openConnections(), state(source)?.status]).toEqual([1, 0, 'down']);
  });
});
