import { describe, expect, it } from 'vitest';
import { binanceUrls } from '../../../../shared/feeds/binance/binance-endpoints.ts';
import { createBinanceRest, type KlineQuery } from '../../../../shared/feeds/binance/binance-rest.ts';
import type { Clock } from '../../../../shared/kernel/clock.ts';
import { decimal } from '../../../../shared/kernel/decimal.ts';
import type { Candle } from '../../../../shared/market/price.ts';
import { exchangeSymbol } from '../../../support/binance-frames.ts';

const MINUTE = 60_000;
const T0 = 1_723_161_300_000;
const URLS = ['https://first', 'https://second'];

/** A clock that jumps to whatever is asked for, and remembers how far. */
function jumpingClock(startMs: number): Clock & { readonly waits: number[] } {
  let nowMs = startMs;
  const waits: number[] = [];
  return {
    waits,
    now: () => nowMs,
    at(ms, _, task) {
      waits.push(ms - nowMs);
      nowMs = Math.max(nowMs, ms);
      queueMicrotask(() => void task());
      return () => {};
    },
  };
}

const row = (openMs: number, close = '61850.1'): unknown[] => [
  openMs,
  '61800.0',
  '61900.0',
  '61790.5',
  close,
  '12.5',
  openMs + MINUTE - 1,
  '1',
  5,
  '1',
  '1',
  '0',
];

/** Binance's klines endpoint over minutes T0, T0 + 1, ... of which `count` exist. */
function klinesOf(count: number) {
  return (url: URL): Response => {
    const from = Number(url.searchParams.get('startTime'));
    const to = Number(url.searchParams.get('endTime'));
    const all = Array.from({ length: count }, (_, i) => T0 + i * MINUTE).filter((openMs) => openMs >= from && openMs <= to);
    return Response.json(all.slice(0, Number(url.searchParams.get('limit'))).map((openMs) => row(openMs)));
  };
}

async function run(answer: (url: URL, call: number) => Response | Error, query: Partial<KlineQuery> = {}, clock = jumpingClock(T0 + 1e9)) {
  const asked: URL[] = [];
  const rest = createBinanceRest({
    urls: URLS,
    clock,
    log: () => {},
    fetch: async (input) => {
      const url = new URL(String(input));
      asked.push(url);
      const given = answer(url, asked.length);
      if (given instanceof Error) throw given;
      return given;
    },
  });
  const candles: Candle[] = [];
  const whole = { symbol: 'BTCUSDT', interval: '1m', fromMs: T0, toMs: T0 + 10_000 * MINUTE, ...query } as const;
  for await (const candle of rest.fetchKlines(whole)) candles.push(candle);
  return { candles, asked, clock };
}

const refusing = (status: number, headers: Record<string, string> = {}): Response => new Response('{"code":-1003,"msg":"no"}', { status, headers });

describe('the REST klines of Binance', () => {
  it('come page after page, without a bar twice or left out', async () => {
    const { candles, asked } = await run(klinesOf(2_500));
    expect(candles.map(({ openMs }) => (openMs - T0) / MINUTE)).toEqual(Array.from({ length: 2_500 }, (_, i) => i));
    expect(asked).toHaveLength(3);
    expect(candles[0]).toEqual({ openMs: T0, open: 61_800, high: 61_900, low: 61_790.5, close: 61_850.1, volume: 12.5 });
  });

  it('end before the instant that is not wanted any more, and begin on the grid', async () => {
    const { candles } = await run(klinesOf(100), { fromMs: T0 + 1, toMs: T0 + 5 * MINUTE });
    expect(candles.map(({ openMs }) => (openMs - T0) / MINUTE)).toEqual([1, 2, 3, 4]);
  });

  it('leave out the bar that has not ended', async () => {
    const { candles } = await run(klinesOf(100), { fromMs: T0 }, jumpingClock(T0 + 2.5 * MINUTE));
    expect(candles.map(({ openMs }) => (openMs - T0) / MINUTE)).toEqual([0, 1]);
  });

  it('leave out the newest bar until it is over by any clock: a later one is there, or five seconds have passed', async () => {
    const upTo = (count: number, nowMs: number) => run(klinesOf(count), { fromMs: T0, toMs: T0 + 2 * MINUTE }, jumpingClock(nowMs));
    expect((await upTo(2, T0 + 2 * MINUTE + 4_999)).candles).toHaveLength(1);
    expect((await upTo(3, T0 + 2 * MINUTE + 1)).candles).toHaveLength(2);
    expect((await upTo(2, T0 + 2 * MINUTE + 5_000)).candles).toHaveLength(2);
  });

  it('leave out a row that cannot be, and go on after it', async () => {
    const { candles } = await run(() => Response.json([row(T0), row(T0 + MINUTE, '99999999'), 'garbage', row(T0 + 2 * MINUTE)]));
    expect(candles.map(({ openMs }) => (openMs - T0) / MINUTE)).toEqual([0, 2]);
  });

  it('wait as long as HTTP 429 asks for, then go on', async () => {
    const { candles, clock } = await run((url, call) => (call === 1 ? refusing(429, { 'retry-after': '7' }) : klinesOf(3)(url)));
    expect(candles).toHaveLength(3);
    expect(clock.waits).toEqual([7_000]);
  });

  it.each([
    [451, 'geo_blocked'],
    [403, 'forbidden'],
    [500, 'server_error'],
  ])('come from the next endpoint on HTTP %i, and are an error when that answers so too', async (status, code) => {
    const { candles, asked } = await run((url) => (url.host === 'first' ? refusing(status) : klinesOf(2_500)(url)));
    expect(candles).toHaveLength(2_500);
    expect(asked.map(({ host }) => host)).toEqual(['first', 'second', 'second', 'second']);
    await expect(run(() => refusing(status))).rejects.toMatchObject({ code });
  });

  it('come from the next endpoint when one is unreachable', async () => {
    const failure = new TypeError('fetch failed', { cause: new Error('getaddrinfo ENOTFOUND first') });
    expect((await run((url) => (url.host === 'first' ? failure : klinesOf(3)(url)))).candles).toHaveLength(3);
    await expect(run(() => failure)).rejects.toMatchObject({ code: 'unreachable', message: expect.stringContaining('ENOTFOUND') });
  });

  it.each([
    ['a ban', () => refusing(418, { 'retry-after': '600' }), 'banned', 1],
    ['a wait longer than it is worth', () => refusing(429, { 'retry-after': '3600' }), 'rate_limited', 1],
    ['being told to wait again and again', () => refusing(429, { 'retry-after': '1' }), 'rate_limited', 5],
    ['a bad request', () => refusing(400), 'bad_request', 1],
    ['an answer that is not JSON', () => new Response('<html>'), 'bad_answer', 1],
    ['an answer that is not a list', () => Response.json({ ok: 1 }), 'bad_answer', 1],
    ['the same page for ever', () => Response.json(Array.from({ length: 1_000 }, (_, i) => row(T0 + i * MINUTE))), 'bad_answer', 2],
  ])('are an error on %s', async (_, answer, code, calls) => {
    let asked = 0;
    const counted = (): Response => {
      asked++;
      return answer();
    };
    await expect(run(counted)).rejects.toMatchObject({ code });
    expect(asked).toBe(calls);
  });

  it('keep within the weight of a minute, by the count that the venue tells', async () => {
    const heavy = (url: URL): Response => {
      const answer = klinesOf(3_000)(url);
      answer.headers.set('x-mbx-used-weight-1m', '4799');
      return answer;
    };
    const { candles, clock } = await run(heavy, {}, jumpingClock(T0 + 1e9 - (1e9 % MINUTE) + 10_000));
    expect(candles).toHaveLength(3_000);
    expect(clock.waits).toEqual([50_000, 60_000, 60_000]);
  });
});

describe('requests beside each other', () => {
  /** A client, and what each request of a batch came to: the number of bars, or the error. */
  function client(answer: (url: URL, call: number) => Response, options: { readonly longestWaitMs?: number } = {}) {
    const clock = jumpingClock(T0 + 1e9);
    const asked: URL[] = [];
    const rest = createBinanceRest({
      urls: URLS,
      clock,
      log: () => {},
      ...options,
      fetch: async (input) => {
        const url = new URL(String(input));
        asked.push(url);
        // The answers come one after the other, as they do over a network.
        for (let turns = asked.length; turns > 0; turns--) await Promise.resolve();
        return answer(url, asked.length);
      },
    });
    const one = async (symbol: string): Promise<number | { readonly code: string; readonly context: Readonly<Record<string, unknown>> }> => {
      let bars = 0;
      try {
        for await (const _ of rest.fetchKlines({ symbol, interval: '1m', fromMs: T0, toMs: T0 + 3 * MINUTE })) bars++;
        return bars;
      } catch (error) {
        return error as Error & { code: string; context: Record<string, unknown> };
      }
    };
    const batch = (count: number) => Promise.all(Array.from({ length: count }, (_, i) => one(`S${i}`)));
    return { clock, asked, rest, one, batch };
  }

  it.each([2, 3, 6])('all come from the endpoint that serves, %i at once, and stay there', async (count) => {
    const { asked, batch } = client((url) => (url.host === 'first' ? refusing(451) : klinesOf(3)(url)));
    for (let round = 0; round < 3; round++) expect(await batch(count)).toEqual(Array(count).fill(3));
    expect(asked.filter(({ host }) => host === 'first')).toHaveLength(count);
  });

  it('try every endpoint once when none serves', async () => {
    const { asked, batch } = client(() => refusing(503));
    expect(await batch(6)).toMatchObject(Array(6).fill({ code: 'server_error' }));
    expect(asked.map(({ host }) => host).sort()).toEqual([...Array(6).fill('first'), ...Array(6).fill('second')]);
  });

  it('are not sent at all during a ban, and tell how long it still lasts', async () => {
    const { asked, one, rest, clock } = client((url, call) => (call === 1 ? refusing(418, { 'retry-after': '86400' }) : klinesOf(3)(url)));
    expect(await one('A')).toMatchObject({ code: 'banned', context: { retryAfterMs: 86_400_000 } });
    clock.at(clock.now() + 80_000_000, 'later', () => {});
    expect(await one('B')).toMatchObject({ code: 'banned', context: { retryAfterMs: 6_400_000 } });
    await expect(rest.fetchListings(['A'])).rejects.toMatchObject({ code: 'banned' });
    expect(asked).toHaveLength(1);
    clock.at(clock.now() + 6_400_000, 'later', () => {});
    expect(await one('A')).toBe(3);
  });

  it('wait together when one of them is told to, or fail together when that is longer than it is worth', async () => {
    const limited = (call: number, url: URL): Response => (call === 1 ? refusing(429, { 'retry-after': '7' }) : klinesOf(3)(url));
    const patient = client((url, call) => limited(call, url));
    const first = patient.one('A');
    await new Promise((resolve) => setImmediate(resolve));
    expect([await first, await patient.one('B')]).toEqual([3, 3]);
    const hasty = client((url, call) => limited(call, url), { longestWaitMs: 5_000 });
    expect(await hasty.one('A')).toMatchObject({ code: 'rate_limited', context: { retryAfterMs: 7_000 } });
    expect(await hasty.one('B')).toMatchObject({ code: 'rate_limited', context: { retryAfterMs: 7_000 } });
    expect([hasty.asked.length, hasty.clock.waits]).toEqual([1, []]);
  });

  it.each([
    ['a ban without a word of its length', 418, {}, 120_000],
    ['a limit without a word of its length', 429, {}, 60_000],
    ['a limit until a date', 429, { 'retry-after': new Date(T0 + 1e9 + 100_000).toUTCString() }, 100_000],
    ['a ban until a date', 418, { 'retry-after': new Date(T0 + 1e9 + 300_000).toUTCString() }, 300_000],
  ] as const)('last as long as everywhere: %s', async (_, status, headers, waitMs) => {
    const { one } = client(() => refusing(status, headers), { longestWaitMs: 0 });
    expect(await one('A')).toMatchObject({ context: { retryAfterMs: waitMs } });
  });
});

describe('the listings of Binance', () => {
  const listing = async (answer: (url: URL) => Response, symbols = ['BTCUSDT', 'ETHUSDT']) => {
    const asked: URL[] = [];
    const logged: string[] = [];
    const rest = createBinanceRest({
      urls: URLS,
      clock: jumpingClock(T0),
      log: (_, event) => void logged.push(event),
      fetch: async (input) => {
        const url = new URL(String(input));
        asked.push(url);
        return answer(url);
      },
    });
    return { listings: await rest.fetchListings(symbols), asked, logged };
  };
  const filters = (change: (filters: { filterType: string }[]) => unknown[]) => ({
    ...exchangeSymbol('BTCUSDT'),
    filters: change(exchangeSymbol('BTCUSDT').filters),
  });

  it('are the status and the grids of each symbol, exactly', async () => {
    const { listings, asked } = await listing(() => Response.json({ symbols: [exchangeSymbol('BTCUSDT'), exchangeSymbol('ETHUSDT', 'BREAK')] }));
    expect(listings).toEqual([
      { symbol: 'BTCUSDT', status: 'TRADING', tickSize: decimal('0.1'), lotStep: decimal('0.001'), minNotional: decimal('7') },
      { symbol: 'ETHUSDT', status: 'BREAK', tickSize: decimal('0.1'), lotStep: decimal('0.001'), minNotional: decimal('7') },
    ]);
    expect(asked.map(({ pathname, searchParams }) => [pathname, searchParams.get('symbols')])).toEqual([
      ['/api/v3/exchangeInfo', '["BTCUSDT","ETHUSDT"]'],
    ]);
  });

  it('leave out a symbol that the venue does not know, and tell of the others', async () => {
    const { listings, logged, asked } = await listing((url) =>
      url.searchParams.get('symbols')?.includes('ETHUSDT') === true ? refusing(400) : Response.json({ symbols: [exchangeSymbol('BTCUSDT')] }),
    );
    expect(listings.map(({ symbol }) => symbol)).toEqual(['BTCUSDT']);
    expect(logged).toEqual(['binance.symbol_not_listed']);
    expect(asked).toHaveLength(3);
  });

  it.each([
    ['without a lot size', () => filters((all) => all.filter(({ filterType }) => filterType !== 'LOT_SIZE'))],
    ['with a tick of zero', () => filters((all) => all.map((each) => ('tickSize' in each ? { ...each, tickSize: '0.00000000' } : each)))],
    [
      'with a least notional that is no number',
      () => filters((all) => all.map((each) => ('minNotional' in each ? { ...each, minNotional: 'x' } : each))),
    ],
    ['without filters', () => ({ symbol: 'BTCUSDT', status: 'TRADING' })],
  ])('are refused %s', async (_, symbol) => {
    await expect(listing(() => Response.json({ symbols: [symbol()] }))).rejects.toMatchObject({ code: 'bad_answer' });
  });
});

describe('the endpoints', () => {
  it('are the published ones, or those of the environment in their order', () => {
    expect(binanceUrls({})).toEqual({
      webSocket: ['wss://stream.binance.com:9443', 'wss://stream.binance.com:443', 'wss://data-stream.binance.vision'],
      rest: ['https://api.binance.com', 'https://data-api.binance.vision'],
    });
    expect(
      binanceUrls({ NIGHTDESK_BINANCE_WS_URLS: 'ws://127.0.0.1:1/, ws://127.0.0.1:2', NIGHTDESK_BINANCE_REST_URLS: 'http://127.0.0.1:3' }),
    ).toEqual({
      webSocket: ['ws://127.0.0.1:1', 'ws://127.0.0.1:2'],
      rest: ['http://127.0.0.1:3'],
    });
  });

  it('of the environment are refused when they are not URLs of the right kind', () => {
    expect(() => binanceUrls({ NIGHTDESK_BINANCE_WS_URLS: 'http://127.0.0.1' })).toThrow(
      /NIGHTDESK_BINANCE_WS_URLS takes .*received "http:\/\/127.0.0.1"/,
    );
    expect(() => binanceUrls({ NIGHTDESK_BINANCE_REST_URLS: 'nonsense' })).toThrow(/NIGHTDESK_BINANCE_REST_URLS/);
  });
});
