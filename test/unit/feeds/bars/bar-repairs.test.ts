import { describe, expect, it } from 'vitest';
import { type BarRepairs, type BarRepairsOptions, createBarRepairs } from '../../../../shared/feeds/bars/bar-repairs.ts';
import type { VirtualClock } from '../../../../shared/kernel/clock-virtual.ts';
import { NightdeskError } from '../../../../shared/kernel/errors.ts';
import { rng } from '../../../../shared/kernel/rng.ts';
import { DAY_MS, MINUTE_MS, SECOND_MS } from '../../../../shared/kernel/time.ts';
import type { Bar, Candle } from '../../../../shared/market/price.ts';
import { fullSpeed, runTo } from '../../../support/recording-sink.ts';

const START_MS = Date.UTC(2026, 0, 5, 12);
const minute = (index: number): number => START_MS + index * MINUTE_MS;
const candle = (openMs: number): Candle => ({ openMs, open: 1, high: 2, low: 1, close: 2, volume: 3 });

class Refusal extends NightdeskError<'unreachable' | 'rate_limited' | 'banned' | 'bad_request' | 'not_found'> {}

interface Asked {
  readonly symbol: string;
  readonly fromMs: number;
  readonly toMs: number;
  readonly atMs: number;
}

interface Bench {
  readonly clock: VirtualClock;
  readonly repairs: BarRepairs;
  readonly asked: Asked[];
  readonly given: (readonly Bar[])[];
}

/** Repairs over a venue that answers with what `venue` gives of a minute, or throws. */
function bench(
  venue: (asked: Asked, openMs: number) => Candle | null | Error,
  nowMs = minute(10),
  options: Pick<BarRepairsOptions, 'hasBar'> = {},
): Bench {
  const clock = fullSpeed(nowMs);
  const asked: Asked[] = [];
  const given: (readonly Bar[])[] = [];
  const repairs = createBarRepairs({
    clock,
    log: () => {},
    random: rng('repairs'),
    evidence: 'live',
    ...options,
    async *fetchMinutes(symbol, fromMs, toMs) {
      const question = { symbol, fromMs, toMs, atMs: clock.now() };
      asked.push(question);
      for (let openMs = fromMs; openMs < toMs; openMs += MINUTE_MS) {
        const told = venue(question, openMs);
        if (told instanceof Error) throw told;
        if (told !== null) yield told;
      }
    },
    onRepaired: (bars) => void given.push(bars),
  });
  return { clock, repairs, asked, given };
}

const whole = (_: Asked, openMs: number): Candle => candle(openMs);

describe('the repair of bars', () => {
  it('asks at once, hands over what was wanted in the order of time, and is done', async () => {
    const { clock, repairs, asked, given } = bench(whole);
    for (const symbol of ['BTC', 'ETH']) for (const index of [7, 3, 5]) repairs.want(symbol, minute(index));
    expect(repairs.inWords()).toBe('6 bars of BTC, ETH since 2026-01-05T12:03:00.000Z are still to be fetched');
    await runTo(clock, minute(11));
    expect(given).toHaveLength(1);
    expect(given[0]?.map(({ symbol, openMs, origin }) => [symbol, (openMs - START_MS) / MINUTE_MS, origin])).toEqual(
      [3, 5, 7].flatMap((index) => ['BTC', 'ETH'].map((symbol) => [symbol, index, 'backfilled'])),
    );
    expect(asked).toEqual(['BTC', 'ETH'].map((symbol) => ({ symbol, fromMs: minute(3), toMs: minute(10), atMs: minute(10) })));
    expect(repairs.inWords()).toBeNull();
  });

  it('goes on asking with a growing pause while the venue is away, and says why', async () => {
    let isBack = false;
    const { clock, repairs, asked, given } = bench((_, openMs) => (isBack ? candle(openMs) : new Refusal('unreachable', 'No answer')));
    repairs.want('BTC', minute(9));
    await runTo(clock, minute(40));
    const pauses = asked.slice(1).map(({ atMs }, index) => atMs - (asked[index]?.atMs ?? 0));
    for (const [index, pause] of pauses.entries()) {
      const most = Math.min(60 * SECOND_MS, SECOND_MS * 2 ** (index + 1));
      expect(pause, `pause ${index}`).toBeGreaterThanOrEqual(most / 2);
      expect(pause, `pause ${index}`).toBeLessThanOrEqual(most);
    }
    expect(pauses.length).toBeGreaterThan(20);
    expect(repairs.inWords()).toMatch(/^1 bars of BTC since .* are still to be fetched \(No answer\)$/);
    isBack = true;
    await runTo(clock, minute(42));
    expect(given.flat()).toMatchObject([{ symbol: 'BTC', openMs: minute(9), origin: 'backfilled' }]);
  });

  it.each(['rate_limited', 'banned'] as const)('waits as long as the venue says, even when the line is back meanwhile: %s', async (code) => {
    const told = new Refusal(code, 'wait', { retryAfterMs: 7 * MINUTE_MS });
    const { clock, repairs, asked, given } = bench((question, openMs) => (question.atMs < minute(16) ? told : candle(openMs)));
    repairs.want('BTC', minute(9));
    await runTo(clock, minute(12));
    repairs.hurry();
    await runTo(clock, minute(18));
    expect(asked.map(({ atMs }) => (atMs - START_MS) / MINUTE_MS)).toEqual([10, 17]);
    expect(given.flat()).toHaveLength(1);
  });

  it('asks at once when the line is back', async () => {
    let isBack = false;
    const { clock, repairs, given } = bench((_, openMs) => (isBack ? candle(openMs) : new Refusal('unreachable', 'No answer')));
    repairs.want('BTC', minute(9));
    await runTo(clock, minute(20));
    isBack = true;
    repairs.hurry();
    await runTo(clock, clock.now());
    expect(given.flat()).toHaveLength(1);
  });

  it('leaves alone what the venue itself lacks, and asks no more for it', async () => {
    const halted = (index: number): boolean => index >= 2 && index < 5;
    const { clock, repairs, asked, given } = bench((_, openMs) => (halted((openMs - START_MS) / MINUTE_MS) ? null : candle(openMs)));
    for (const index of [1, 2, 3, 4, 5]) repairs.want('BTC', minute(index));
    await runTo(clock, minute(30));
    expect(given.flat().map(({ openMs }) => (openMs - START_MS) / MINUTE_MS)).toEqual([1, 5]);
    expect(repairs.inWords()).toBeNull();
    expect(asked).toHaveLength(1);
  });

  it('waits for a minute that is not there yet while no later one is, but not for longer than a day', async () => {
    const { clock, repairs, asked, given } = bench((question, openMs) => (question.atMs >= minute(14) || openMs < minute(8) ? candle(openMs) : null));
    repairs.want('BTC', minute(9));
    await runTo(clock, minute(13));
    expect(given).toEqual([]);
    expect(repairs.wants('BTC', minute(9))).toBe(true);
    await runTo(clock, minute(15));
    expect(given.flat()).toHaveLength(1);

    const dead = bench(() => null);
    dead.repairs.want('BTC', minute(9));
    await runTo(dead.clock, minute(9) + DAY_MS + 10 * MINUTE_MS);
    expect(dead.repairs.inWords()).toBeNull();
    const before = dead.asked.length;
    await runTo(dead.clock, minute(9) + 2 * DAY_MS);
    expect(dead.asked.length).toBe(before);
    expect(asked.length).toBeGreaterThan(2);
  });

  it.each(['bad_request', 'not_found'] as const)('asks for the other symbols when the venue refuses one: %s', async (code) => {
    const { clock, repairs, given } = bench(({ symbol }, openMs) => (symbol === 'BTC' ? new Refusal(code, 'Invalid symbol') : candle(openMs)));
    repairs.want('BTC', minute(9));
    repairs.want('ETH', minute(9));
    await runTo(clock, minute(11));
    expect(given.flat().map(({ symbol }) => symbol)).toEqual(['ETH']);
    expect(repairs.inWords()).toContain('1 bars of BTC');
    expect(repairs.inWords()).toContain('Invalid symbol');
  });

  it('asks ever less for a symbol that the venue always refuses, and wants nothing of it that is older than a day', async () => {
    const { clock, repairs, asked, given } = bench(({ symbol }, openMs) =>
      symbol === 'GONE' ? new Refusal('bad_request', 'Invalid symbol') : candle(openMs),
    );
    for (let index = 10; index < 2 * 1_440; index++) {
      clock.at(minute(index) + 2_000, 'minute', () => {
        repairs.want('GONE', minute(index - 1));
        if (index === 1_000) repairs.want('BTC', minute(index - 1));
      });
    }
    await runTo(clock, minute(2 * 1_440));
    expect(asked.filter(({ symbol }) => symbol === 'GONE').length).toBeLessThan(2 * (24 * 6 + 30));
    expect(repairs.inWords()).toMatch(/^14[0-9][0-9] bars of GONE since 2026-01-06T1[12].* \(Invalid symbol\)$/);
    expect(given.flat().map(({ symbol }) => symbol)).toEqual(['BTC']);
    repairs.hurry();
    const before = asked.length;
    await runTo(clock, clock.now());
    expect(asked.length).toBe(before + 1);
  });

  it('keeps what a venue that was away for days can still tell, but not for longer than a week', async () => {
    const away = (days: number) =>
      bench((question, openMs) => (question.atMs < minute(10) + days * DAY_MS ? new Refusal('unreachable', 'No answer') : candle(openMs)));
    const some = away(3);
    some.repairs.want('BTC', minute(9));
    await runTo(some.clock, minute(30) + 3 * DAY_MS);
    expect(some.given.flat().map(({ openMs }) => openMs)).toEqual([minute(9)]);
    const many = away(100);
    many.repairs.want('BTC', minute(9));
    await runTo(many.clock, minute(30) + 7 * DAY_MS);
    expect(many.repairs.inWords()).toBeNull();
  });

  it('takes the end of a session for what no later minute will come after, a quarter of an hour later', async () => {
    // The session ends after minute 9; of its last minute but one the venue has no candle.
    const hasBar = (minuteMs: number): boolean => minuteMs < minute(10);
    const { clock, repairs, asked } = bench((_, openMs) => (openMs < minute(8) ? candle(openMs) : null), minute(10), { hasBar });
    repairs.want('TCS', minute(8));
    repairs.want('TCS', minute(9));
    await runTo(clock, minute(24));
    expect(repairs.inWords()).toContain('2 bars of TCS');
    await runTo(clock, minute(27));
    expect(repairs.inWords()).toBeNull();
    const before = asked.length;
    await runTo(clock, minute(60));
    expect(asked.length).toBe(before);
  });

  it('asks for no other symbol once it was stopped', async () => {
    const made: Bench = bench(({ symbol }, openMs) => {
      if (symbol === 'BTC' && openMs === minute(5)) made.repairs.stop();
      return candle(openMs);
    });
    for (const symbol of ['BTC', 'ETH', 'SOL']) made.repairs.want(symbol, minute(5));
    await runTo(made.clock, minute(11));
    expect([made.asked.map(({ symbol }) => symbol), made.given]).toEqual([['BTC'], []]);
  });

  it('tells since when bars are wanted, however many they are', () => {
    const { repairs } = bench(() => null);
    for (let index = 0; index < 200_000; index++) repairs.want('BTC', minute(index));
    expect(repairs.inWords()).toMatch(/^200000 bars of BTC since 2026-01-05T12:00:00.000Z/);
  });

  it('hands over nothing that became known in another way, and nothing after it was stopped', async () => {
    const { clock, repairs, given } = bench(whole);
    repairs.want('BTC', minute(8));
    repairs.want('BTC', minute(9));
    repairs.drop('BTC', minute(8));
    await runTo(clock, minute(11));
    expect(given.flat().map(({ openMs }) => openMs)).toEqual([minute(9)]);

    const stopped = bench(whole);
    stopped.repairs.want('BTC', minute(9));
    stopped.repairs.stop();
    await runTo(stopped.clock, minute(11));
    expect([stopped.given, stopped.asked]).toEqual([[], []]);
  });
});
