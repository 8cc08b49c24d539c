import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type BinanceFeedState, connectBinance } from '../../../../shared/feeds/binance/binance-socket.ts';
import { combinedUrl, streamPlan, streamRequest } from '../../../../shared/feeds/binance/binance-streams.ts';
import { rng } from '../../../../shared/kernel/rng.ts';
import { MINUTE_MS, SECOND_MS } from '../../../../shared/kernel/time.ts';
import { trade, wrapped } from '../../../support/binance-frames.ts';
import { type MemoryConnection, memoryVenue } from '../../../support/memory-venue.ts';
import { fullSpeed, runTo } from '../../../support/recording-sink.ts';

const START_MS = Date.UTC(2026, 0, 5);
const URL_ONE = 'wss://one.test:9443';
const many = (count: number): readonly string[] => Array.from({ length: count }, (_, n) => `COIN${n}USDT`);

describe('the plan of streams', () => {
  it('is trades, best bid and ask and 1-minute bars of each symbol; depth where it is asked for', () => {
    expect(streamPlan(['BTCUSDT'])).toEqual([['btcusdt@trade', 'btcusdt@bookTicker', 'btcusdt@kline_1m']]);
    expect(streamPlan(['BTCUSDT'], { trades: 'aggTrade', depth: true })).toEqual([
      ['btcusdt@aggTrade', 'btcusdt@bookTicker', 'btcusdt@kline_1m', 'btcusdt@depth20@100ms'],
    ]);
    expect(streamPlan([])).toEqual([]);
  });

  it('is one connection for a wide list: all prices in one stream, and the bars', () => {
    const plan = streamPlan(many(900), { wide: true });
    expect(plan).toHaveLength(1);
    expect(plan[0]?.slice(0, 3)).toEqual(['!miniTicker@arr', 'coin0usdt@kline_1m', 'coin1usdt@kline_1m']);
    expect(plan[0]).toHaveLength(901);
  });

  it('has every stream once, never more than 1,024 on a connection, and all of a symbol on the same one', () => {
    const property = fc.property(fc.integer({ min: 0, max: 2_500 }), fc.boolean(), fc.boolean(), (count, depth, wide): void => {
      const plan = streamPlan(many(count), { depth, wide });
      const all = plan.flat();
      expect(new Set(all).size).toBe(all.length);
      expect(all.length).toBe(((wide ? 1 : 3) + Number(depth)) * count + Number(wide));
      expect(plan.filter(({ length }) => length === 0 || length > 1_024)).toEqual([]);
      const homes = plan.map((streams) => new Set(streams.map((stream) => stream.split('@')[0])));
      expect(homes.reduce((total, { size }) => total + size, 0)).toBe(new Set(homes.flatMap((home) => [...home])).size);
    });
    fc.assert(property, { numRuns: 40 });
  });

  it('goes into the URL while that is short, else into messages of at most 200', () => {
    expect(streamRequest(['btcusdt@trade'])).toEqual({ inUrl: ['btcusdt@trade'], subscriptions: [] });
    const [streams = []] = streamPlan(many(341));
    const { inUrl, subscriptions } = streamRequest(streams);
    expect([...inUrl, ...subscriptions.flat()]).toEqual(streams);
    expect(combinedUrl(URL_ONE, inUrl).length).toBeLessThan(8_192);
    expect(subscriptions.map(({ length }) => length)).toEqual([200, 200, 200, 200, 23]);
  });
});

const FRAME = wrapped('coin0usdt@trade', trade());

function connect(count: number, onText: (connection: MemoryConnection, text: string) => void = acknowledge) {
  const clock = fullSpeed(START_MS);
  const venue = memoryVenue(clock);
  venue.onText = onText;
  const speak = (): void => {
    for (const connection of venue.open()) connection.send(FRAME);
    clock.at(clock.now() + 500, 'venue-speaks', speak);
  };
  speak();
  const frames: string[] = [];
  const states: BinanceFeedState[] = [];
  const feed = connectBinance({
    symbols: many(count),
    urls: [URL_ONE],
    clock,
    random: rng('shards'),
    log: () => {},
    onFrame: (text) => frames.push(text),
    onState: (state) => states.push(state),
    dial: venue.dial,
  });
  return { clock, venue, frames, states, feed, pass: (ms: number) => runTo(clock, clock.now() + ms) };
}

function acknowledge(connection: MemoryConnection, text: string): void {
  connection.send(JSON.stringify({ result: null, id: JSON.parse(text).id }));
}

describe('a list too long for one URL', () => {
  it('is subscribed to in messages within the limit, and is up when all of them are acknowledged', async () => {
    const answers: (() => void)[] = [];
    const { venue, feed, frames, pass } = connect(341, (connection, text) => void answers.push(() => acknowledge(connection, text)));
    await pass(SECOND_MS);
    const [connection] = venue.open();
    const asked = connection?.heard.map(({ text }) => JSON.parse(text)) ?? [];
    expect(asked.map(({ method, id, params }) => [method, id, params.length])).toEqual([
      ['SUBSCRIBE', 1, 200],
      ['SUBSCRIBE', 2, 200],
      ['SUBSCRIBE', 3, 200],
      ['SUBSCRIBE', 4, 200],
      ['SUBSCRIBE', 5, 23],
    ]);
    for (const answer of answers.slice(0, 4)) answer();
    await pass(SECOND_MS);
    expect([feed.state().status, frames]).toEqual(['connecting', []]);
    answers[4]?.();
    await pass(SECOND_MS);
    expect(feed.state().status).toBe('up');
    expect(frames).toContain(FRAME);
  });

  it('is a failure with its reason when a message is refused or never answered', async () => {
    const wrongs = [
      '{"error":{"code":2,"msg":"Invalid request: too many parameters"},"id":2}',
      '{"code":2,"msg":"Invalid request: too many parameters","id":2}',
    ];
    for (const wrong of wrongs) {
      const { states, pass } = connect(341, (connection) => connection.send(wrong));
      await pass(SECOND_MS);
      expect(states[0]).toMatchObject({ status: 'down', reason: 'rejected', detail: expect.stringMatching(/SUBSCRIBE 2: .*too many parameters/) });
    }
    const mute = connect(341, () => {});
    await mute.pass(11 * SECOND_MS);
    expect(mute.states[0]).toMatchObject({ status: 'down', reason: 'silent', detail: 'no data for 10000 ms' });
  });
});

describe('a list too long for one connection', () => {
  it('is split over several, and is as well as the worst of them, which it names', async () => {
    const { venue, feed, states, pass } = connect(700);
    await pass(4 * SECOND_MS);
    expect(venue.open()).toHaveLength(3);
    expect(feed.state()).toMatchObject({ status: 'up', reason: null, detail: null, reconnects: 0, endpoint: URL_ONE });
    venue.welcome = () => 'absent';
    venue.open()[1]?.cut();
    expect(feed.state()).toMatchObject({ status: 'down', reason: 'lost', detail: expect.stringMatching(/^connection 2 of 3: closed by the server/) });
    expect(feed.state().lastFrameMs).toBeGreaterThan(START_MS);
    venue.welcome = () => 'accept';
    await pass(5 * SECOND_MS);
    expect(feed.state()).toMatchObject({ status: 'up', reconnects: 1 });
    expect(states.at(-1)?.status).toBe('up');
    const closing = feed.close();
    await pass(2 * SECOND_MS);
    await closing;
    expect(venue.open()).toHaveLength(0);
  });

  it('keeps to 300 attempts in five minutes together', async () => {
    const { venue, pass } = connect(1_700);
    venue.welcome = () => 'absent';
    await pass(5 * MINUTE_MS);
    expect(venue.attempts.length).toBeGreaterThan(200);
    expect(venue.attempts.length).toBeLessThanOrEqual(300);
  });
});

describe('frames', () => {
  it('that are torn or are answers do not make a connection that is up', async () => {
    const clock = fullSpeed(START_MS);
    const venue = memoryVenue(clock);
    const frames: string[] = [];
    const feed = connectBinance({
      symbols: ['BTCUSDT'],
      urls: [URL_ONE],
      clock,
      random: rng('torn'),
      log: () => {},
      onFrame: (text) => frames.push(text),
      dial: venue.dial,
    });
    await runTo(clock, START_MS + SECOND_MS);
    const useless = ['', '{', '[]', '{}', 'garbage', FRAME.slice(0, 40), '{"result":null,"id":9}', '{"code":3,"msg":"Invalid JSON"}'];
    for (const text of useless) venue.open()[0]?.send(text);
    expect([feed.state().status, frames]).toEqual(['connecting', useless]);
    venue.open()[0]?.send(FRAME);
    expect(feed.state().status).toBe('up');
  });

  it('are asked of nobody without a symbol', () => {
    const clock = fullSpeed(START_MS);
    expect(() => connectBinance({ symbols: [], urls: [URL_ONE], clock, random: rng(1), log: () => {}, onFrame: () => {} })).toThrow(/no symbol/);
  });
});
