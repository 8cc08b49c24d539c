import { afterEach, describe, expect, it, vi } from 'vitest';
import {
  type BinanceFeed,
  type BinanceFeedOptions,
  type BinanceFeedState,
  type BinanceProbe,
  connectBinance,
  probeBinance,
  streamUrl,
} from '../../../../shared/feeds/binance/binance-socket.ts';
import { systemClock } from '../../../../shared/kernel/clock-system.ts';
import { rng } from '../../../../shared/kernel/rng.ts';
import { trade } from '../../../support/binance-frames.ts';
import { type BinanceServer, startBinanceServer } from '../../../support/binance-server.ts';
import { memoryVenue, type Welcome } from '../../../support/memory-venue.ts';
import { fullSpeed, runTo } from '../../../support/recording-sink.ts';

const wallClock = systemClock((error) => {
  throw error;
});
const TIMING = { silenceMs: 150, handshakeMs: 500, rotationMs: 60_000, overlapMs: 60, backoffBaseMs: 10, backoffCapMs: 40, provenMs: 1_000 };
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

const until = (condition: () => boolean): Promise<void> => vi.waitFor(() => expect(condition()).toBe(true), { timeout: 5_000, interval: 5 });

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
    const server = await serve();
    const { states } = connect([server.url]);
    await until(() => states.length >= 3);
    expect(states.slice(0, 3)).toMatchObject([{ status: 'up' }, { status: 'down', reason: 'silent' }, { status: 'up', reconnects: 1 }]);
    expect(states[1]?.lastFrameMs).toBeLessThanOrEqual((states[1]?.sinceMs ?? 0) - TIMING.silenceMs);
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
    const server = await serve();
    chatter(server);
    const { feed, states } = connect([server.url], { rotationMs: 100 });
    await until(() => server.openConnections() === 2);
    await until(() => feed.state().reconnects >= 2);
    expect(new Set(states.map(({ status }) => status))).toEqual(new Set(['up']));
    await until(() => server.openConnections() === 1);
  });

  it('stays on the old connection when the new one fails', async () => {
    const server = await serve();
    chatter(server);
    const { feed, states } = connect([server.url], { rotationMs: 100 });
    await until(() => feed.state().status === 'up');
    server.refuse(503);
    await until(() => server.attempts() >= 4);
    expect(feed.state()).toMatchObject({ status: 'up', reconnects: 0 });
    server.refuse(null);
    await until(() => feed.state().reconnects >= 1);
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
    const server = await serve();
    server.refuse(status, { 'Retry-After': '1' });
    const { feed } = connect([server.url]);
    await until(() => feed.state().reason === reason);
    const refusedAt = Date.now();
    server.refuse(null);
    await until(() => feed.state().status === 'up');
    expect(Date.now() - refusedAt).toBeGreaterThan(900);
    expect(server.attempts()).toBe(2);
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
    const server = await serve();
    server.refuse(503);
    const { feed } = connect([server.url], { backoffBaseMs: 0.1, backoffCapMs: 0.1 });
    await until(() => server.attempts() === 300);
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(server.attempts()).toBe(300);
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
    expect(await probe([blocked.url, mirror.url], 3_000)).toMatchObject({ answers: true, endpoint: mirror.url });
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
    const blocked = await serve();
    blocked.refuse(451);
    const mute = await serve(() => null);
    const answer = await probe([blocked.url, mute.url, NOWHERE], 120);
    expect(answer).toMatchObject({
      answers: false,
      failures: [
        { endpoint: blocked.url, reason: 'geo_blocked' },
        { endpoint: mute.url, reason: 'timeout' },
        { endpoint: NOWHERE, reason: 'unreachable' },
      ],
    });
  });
});
