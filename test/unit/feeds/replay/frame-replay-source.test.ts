import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { frameReplayBounds, frameReplaySource, type RecordedFramesData } from '../../../../shared/feeds/replay/frame-replay-source.ts';
import { describeData } from '../../../../shared/feeds/replay/recorded-data.ts';
import { rng } from '../../../../shared/kernel/rng.ts';
import { MINUTE_MS, SECOND_MS } from '../../../../shared/kernel/time.ts';
import type { Bar } from '../../../../shared/market/price.ts';
import { bookTicker, SPOT_SYMBOLS, trade } from '../../../support/binance-frames.ts';
import { fullSpeed, playInParts, playStoppedAt, recordingSink, runTo } from '../../../support/recording-sink.ts';

const T0 = Date.UTC(2024, 7, 9);
/** The recorder's clock stands this far behind the exchange's. */
const BEHIND_MS = 1_270;

interface Line {
  readonly atMs: number;
  readonly text: string;
}

const print = (atMs: number, price: number, id: number, symbol = 'BTCUSDT'): Line => ({
  atMs,
  text: JSON.stringify({ stream: 'x', data: trade({ s: symbol, t: id, p: price.toFixed(2), q: '0.5', T: atMs + BEHIND_MS, E: atMs + BEHIND_MS }) }),
});
const book = (atMs: number, bid: number, id: number): Line => ({
  atMs,
  text: JSON.stringify(bookTicker({ s: 'BTCUSDT', u: id, b: bid.toFixed(2), a: (bid + 0.01).toFixed(2) })),
});

/** Five minutes of BTC and ETH, several frames in one millisecond, garbage and repetitions in between, silent from 2:20 to 2:50. */
function recording(): readonly Line[] {
  const random = rng('frames');
  const lines: Line[] = [];
  let price = 60_000;
  for (let i = 0; i < 1_500; i++) {
    const atMs = T0 + Math.floor(i / 2) * 400;
    if (atMs >= T0 + 140 * SECOND_MS && atMs < T0 + 170 * SECOND_MS) continue;
    price = Math.round(price * (1 + 0.0001 * random.normal()) * 100) / 100;
    lines.push(print(atMs, price, 1_000 + i), book(atMs, price, 5_000 + i));
    if (i % 10 === 0) lines.push(print(atMs, price / 20, 9_000 + i, 'ETHUSDT'));
    if (i % 50 === 0) lines.push({ atMs, text: '{"half' }, print(atMs, price * 1_000, 20_000 + i), print(atMs, price, 1_000 + i));
  }
  return lines;
}

const LINES = recording();
const END_MS = LINES.at(-1)?.atMs ?? 0;
let folder = '';
let data: RecordedFramesData;

async function framesOf(name: string, lines: readonly Line[]): Promise<RecordedFramesData> {
  const path = join(folder, name, 'spot.log');
  await mkdir(join(folder, name), { recursive: true });
  await writeFile(path, lines.map(({ atMs, text }) => `${atMs}000000 ${text}\n`).join(''));
  const described = await describeData([path], SPOT_SYMBOLS);
  if (described.kind !== 'frames') throw new Error(`expected frames, received ${described.kind}`);
  return described;
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nightdesk-frames-'));
  data = await framesOf('alone', LINES);
});
afterAll(() => rm(folder, { recursive: true }));

async function play(of: RecordedFramesData, fromMs: number, toMs: number) {
  const clock = fullSpeed(fromMs);
  const ended: number[] = [];
  const source = frameReplaySource({ clock, data: of, onEnd: () => void ended.push(clock.now()) });
  const sink = recordingSink(clock);
  const bars: Bar[] = [];
  for (let minuteMs = T0; minuteMs < toMs; minuteMs += MINUTE_MS) {
    clock.at(minuteMs + MINUTE_MS + 2_000, '1-minute', () => void bars.push(...source.closeMinute(minuteMs)));
  }
  await source.start(sink, null);
  await runTo(clock, toMs);
  return { source, sink, bars, ended, clock };
}

describe('recorded frames', () => {
  it("are delivered at their recorder's stamps, with the exchange's own stamps on the trades", async () => {
    const { sink } = await play(data, T0, T0 + 10 * SECOND_MS);
    expect(sink.seen[0]?.price).toMatchObject({
      symbol: 'BTC',
      receivedMs: T0,
      exchangeMs: T0 + BEHIND_MS,
      source: 'replay-frames',
      evidence: 'replay',
    });
    expect(sink.seen.every(({ atMs, price }) => price.receivedMs === atMs)).toBe(true);
    const ids = sink.ticks().flatMap(({ symbol, sequence }) => (symbol === 'BTC' ? (sequence ?? 0) : []));
    expect(ids).toEqual(Array.from({ length: 51 + 1 }, (_, i) => 1_000 + i));
    expect(sink.seen.filter(({ price }) => 'bid' in price)).toHaveLength(52);
  });

  it('become bars by the minute of the exchange, missing where the recorder stood still', async () => {
    const { bars } = await play(data, T0, T0 + 5 * MINUTE_MS + 3_000);
    const btc = bars.filter(({ symbol }) => symbol === 'BTC');
    expect(btc.map(({ openMs, origin }) => [(openMs - T0) / MINUTE_MS, origin])).toEqual([
      [0, 'missing'],
      [1, 'received'],
      [2, 'missing'],
      [3, 'received'],
      [4, 'missing'],
    ]);
    const second = LINES.flatMap(({ text }) => (text.includes('"trade"') ? JSON.parse(text).data : [])).filter(
      ({ s, T, t }) => s === 'BTCUSDT' && t < 9_000 && T >= T0 + MINUTE_MS && T < T0 + 2 * MINUTE_MS,
    );
    const prices = [...new Map(second.map(({ t, p }) => [t, Number(p)])).values()];
    expect(btc[1]).toMatchObject({
      open: prices[0],
      high: Math.max(...prices),
      low: Math.min(...prices),
      close: prices.at(-1),
      volume: prices.length / 2,
    });
  });

  it('count what they refuse, by reason', async () => {
    const { source, sink } = await play(data, T0, END_MS);
    const often = LINES.filter(({ text }) => text === '{"half').length;
    const [state] = source.states();
    expect(state?.refused).toEqual({ not_json: often, jump: often, duplicate: often });
    expect(state?.accepted).toBe(sink.seen.length);
  });

  it('say that they have ended with the last frame', async () => {
    const { source, ended } = await play(data, T0, END_MS + MINUTE_MS);
    expect(ended).toEqual([END_MS]);
    expect(source.states()[0]).toMatchObject({ status: 'ended', sinceMs: END_MS });
    expect(frameReplayBounds(data)).toEqual({ startMs: T0, endMs: END_MS });
  });

  it.each([
    ['now and then', [T0 + 10_001, T0 + 60_000, T0 + 130_000, T0 + 150_000, T0 + 200_400]],
    ['at every second frame', Array.from({ length: 60 }, (_, i) => T0 + 800 * (i + 1))],
  ])('go on with exactly the rest when stopped %s', async (_, breaks) => {
    const { sink, source } = await play(data, T0, END_MS);
    let last = source;
    const make = (clock: Parameters<typeof frameReplaySource>[0]['clock']) => {
      last = frameReplaySource({ clock, data });
      return last;
    };
    expect(await playInParts(make, T0, breaks, END_MS)).toEqual(sink.seen);
    expect(last.states()[0]).toMatchObject({ refused: source.states()[0]?.refused, accepted: source.states()[0]?.accepted });
  });

  it('go on with exactly the rest when stopped while the engine works on one, in the middle of a millisecond', async () => {
    const { sink } = await play(data, T0, T0 + 30_000);
    for (const count of [1, 2, 3, 4, 50]) {
      expect(await playStoppedAt((clock) => frameReplaySource({ clock, data }), T0, count, T0 + 30_000)).toEqual(sink.seen);
    }
  });

  it.each([95_000, 150_000])('give the same bars when they are stopped after %i ms and gone on with', async (afterMs) => {
    const endMs = T0 + 4 * MINUTE_MS + 3_000;
    const whole = await play(data, T0, endMs);
    const bars: Bar[] = [];
    let cursor: unknown = null;
    for (const [fromMs, toMs] of [
      [T0, T0 + afterMs],
      [T0 + afterMs, endMs],
    ] as const) {
      const clock = fullSpeed(fromMs);
      const source = frameReplaySource({ clock, data });
      for (let minuteMs = T0; minuteMs < endMs; minuteMs += MINUTE_MS) {
        const closeMs = minuteMs + MINUTE_MS + 2_000;
        if (closeMs > fromMs) clock.at(closeMs, '1-minute', () => void bars.push(...source.closeMinute(minuteMs)));
      }
      await source.start(recordingSink(clock), cursor);
      await runTo(clock, toMs);
      cursor = JSON.parse(JSON.stringify(source.cursor()));
      await source.stop();
    }
    expect(bars).toEqual(whole.bars);
  });

  it('begin where the clock stands, and go on from before their first frame', async () => {
    const fromMs = T0 + 60_100;
    const { sink, source } = await play(data, fromMs, fromMs + 20_000);
    expect(sink.seen[0]?.atMs).toBe(T0 + 60_400);
    expect(await playInParts((clock) => frameReplaySource({ clock, data }), fromMs, [fromMs], fromMs + 20_000)).toEqual(sink.seen);
    expect(source.states()[0]?.accepted).toBe(sink.seen.length);
  });

  it('are judged by, and stay at, what the klines of their folder tree closed at before them', async () => {
    const near = await framesOf('near', [print(T0, 6_000_000, 1), book(T0, 60_000, 1), ...LINES.filter(({ atMs }) => atMs > T0 + 70 * SECOND_MS)]);
    const closes = Array.from({ length: 120 }, (_, i) => `${T0 - (120 - i) * MINUTE_MS},60000,60000,60000,60000,1`);
    await writeFile(join(folder, 'near', 'BTCUSDT-1m-2024.csv'), `${closes.join('\n')}\n`);
    const { source, bars } = await play(near, T0, T0 + MINUTE_MS + 3_000);
    expect(bars).toEqual([
      { symbol: 'BTC', openMs: T0, open: 60_000, high: 60_000, low: 60_000, close: 60_000, volume: 0, origin: 'missing', evidence: 'replay' },
    ]);
    expect(source.states()[0]?.refused).toEqual({ jump: 1 });
    const past: Bar[] = [];
    for await (const bar of source.minutes(T0 - 10 * MINUTE_MS, T0 + MINUTE_MS)) past.push(bar);
    expect(past).toHaveLength(10);
    expect((await source.quarters(T0 - 60 * MINUTE_MS, T0)).get('BTC')).toHaveLength(4);
    expect(source.closeMinute(T0 - MINUTE_MS)).toMatchObject([{ symbol: 'BTC', close: 60_000, origin: 'received' }]);
  });

  it('refuse a cursor of another source', async () => {
    const clock = fullSpeed(T0);
    await expect(frameReplaySource({ clock, data }).start(recordingSink(clock), { atMs: T0 })).rejects.toMatchObject({ code: 'bad_cursor' });
  });
});

describe('the books of recorded frames', () => {
  /** A picture after a second, and a change every 100 ms whose best bid walks. */
  const depthLines = (): readonly Line[] => {
    const random = rng('depth');
    const lines: Line[] = [];
    for (let i = 0; i < 300; i++) {
      const atMs = T0 + i * 100;
      const away = 1 + Math.floor(9 * random.next());
      const [b, a] = [[[(60_000 - away).toFixed(2), (i % 4).toFixed(1)]], [[(60_000 + away).toFixed(2), (i % 3).toFixed(1)]]];
      const data = { e: 'depthUpdate', E: atMs + BEHIND_MS, s: 'BTCUSDT', U: 100 + i, u: 100 + i, b, a };
      lines.push({ atMs, text: JSON.stringify({ stream: 'btcusdt@depth@100ms', data }) }, print(atMs, 60_000, 1_000 + i));
      const side = (sign: number) => Array.from({ length: 12 }, (_, level) => [(60_000 + sign * (level + 1)).toFixed(2), '5']);
      if (i === 10) lines.push({ atMs, text: JSON.stringify({ lastUpdateId: 107, bids: side(-1), asks: side(1) }) });
    }
    return lines;
  };

  it('come with the changes after their picture, and the same after a stop, without a book in the cursor', async () => {
    const of = await framesOf('depth', depthLines());
    const { sink, source } = await play(of, T0, T0 + 30 * SECOND_MS);
    expect(sink.books).toHaveLength(289);
    expect(sink.books[0]).toMatchObject({
      atMs: T0 + 1_100,
      book: { symbol: 'BTC', sequence: 111, exchangeMs: T0 + 1_100 + BEHIND_MS, evidence: 'replay' },
    });
    expect(source.states()[0]).toMatchObject({ accepted: sink.seen.length + sink.books.length, refused: {} });

    const clock = fullSpeed(T0);
    const first = frameReplaySource({ clock, data: of });
    const [before, after] = [recordingSink(clock), recordingSink(clock)];
    await first.start(before, null);
    await runTo(clock, T0 + 12_345);
    const cursor = JSON.stringify(first.cursor());
    expect(cursor).not.toContain('"bids"');
    await first.stop();
    const second = frameReplaySource({ clock, data: of });
    await second.start(after, JSON.parse(cursor));
    await runTo(clock, T0 + 30 * SECOND_MS);
    expect([...before.books, ...after.books]).toEqual(sink.books);
  });
});
