import { describe, expect, it } from 'vitest';
import type { MarketSource } from '../../../../shared/engine/market-source.ts';
import { yahooSource } from '../../../../shared/feeds/nse/yahoo-source.ts';
import type { Clock } from '../../../../shared/kernel/clock.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../../../shared/kernel/time.ts';
import type { Bar, Tick } from '../../../../shared/market/price.ts';
import { jumpingClock } from '../../../support/jumping-clock.ts';
import { fullSpeed, runTo } from '../../../support/recording-sink.ts';
import { YAHOO_ERROR, type YahooRow, yahooChart } from '../../../support/yahoo-charts.ts';

/** Tuesday 2026-10-13, 11:00 in India: continuous trading. */
const OPEN_MS = Date.UTC(2026, 9, 13, 5, 30);
const DELAY_MS = 11 * MINUTE_MS;
const minuteRow = (openMs: number): YahooRow => [openMs, 100, 101, 99, 100.5, 500];

/** Between nine and four in India. */
const isSession = (ms: number): boolean => new Date(ms + 5.5 * HOUR_MS).getUTCHours() >= 9 && new Date(ms + 5.5 * HOUR_MS).getUTCHours() < 16;

/** The service as of an instant: every minute up to eleven minutes ago, with a hole where the minute of the hour is 20. */
function answer(url: URL, nowMs: number): unknown {
  const symbol = decodeURIComponent(url.pathname.split('/').at(-1) ?? '').replace('.NS', '');
  const stepMs = url.searchParams.get('interval') === '15m' ? 15 * MINUTE_MS : MINUTE_MS;
  const toldMs = nowMs - DELAY_MS;
  const fromMs = Number(url.searchParams.get('period1') ?? (toldMs - 30 * MINUTE_MS) / 1_000) * 1_000;
  const toMs = Math.min(toldMs, Number(url.searchParams.get('period2') ?? toldMs / 1_000) * 1_000);
  const rows: YahooRow[] = [];
  for (let openMs = Math.ceil(fromMs / stepMs) * stepMs; openMs < toMs; openMs += stepMs) {
    if (!isSession(openMs)) continue;
    rows.push(new Date(openMs).getUTCMinutes() === 20 && stepMs === MINUTE_MS ? [openMs, null, null, null, null, null] : minuteRow(openMs));
  }
  return yahooChart(symbol, { price: 100.25, atMs: toldMs }, rows);
}

interface Played {
  readonly source: MarketSource;
  readonly asked: { readonly atMs: number; readonly url: URL }[];
  readonly ticks: Tick[];
  readonly repaired: Bar[];
  readonly run: (toMs: number) => Promise<void>;
}

async function play(atMs: number, reply: (url: URL, nowMs: number) => Response | unknown = answer): Promise<Played> {
  const clock = fullSpeed(atMs);
  const [asked, ticks, repaired]: [Played['asked'], Tick[], Bar[]] = [[], [], []];
  const source = yahooSource({
    clock,
    log: () => {},
    urls: ['http://yahoo'],
    fetch: async (input) => {
      const url = new URL(String(input));
      asked.push({ atMs: clock.now(), url });
      const replied = reply(url, clock.now());
      return replied instanceof Response ? replied : Response.json(replied);
    },
  });
  await source.start(
    { tick: (tick) => void ticks.push(tick), top: () => {}, depth: () => {}, reference: () => {}, repaired: (bars) => void repaired.push(...bars) },
    null,
  );
  return { source, asked, ticks, repaired, run: (toMs) => runTo(clock, toMs) };
}

const state = (source: MarketSource) => source.states()[0];

describe('delayed Yahoo', () => {
  it('asks for one share after the other, within what an address may ask an hour', async () => {
    const { asked, run } = await play(OPEN_MS);
    await run(OPEN_MS + HOUR_MS);
    expect(asked.length).toBeGreaterThan(290);
    expect(asked.length).toBeLessThanOrEqual(301);
    expect(new Set(asked.slice(0, 10).map(({ url }) => url.pathname)).size).toBe(10);
    expect(asked[0]?.url.href).toBe('http://yahoo/v8/finance/chart/RELIANCE.NS?interval=1m&range=1d');
    expect((asked[10]?.atMs ?? 0) - (asked[0]?.atMs ?? 0)).toBeGreaterThanOrEqual(100_000);
  });

  it('delivers the last price without a size, at its time on the exchange, as delayed', async () => {
    const { source, ticks, run } = await play(OPEN_MS);
    await run(OPEN_MS + 1_000);
    expect(ticks).toEqual([
      {
        symbol: 'RELIANCE',
        price: 100.25,
        quantity: 0,
        motion: 'print',
        exchangeMs: OPEN_MS - DELAY_MS,
        receivedMs: OPEN_MS,
        source: 'yahoo',
        evidence: 'delayed',
      },
    ]);
    expect(state(source)).toMatchObject({ status: 'up', evidence: 'delayed', markets: ['NSE'] });
    expect(state(source)?.detail).toMatch(/^delayed prices, each symbol every 120 s, the newest 66\d s old$/);
  });

  it('gives each minute as missing when it is asked for, and its bar when it is there, once', async () => {
    const { source, repaired, run } = await play(OPEN_MS);
    await run(OPEN_MS + MINUTE_MS);
    const bars = source.closeMinute(OPEN_MS);
    expect(bars).toHaveLength(10);
    expect(bars[0]).toMatchObject({ symbol: 'RELIANCE', origin: 'missing', evidence: 'delayed', close: 100.5, volume: 0 });
    await run(OPEN_MS + 20 * MINUTE_MS);
    const reliance = repaired.filter(({ symbol }) => symbol === 'RELIANCE').map(({ openMs }) => openMs);
    expect(repaired).toContainEqual({
      symbol: 'RELIANCE',
      openMs: OPEN_MS,
      open: 100,
      high: 101,
      low: 99,
      close: 100.5,
      volume: 500,
      origin: 'backfilled',
      evidence: 'delayed',
    });
    expect(reliance).toEqual([...new Set(reliance)].sort((a, b) => a - b));
    expect(source.closeMinute(OPEN_MS)[0]).toMatchObject({ origin: 'backfilled' });
  });

  it('leaves a minute missing for which the chart has no price', async () => {
    const holeMs = OPEN_MS - 10 * MINUTE_MS;
    const { repaired, run } = await play(holeMs + 5 * MINUTE_MS);
    await run(holeMs + 20 * MINUTE_MS);
    const minutes = repaired.map(({ openMs }) => openMs);
    expect([minutes.includes(holeMs - MINUTE_MS), minutes.includes(holeMs), minutes.includes(holeMs + MINUTE_MS)]).toEqual([true, false, true]);
  });

  it('does not ask while the exchange is closed, and begins at the opening', async () => {
    const sundayMs = Date.UTC(2026, 9, 11, 12);
    const mondayMs = Date.UTC(2026, 9, 12, 3, 45);
    const { source, asked, run } = await play(sundayMs);
    await run(mondayMs - 1);
    expect(asked).toEqual([]);
    expect(state(source)).toMatchObject({ status: 'waiting' });
    expect(state(source)?.detail).toMatch(/^NSE does not trade now/);
    await run(mondayMs + 15_000);
    expect(asked.map(({ atMs }) => atMs)).toEqual([mondayMs, mondayMs + 12_000]);
    expect(source.closeMinute(sundayMs - MINUTE_MS)).toEqual([]);
  });

  it('goes on after the close until the late minutes are there, and has one bar of the auction, at 15:29', async () => {
    const { asked, repaired, run } = await play(Date.UTC(2026, 9, 13, 9, 30));
    await run(Date.UTC(2026, 9, 13, 12));
    const afterContinuous = repaired.filter(({ openMs }) => openMs > Date.UTC(2026, 9, 13, 9, 44));
    expect(new Set(afterContinuous.map(({ openMs }) => openMs))).toEqual(new Set([Date.UTC(2026, 9, 13, 9, 59)]));
    expect(new Set(afterContinuous.map(({ symbol }) => symbol)).size).toBe(afterContinuous.length);
    expect(asked.at(-1)?.atMs).toBeLessThan(Date.UTC(2026, 9, 13, 10, 21));
  });

  it('stays away as long as it is told, then longer each time, and says so', async () => {
    const told = await play(OPEN_MS, () => new Response('Edge: Too Many Requests', { status: 429, headers: { 'retry-after': '900' } }));
    await told.run(OPEN_MS + 14 * MINUTE_MS);
    expect(told.asked).toHaveLength(1);
    expect(state(told.source)).toMatchObject({ status: 'down' });
    expect(state(told.source)?.detail).toMatch(/asks to wait 900 s \(HTTP 429\).*asked again at 2026-10-13T05:45:00/);
    const untold = await play(OPEN_MS, () => new Response('', { status: 429 }));
    await untold.run(OPEN_MS + 80 * MINUTE_MS);
    expect(untold.asked.map(({ atMs }) => (atMs - OPEN_MS) / MINUTE_MS)).toEqual([0, 5, 15, 35, 75]);
  });

  it('is down after three failures in a row, and up again with the next answer', async () => {
    const replies = [YAHOO_ERROR, '<html>no</html>', () => new Response('<html>', { status: 200 })];
    const { source, asked, ticks, run } = await play(OPEN_MS, (url, nowMs) => {
      const reply = replies[asked.length - 1];
      return typeof reply === 'function' ? reply() : (reply ?? answer(url, nowMs));
    });
    await run(OPEN_MS + 13_000);
    expect(state(source)?.status).toBe('connecting');
    await run(OPEN_MS + 25_000);
    expect(state(source)).toMatchObject({ status: 'down', detail: expect.stringMatching(/not JSON/) });
    await run(OPEN_MS + 37_000);
    expect([state(source)?.status, ticks.length]).toEqual(['up', 1]);
  });

  it('refuses what is older than its delay can be, and what jumps', async () => {
    let price = 100;
    const { source, ticks, run } = await play(OPEN_MS, (url, nowMs) => {
      const symbol = url.pathname.includes('RELIANCE') ? 'RELIANCE' : 'X';
      const atMs = symbol === 'X' ? nowMs - 2 * HOUR_MS : nowMs - DELAY_MS;
      return yahooChart(symbol, { price, atMs }, [minuteRow(nowMs - 13 * MINUTE_MS)]);
    });
    await run(OPEN_MS + 119_000);
    price = 1_200;
    await run(OPEN_MS + 3 * MINUTE_MS);
    expect(ticks).toHaveLength(1);
    expect(state(source)?.refused).toEqual({ stamp_too_old: 14, jump: 1 });
  });

  it('asks once a turn after it was stopped and started while an answer was under way', async () => {
    const time = fullSpeed(OPEN_MS);
    let polls = 0;
    // Time waits for every poll but the first, and for no gap between two requests.
    const clock: Clock = {
      now: time.now,
      at(ms, label, task) {
        if (label === 'yahoo.poll') return time.at(ms, label, () => (++polls === 1 ? void task() : task()));
        queueMicrotask(() => void task());
        return () => {};
      },
    };
    const first = Promise.withResolvers<void>();
    const [asked, ticks]: [number[], Tick[]] = [[], []];
    const source = yahooSource({
      clock,
      log: () => {},
      urls: ['http://yahoo'],
      fetch: async (input) => {
        asked.push(clock.now());
        if (asked.length === 1) await first.promise;
        return Response.json(answer(new URL(String(input)), clock.now()));
      },
    });
    const sink = { tick: (tick: Tick) => void ticks.push(tick), top: () => {}, depth: () => {}, reference: () => {}, repaired: () => {} };
    await source.start(sink, null);
    await runTo(time, OPEN_MS + 1_000);
    expect(asked).toHaveLength(1);
    await source.stop();
    await source.start(sink, null);
    first.resolve();
    await runTo(time, OPEN_MS + 10 * MINUTE_MS);
    expect(asked.length).toBeGreaterThan(45);
    expect(asked.length).toBeLessThanOrEqual(52);
    // What was asked for before the stop is nobody's.
    expect(ticks.length).toBeLessThanOrEqual(asked.length - 1);
    await source.stop();
  });

  it('delivers nothing after it was stopped', async () => {
    const { source, asked, run } = await play(OPEN_MS);
    await run(OPEN_MS + 1_000);
    await source.stop();
    await run(OPEN_MS + HOUR_MS);
    expect(asked).toHaveLength(1);
    expect(state(source)).toMatchObject({ status: 'down', detail: 'not started' });
  });
});

describe('the history of delayed Yahoo', () => {
  function history(fromDays: number, nowMs = OPEN_MS) {
    const clock = jumpingClock(nowMs);
    const asked: URL[] = [];
    const request: typeof fetch = async (input) => {
      const url = new URL(String(input));
      asked.push(url);
      return Response.json(answer(url, clock.now()));
    };
    const source = yahooSource({ clock, log: () => {}, urls: ['http://yahoo'], fetch: request });
    return { source, asked, fromMs: nowMs - fromDays * DAY_MS };
  }

  it('has minutes of continuous trading, a week a request, as backfilled and delayed', async () => {
    const { source, asked, fromMs } = history(8);
    const bars: Bar[] = [];
    for await (const bar of source.minutes(fromMs, OPEN_MS)) bars.push(bar);
    expect(asked).toHaveLength(20);
    expect(bars.every(({ origin, evidence }) => origin === 'backfilled' && evidence === 'delayed')).toBe(true);
    const reliance = bars.filter(({ symbol }) => symbol === 'RELIANCE').map(({ openMs }) => openMs);
    // From 11:00 on the 5th to 10:49 on the 13th: six days and a part of two, each with its holes at the twentieth minute.
    const minutesOfDay = 360 - 6;
    expect(reliance.length).toBeGreaterThan(5 * minutesOfDay);
    expect(reliance.length).toBeLessThan(7 * minutesOfDay);
    expect(new Set(reliance.map((openMs) => new Date(openMs).getUTCDay()))).toEqual(new Set([1, 2, 3, 4, 5]));
  });

  it('asks for no more than the service keeps', async () => {
    const { source, asked, fromMs } = history(400);
    for await (const _ of source.minutes(fromMs, fromMs + DAY_MS)) throw new Error('the service keeps no minute of that day');
    expect(asked).toEqual([]);
    await source.quarters(fromMs, OPEN_MS);
    expect(asked).toHaveLength(10);
    expect(Number(asked[0]?.searchParams.get('period1')) * 1_000).toBeGreaterThanOrEqual(OPEN_MS - 60 * DAY_MS);
  });

  it('is brought back to what was traded before a split', async () => {
    const { source } = history(0, Date.UTC(2026, 0, 16, 6));
    const closes = new Map<string, number>();
    const [beforeMs, afterMs] = [Date.UTC(2026, 0, 13, 5), Date.UTC(2026, 0, 14, 5)];
    for await (const { symbol, openMs, close } of source.minutes(beforeMs, afterMs + MINUTE_MS)) closes.set(`${symbol} ${openMs}`, close);
    const of = (symbol: string) => [beforeMs, afterMs].map((openMs) => closes.get(`${symbol} ${openMs}`));
    expect([of('KOTAKBANK'), of('TCS')]).toEqual([
      [502.5, 100.5],
      [100.5, 100.5],
    ]);
  });

  it('has quarters of the session', async () => {
    const { source, fromMs } = history(3);
    const quarters = (await source.quarters(fromMs, OPEN_MS)).get('TCS') ?? [];
    expect(quarters.length).toBeGreaterThan(24);
    expect(quarters.every(({ isComplete, openMs }) => isComplete && openMs % (15 * MINUTE_MS) === 0)).toBe(true);
  });
});
