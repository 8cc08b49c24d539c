import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { MarketSource } from '../../../../shared/engine/market-source.ts';
import { fxSource, fxUrls } from '../../../../shared/feeds/rates/fx-source.ts';
import type { VirtualClock } from '../../../../shared/kernel/clock-virtual.ts';
import { toNumber } from '../../../../shared/kernel/decimal.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../../../shared/kernel/time.ts';
import { erApi, type FxServer, frankfurter, frankfurterDays, startFxServer, yahoo } from '../../../support/fx-server.ts';
import { fullSpeed, recordingSink, runTo } from '../../../support/recording-sink.ts';

/** A Monday morning in India: the newest fixing is of Friday. */
const NOW = Date.parse('2026-09-14T04:00:00Z');
const FRIDAY = '2026-09-11';
const FRIDAY_MS = Date.parse('2026-09-11T12:15:00Z');
const seconds = (ms: number): number => ms / 1_000;

let server: FxServer;
beforeEach(async () => {
  server = await startFxServer();
});
afterEach(() => server.stop());

interface Running {
  readonly clock: VirtualClock;
  readonly source: MarketSource;
  readonly logged: string[];
  readonly rate: () => readonly [usdInr: number, source: string, asOfMs: number] | null;
}

async function started(cursor: unknown = null, { timeoutMs = 60_000, nowMs = NOW } = {}): Promise<Running> {
  const clock = fullSpeed(nowMs);
  const logged: string[] = [];
  const source = fxSource({ clock, log: (_, event, facts) => void logged.push(`${event} ${facts?.code}`), urls: [server.url], timeoutMs });
  await source.start(recordingSink(clock), cursor);
  const rate: Running['rate'] = () => {
    const [known] = source.rates();
    return known === undefined ? null : [Math.round(1e4 / toNumber(known.value)) / 1e4, known.source, known.asOfMs];
  };
  return { clock, source, logged, rate };
}

const stateOf = (source: MarketSource) => source.states()[0];

describe('rupees a dollar', () => {
  it('come from the first service, as of the fixing and not of the fetch, and are asked for again after some hours', async () => {
    server.say({ frankfurter: frankfurter(95.56, FRIDAY), yahoo: yahoo(95.7, seconds(NOW)) });
    const { clock, source, rate } = await started();
    expect([source.rates(), source.markets, stateOf(source)?.status]).toEqual([[], [], 'connecting']);
    await runTo(clock, NOW + MINUTE_MS);
    expect(rate()).toEqual([95.56, 'frankfurter', FRIDAY_MS]);
    expect(source.rates()).toMatchObject([{ currency: 'INR' }]);
    expect(stateOf(source)).toMatchObject({ status: 'up', accepted: 1, refused: {}, markets: [] });
    expect(stateOf(source)?.detail).toBe('95.56 INR a USD of 2026-09-11T12:15:00.000Z from frankfurter; asked again at 2026-09-14T08:00:00.000Z');
    expect(server.asked()).toEqual(['frankfurter']);
    await runTo(clock, NOW + 11 * HOUR_MS);
    expect(server.asked()).toEqual(['frankfurter', 'frankfurter']);
    server.say({ frankfurter: frankfurter(95.9, '2026-09-14') });
    await runTo(clock, NOW + 13 * HOUR_MS);
    expect(rate()).toEqual([95.9, 'frankfurter', Date.parse('2026-09-14T12:15:00Z')]);
    expect(server.asked()).toEqual(['frankfurter']);
    await source.stop();
  });

  it.each<readonly [what: string, reply: Parameters<FxServer['say']>[0]['yahoo'], code: string]>([
    ['is down', { status: 503 }, 'server_error'],
    ['asks to wait', { status: 429, headers: { 'retry-after': '30' } }, 'rate_limited'],
    ['refuses us', { status: 403 }, 'unauthorized'],
    ['answers what is not JSON', '<html>Just a moment...</html>', 'bad_answer'],
    ['answers half an object', '{"base":"USD","date":"2026-09-', 'bad_answer'],
    ['answers another currency', { amount: 1, base: 'EUR', date: FRIDAY, rates: { INR: 105 } }, 'bad_answer'],
    ['leaves the rate out', { amount: 1, base: 'USD', date: FRIDAY, rates: {} }, 'bad_answer'],
    ['tells the rate as text', frankfurter('95.56', FRIDAY), 'bad_answer'],
    ['tells a rate of nothing', frankfurter(0, FRIDAY), 'bad_answer'],
    ['tells ten times the rate', frankfurter(955.6, FRIDAY), 'implausible'],
    ['tells dollars a rupee', frankfurter(0.01046, FRIDAY), 'implausible'],
    ['tells the rate of tomorrow', frankfurter(95.56, '2026-09-15'), 'in_future'],
    ['has stood still for a week', frankfurter(95.56, '2026-09-07'), 'too_old'],
  ])('come from the next service when the first one %s', async (_, reply, code) => {
    server.say({ frankfurter: reply as object, yahoo: yahoo(95.72, seconds(NOW - MINUTE_MS)) });
    const { clock, source, logged, rate } = await started();
    await runTo(clock, NOW + 1_000);
    expect(rate()).toEqual([95.72, 'yahoo', NOW - MINUTE_MS]);
    expect(logged).toEqual([`fx.refused ${code}`]);
    expect(stateOf(source)).toMatchObject({ status: 'up', refused: { [code]: 1 } });
    expect(server.asked()).toEqual(['frankfurter', 'yahoo']);
    await source.stop();
  });

  it.each([
    ['beyond all dates', 9_000_000_000_000, 'bad_answer'],
    ['at the end of all dates', 8_640_000_000_000, 'in_future'],
  ])('come from the next when a service tells a rate of a time %s', async (_, time, code) => {
    server.say({ yahoo: yahoo(95.7, time), 'er-api': erApi(95.6, seconds(NOW - 3 * HOUR_MS)) });
    const { clock, source, logged, rate } = await started();
    await runTo(clock, NOW + 1_000);
    expect(rate()).toEqual([95.6, 'er-api', NOW - 3 * HOUR_MS]);
    expect(logged).toEqual(['fx.refused server_error', `fx.refused ${code}`]);
    await source.stop();
  });

  it('are asked for again after an error that nobody foresaw', async () => {
    const clock = fullSpeed(NOW);
    const logged: string[] = [];
    let asked = 0;
    const request: typeof fetch = async () => {
      asked++;
      // A broken client, not a broken service.
      return null as unknown as Response;
    };
    const source = fxSource({ clock, log: (level, event, facts) => void logged.push(`${level} ${event} ${facts?.code}`), fetch: request });
    await source.start(recordingSink(clock), null);
    await runTo(clock, NOW + 4 * MINUTE_MS);
    expect(asked).toBe(3 * 3);
    expect(stateOf(source)).toMatchObject({ status: 'down', refused: { unexpected: 9 }, detail: expect.stringContaining('asked again at') });
    expect(new Set(logged)).toEqual(new Set(['error fx.refused unexpected']));
    await source.stop();
  });

  it('come from the third when the first says nothing and the second tells another pair', async () => {
    server.say({ frankfurter: 'silence', yahoo: yahoo(1.36, seconds(NOW), { symbol: 'CAD=X' }), 'er-api': erApi(95.6, seconds(NOW - 3 * HOUR_MS)) });
    const { clock, source, logged, rate } = await started(null, { timeoutMs: 500 });
    await runTo(clock, NOW + 1_000);
    expect(rate()).toEqual([95.6, 'er-api', NOW - 3 * HOUR_MS]);
    expect(logged).toEqual(['fx.refused unreachable', 'fx.refused bad_answer']);
    await source.stop();
  });

  it('are asked for again with growing pauses while nobody answers, and the last rate stands meanwhile', async () => {
    const known = { usdInr: 95.56, asOfMs: FRIDAY_MS, source: 'frankfurter' };
    const { clock, source, rate } = await started(known);
    await runTo(clock, NOW + 1_000);
    expect(stateOf(source)).toMatchObject({ status: 'down', refused: { server_error: 3 } });
    expect(stateOf(source)?.detail).toMatch(
      /^95\.56 INR a USD of 2026-09-11T12:15:00\.000Z from frankfurter; .*HTTP 503.*; asked again at 2026-09-14T04:01:00/,
    );
    expect(rate()).toEqual([95.56, 'frankfurter', FRIDAY_MS]);
    // At 0, 1, 3, 7, 15, 31, 63 minutes, then each hour.
    await runTo(clock, NOW + 64 * MINUTE_MS);
    expect(server.asked()).toHaveLength(3 * 7);
    await runTo(clock, NOW + 5 * HOUR_MS);
    expect(server.asked()).toHaveLength(3 * 3);
    server.say({ frankfurter: frankfurter(95.9, FRIDAY) });
    await runTo(clock, NOW + 6 * HOUR_MS);
    expect([rate()?.[0], stateOf(source)?.status]).toEqual([95.9, 'up']);
    await source.stop();
  });

  it('does not ask a service again before the time that it named', async () => {
    server.say({ frankfurter: { status: 429, headers: { 'retry-after': '600' } } });
    const { clock, source } = await started();
    await runTo(clock, NOW + 9 * MINUTE_MS);
    expect(server.asked().filter((name) => name === 'frankfurter')).toHaveLength(1);
    await runTo(clock, NOW + 16 * MINUTE_MS);
    expect(server.asked().filter((name) => name === 'frankfurter')).toHaveLength(1);
    await source.stop();
  });

  it('are not replaced by an older rate', async () => {
    server.say({ frankfurter: frankfurter(95.56, FRIDAY) });
    const known = { usdInr: 95.8, asOfMs: NOW - HOUR_MS, source: 'yahoo' };
    const { clock, source, rate } = await started(known);
    await runTo(clock, NOW + 1_000);
    expect([rate(), stateOf(source)?.status]).toEqual([[95.8, 'yahoo', NOW - HOUR_MS], 'up']);
    await source.stop();
  });

  it('survive a restart in the cursor, and none is known before the first', async () => {
    server.say({ frankfurter: frankfurter(95.56, FRIDAY) });
    const first = await started();
    expect(first.source.cursor()).toBeNull();
    await runTo(first.clock, NOW + 1_000);
    const cursor = JSON.parse(JSON.stringify(first.source.cursor()));
    await first.source.stop();
    server.say({});
    const again = await started(cursor);
    expect([again.rate(), stateOf(again.source)?.status]).toEqual([[95.56, 'frankfurter', FRIDAY_MS], 'connecting']);
    await again.source.stop();
    await expect(again.source.start(recordingSink(again.clock), { usdInr: -1 })).rejects.toMatchObject({ code: 'bad_cursor' });
  });

  it('say nothing any more once they are stopped, also what was asked for before', async () => {
    server.say({ frankfurter: frankfurter(95.56, FRIDAY) });
    const { clock, source, rate } = await started();
    const running = runTo(clock, NOW + DAY_MS);
    await source.stop();
    await running;
    expect(rate()).toBeNull();
    await expect(source.start(recordingSink(clock), null)).resolves.toBeUndefined();
    await expect(source.start(recordingSink(clock), null)).rejects.toMatchObject({ code: 'already_started' });
    await source.stop();
  });
});

describe('a rate that has moved too far', () => {
  const known = { usdInr: 95.56, asOfMs: FRIDAY_MS, source: 'frankfurter' };

  it('is not believed of one service, and a near one of the next is', async () => {
    server.say({ frankfurter: frankfurter(60, '2026-09-11'), yahoo: yahoo(96.1, seconds(NOW)) });
    const { clock, source, rate, logged } = await started(known);
    await runTo(clock, NOW + 1_000);
    expect(rate()).toEqual([96.1, 'yahoo', NOW]);
    expect(logged).toEqual(['fx.refused moved']);
    await source.stop();
  });

  it('is believed of two: it was the known one that was wrong', async () => {
    server.say({ frankfurter: frankfurter(60, '2026-09-11'), yahoo: yahoo(60.2, seconds(FRIDAY_MS - HOUR_MS)) });
    const { clock, source, rate } = await started(known);
    await runTo(clock, NOW + 1_000);
    expect(rate()).toEqual([60.2, 'yahoo', FRIDAY_MS - HOUR_MS]);
    await source.stop();
  });

  it('is believed after a month without one', async () => {
    server.say({ frankfurter: frankfurter(120, '2026-09-11') });
    const { clock, source, rate } = await started({ ...known, asOfMs: FRIDAY_MS - 31 * DAY_MS });
    await runTo(clock, NOW + 1_000);
    expect(rate()?.[0]).toBe(120);
    await source.stop();
  });
});

describe('the days of the rupee', () => {
  const fromMs = Date.parse('2026-09-04T00:00:00Z');
  const days = {
    '2026-09-03': 95,
    '2026-09-04': 80,
    '2026-09-07': 100,
    '2026-09-08': 95.5,
    '2026-09-09': 95.6,
    '2026-09-10': 95.4,
    '2026-09-11': 95.56,
  };
  const told = async (rates: Readonly<Record<string, unknown>>) => {
    server.say({ 'frankfurter-days': frankfurterDays(rates) });
    const { source } = await started();
    const closes = await source.dailies?.(fromMs, NOW).finally(() => source.stop());
    return closes?.get('INR/USD');
  };

  it('are what it was worth in dollars at each fixing of the range', async () => {
    const closes = await told(days);
    expect(closes?.map(({ date }) => date)).toEqual(Object.keys(days).slice(1));
    expect(closes?.slice(0, 2)).toEqual([
      { date: '2026-09-04', close: 0.0125 },
      { date: '2026-09-07', close: 0.01 },
    ]);
    expect(server.asked()).toEqual(['frankfurter-days']);
  });

  it.each([
    ['that leaves out most of the days', { '2026-09-04': 95, '2026-09-11': 95.5 }, /2 rates of about 7 days/],
    ['with a rate that cannot be', { ...days, '2026-09-09': 9.5 }, /9.5 rupees a dollar/],
    ['in another form', { ...days, '2026-09-09': 'n/a' }, /INR/],
  ])('are not those of an answer %s', async (_, rates, why) => {
    await expect(told(rates)).rejects.toThrow(why);
  });
});

describe('the address of the rates', () => {
  it('is a mirror where the environment names one', () => {
    expect(fxUrls({})).toBeNull();
    expect(fxUrls({ NIGHTDESK_FX_URLS: 'http://127.0.0.1:1/, https://mirror.test' })).toEqual(['http://127.0.0.1:1', 'https://mirror.test']);
    expect(() => fxUrls({ NIGHTDESK_FX_URLS: 'ftp://x' })).toThrow(/NIGHTDESK_FX_URLS/);
  });
});
