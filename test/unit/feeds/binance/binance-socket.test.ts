import { afterEach, describe, expect, it } from 'vitest';
import {
  type BinanceFeed,
  type BinanceFeedOptions,
  type BinanceFeedState,
  type BinanceProbe,
  connectBinance,
  probeBinance,
  streamUrl,
} from '../../../../shared/feeds/binance/binance-socket.ts';
import { VENUE_TIMING } from '../../../../shared/feeds/connection/venue-socket.ts';
import { systemClock } from '../../../../shared/kernel/clock-system.ts';
import { rng } from '../../../../shared/kernel/rng.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from '../../../../shared/kernel/time.ts';
import { trade } from '../../../support/binance-frames.ts';
import { type BinanceServer, startBinanceServer } from '../../../support/binance-server.ts';
import { type MemoryVenue, memoryVenue, type Welcome } from '../../../support/memory-venue.ts';
import { fullSpeed, runTo } from '../../../support/recording-sink.ts';
import { until } from '../../../support/until.ts';

const wallClock = systemClock((error) => {
  throw error;
});
/** Only the pauses between attempts are short: a busy machine may keep an open connection waiting. */
const TIMING = {
  backoffBaseMs: 10,
  backoffCapMs: 40,
  overlapMs: 60,
  suspectMs: HOUR_MS,
  silenceMs: HOUR_MS,
  handshakeMs: MINUTE_MS,
  hedgeMs: MINUTE_MS,
};
const START_MS = Date.UTC(2026, 0, 5);
const NOWHERE = 'ws://127.0.0.1:1';
const FRAME = JSON.stringify(trade());

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function serve(greeting: (connection: number) => string | null = () => FRAME): Promise<BinanceServer> {
  const server = await startBinanceServer(greeting);
  cleanups.push(server.close);
  return server;
}

interface Watched {
  readonly feed: BinanceFeed;
  readonly frames: string[];
  readonly states: BinanceFeedState[];
}

function connect(urls: readonly string[], timing: Partial<BinanceFeedOptions['timing']> = {}): Watched {
  const frames: string[] = [];
  const states: BinanceFeedState[] = [];
  const feed = connectBinance({
    symbols: ['BTCUSDT', 'ETHUSDT'],
    urls,
    clock: wallClock,
    random: rng('socket'),
    log: () => {},
    onFrame: (text) => frames.push(text),
    onState: (state) => states.push(state),
    timing: { ...TIMING, ...timing },
  });
  cleanups.push(feed.close);
  return { feed, frames, states };
}

interface WatchedInMemory extends Watched {
  readonly venue: MemoryVenue;
  /** Passes time. */
  readonly pass: (ms: number) => Promise<void>;
}

/** A connection whose time is the test's: no network, and days in milliseconds. Every open connection is told something each `everyMs`. */
function connectInMemory({
  everyMs = SECOND_MS,
  timing = {},
}: {
  everyMs?: number | null;
  timing?: BinanceFeedOptions['timing'];
} = {}): WatchedInMemory {
  const clock = fullSpeed(START_MS);
  const venue = memoryVenue(clock);
  venue.onOpen = (connection) => connection.send(FRAME);
  const speak = (pauseMs: number): void => {
    for (const connection of venue.open()) connection.send(FRAME);
    clock.at(clock.now() + pauseMs, 'venue-speaks', () => speak(pauseMs));
  };
  if (everyMs !== null) speak(everyMs);
  const frames: string[] = [];
  const states: BinanceFeedState[] = [];
  const feed = connectBinance({
    symbols: ['BTCUSDT'],
    urls: ['wss://one.test'],
    clock,
    random: rng('socket'),
    log: () => {},
    dial: venue.dial,
    onFrame: (text) => frames.push(text),
    onState: (state) => states.push(state),
    timing,
  });
  return { feed, frames, states, venue, pass: (ms) => runTo(clock, clock.now() + ms) };
}

/** Keeps a server sending, so that only what the test does can make the feed fall silent. */
function chatter(server: BinanceServer, text: () => string = () => FRAME): void {
  const timer = setInterval(() => server.send(text()), 20);
  cleanups.push(async () => clearInterval(timer));
}

describe('the stream URL', () => {
  it('names the streams of every symbol in lower case, encoded in the query', () => {
    expect(streamUrl('wss://x:9443', ['BTCUSDT', 'ADAUSDT'])).toBe(
      'wss://x:9443/stream?streams=btcusdt%40trade%2Fbtcusdt%40bookTicker%2Fbtcusdt%40kline_1m%2Fadausdt%40trade%2Fadausdt%40bookTicker%2Fadausdt%40kline_1m',
    );
  });
});

describe('the Binance connection', () => {
  it('asks for trades, books and 1-minute bars, is up with the first frame and hands frames on untouched', async () => {
    const server = await serve(() => null);
    const { feed, frames, states } = connect([server.url]);
    await until(() => server.openConnections() === 1);
    expect(feed.state()).toMatchObject({ status: 'connecting', reason: 'starting', endpoint: null, lastFrameMs: null });
    const sent = [FRAME, '{"e":"trade","s":', 'garbage', '[]', ''];
    for (const text of sent) server.send(text);
    await until(() => frames.length === sent.length);
    expect(frames).toEqual(sent);
    expect(states).toMatchObject([{ status: 'up', reason: null, reconnects: 0, endpoint: server.url }]);
    expect(server.asked[0]).toEqual([
      'btcusdt@trade',
      'btcusdt@bookTicker',
      'btcusdt@kline_1m',
      'ethusdt@trade',
      'ethusdt@bookTicker',
      'ethusdt@kline_1m',
    ]);
  });

  it('answers a ping with the same payload', async () => {
    const server = await serve();
    connect([server.url]);
    await until(() => server.openConnections() === 1);
    expect(await server.ping('1723161300000')).toBe('1723161300000');
  });

  it('reconnects when a server falls silent', async () => {
    const { states, pass } = connectInMemory({ everyMs: null, timing: { suspectMs: HOUR_MS } });
    await pass(15 * SECOND_MS);
    expect(states).toMatchObject([{ status: 'up' }, { status: 'down', reason: 'silent' }, { status: 'up', reconnects: 1 }]);
    expect(states[1]?.sinceMs).toBe((states[1]?.lastFrameMs ?? 0) + VENUE_TIMING.silenceMs);
  });

  it('reconnects when the line is cut', async () => {
    const server = await serve();
    chatter(server);
    const { feed, states } = connect([server.url]);
    await until(() => feed.state().status === 'up');
    server.reset();
    await until(() => feed.state().reconnects === 1);
    expect(states).toMatchObject([{ status: 'up' }, { status: 'down', reason: 'lost' }, { status: 'up' }]);
  });

  it('connects anew before it closes the old connection when the server announces its shutdown', async () => {
    const server = await serve();
    chatter(server);
    const { feed, frames, states } = connect([server.url]);
    await until(() => feed.state().status === 'up');
    const notice = JSON.stringify({ stream: '!serverShutdown', data: { e: 'serverShutdown', E: 1 } });
    server.sendTo(0, notice);
    await until(() => server.openConnections() === 2);
    await until(() => server.openConnections() === 1);
    await until(() => feed.state().reconnects === 1);
    expect(states.map(({ status }) => status)).toEqual(['up', 'up']);
    expect(frames).toContain(notice);
  });

  it('rotates before its day is over, with both connections open for a while', async () => {
    const { feed, states, venue, pass } = connectInMemory();
    const open: number[] = [];
    for (let second = 0; second < 15 * 60; second++) {
      if (second === 0) await pass(DAY_MS - 15 * MINUTE_MS);
      await pass(SECOND_MS);
      open.push(venue.open().length);
    }
    expect([...new Set(open)]).toEqual([1, 2]);
    expect(open.at(-1)).toBe(1);
    expect(feed.state().reconnects).toBe(1);
    expect(new Set(states.map(({ status }) => status))).toEqual(new Set(['up']));
  });

  it('stays on the old connection when the new one fails', async () => {
    const { feed, states, venue, pass } = connectInMemory();
    await pass(HOUR_MS);
    venue.welcome = () => ({ status: 503, text: '', retryAfter: null });
    await pass(DAY_MS - HOUR_MS);
    expect(venue.attempts.length).toBeGreaterThan(3);
    expect(feed.state()).toMatchObject({ status: 'up', reconnects: 0 });
    venue.welcome = () => 'accept';
    await pass(MINUTE_MS);
    expect(feed.state().reconnects).toBe(1);
    expect(states.every(({ status }) => status === 'up')).toBe(true);
  });

  it.each([
    [451, 'geo_blocked'],
    [403, 'forbidden'],
    [503, 'http_error'],
  ])('tells HTTP %i as %s and goes on to the next endpoint', async (status, reason) => {
    const blocked = await serve();
    const mirror = await serve();
    blocked.refuse(status);
    const { feed, states } = connect([blocked.url, mirror.url]);
    await until(() => feed.state().status === 'up');
    expect(states[0]).toMatchObject({ status: 'down', reason, endpoint: blocked.url, lastFrameMs: null });
    expect(states[0]?.detail).toContain(String(status));
    expect(feed.state()).toMatchObject({ endpoint: mirror.url, reason: null });
  });

  it.each([
    [418, 'banned'],
    [429, 'rate_limited'],
  ])('tells HTTP %i as %s and does not return before the time it is told', async (status, reason) => {
    const { feed, venue, pass } = connectInMemory();
    venue.welcome = () => ({ status, text: '', retryAfter: '7' });
    await pass(6 * SECOND_MS);
    expect(feed.state()).toMatchObject({ status: 'down', reason });
    expect(venue.attempts).toHaveLength(1);
    venue.welcome = () => 'accept';
    await pass(5 * SECOND_MS);
    expect(feed.state().status).toBe('up');
    expect(venue.attempts).toHaveLength(2);
  });

  it('goes on to the next endpoint when nobody listens, and says so', async () => {
    const server = await serve();
    const { feed, states } = connect([NOWHERE, server.url]);
    await until(() => feed.state().status === 'up');
    expect(states[0]).toMatchObject({ status: 'down', reason: 'unreachable', endpoint: NOWHERE });
    expect(states[0]?.detail).toContain('ECONNREFUSED');
  });

  it('keeps trying while nothing answers', async () => {
    const server = await serve();
    server.refuse(503);
    const { feed } = connect([server.url]);
    await until(() => server.attempts() >= 5);
    expect(feed.state()).toMatchObject({ status: 'down', reason: 'http_error', reconnects: 0 });
    server.refuse(null);
    await until(() => feed.state().status === 'up');
  });

  it('never attempts more than 300 connections in five minutes', async () => {
    const { feed, venue, pass } = connectInMemory({ timing: { backoffBaseMs: 0.1, backoffCapMs: 0.1 } });
    venue.welcome = () => ({ status: 503, text: '', retryAfter: null });
    await pass(5 * MINUTE_MS - 1);
    expect(venue.attempts).toHaveLength(300);
    expect(feed.state()).toMatchObject({ status: 'down', reason: 'http_error' });
  });

  it('closes for good, whatever it was doing', async () => {
    const server = await serve();
    chatter(server);
    const up = connect([server.url]);
    const connecting = connect([server.url]);
    const waiting = connect([NOWHERE], { backoffBaseMs: 10_000, backoffCapMs: 10_000 });
    await until(() => up.feed.state().status === 'up' && waiting.feed.state().status === 'down');
    await Promise.all([up.feed.close(), connecting.feed.close(), waiting.feed.close()]);
    expect(up.feed.state()).toMatchObject({ status: 'down', reason: 'closed' });
    const attempts = server.attempts();
    const frames = up.frames.length;
    await until(() => server.openConnections() === 0);
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(server.attempts()).toBe(attempts);
    expect(up.frames.length).toBe(frames);
  });
});

describe('the probe', () => {
  const probe = (urls: readonly string[], timeoutMs: number) =>
    probeBinance({ symbols: ['BTCUSDT'], urls, clock: wallClock, random: rng('probe'), log: () => {}, timing: TIMING }, timeoutMs);

  it('names the endpoint that answers, although another one is blocked', async () => {
    const blocked = await serve();
    blocked.refuse(451);
    const mirror = await serve();
    expect(await probe([blocked.url, mirror.url], MINUTE_MS)).toMatchObject({ answers: true, endpoint: mirror.url });
    await until(() => mirror.openConnections() === 0);
  });

  it('waits for a handshake that takes longer than a second, and for all of its time where none is answered', async () => {
    const clock = fullSpeed(Date.UTC(2026, 0, 5));
    const slowProbe = async (welcome: Welcome): Promise<BinanceProbe> => {
      const venue = memoryVenue(clock);
      venue.welcome = () => welcome;
      venue.onOpen = (connection) => connection.send(FRAME);
      const urls = ['wss://one.test:9443', 'wss://one.test:443', 'wss://two.test'];
      const asked = probeBinance({ symbols: ['BTCUSDT'], urls, clock, random: rng('probe'), log: () => {}, dial: venue.dial }, 10_000);
      await runTo(clock, clock.now() + 20_000);
      return asked;
    };
    expect(await slowProbe(1_500)).toMatchObject({ answers: true, endpoint: 'wss://one.test:9443', tookMs: 1_560 });
    expect(await slowProbe(3_500)).toMatchObject({ answers: true, tookMs: 3_560 });
    expect(await slowProbe('hang')).toMatchObject({ answers: false, failures: Array(3).fill({ reason: 'timeout' }) });
  });

  it('tells what each endpoint did when none answers within the time', async () => {
    const clock = fullSpeed(START_MS);
    const venue = memoryVenue(clock);
    const welcomes: Readonly<Record<string, Welcome>> = {
      'wss://blocked.test': { status: 451, text: '', retryAfter: null },
      'wss://mute.test': 'accept',
      'wss://nowhere.test': 'absent',
    };
    venue.welcome = (url) => welcomes[new URL(url).origin] ?? 'hang';
    const urls = Object.keys(welcomes);
    const answer = probeBinance({ symbols: ['BTCUSDT'], urls, clock, random: rng('probe'), log: () => {}, dial: venue.dial }, 10_000);
    await runTo(clock, START_MS + 20_000);
    expect(await answer).toMatchObject({
      answers: false,
      failures: [
        { endpoint: 'wss://blocked.test', reason: 'geo_blocked' },
        { endpoint: 'wss://mute.test', reason: 'timeout' },
        { endpoint: 'wss://nowhere.test', reason: 'unreachable' },
      ],
    });
  });
});
