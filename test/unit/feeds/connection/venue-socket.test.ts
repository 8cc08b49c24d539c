import { describe, expect, it } from 'vitest';
import { type ConnectBudget, createConnectBudget } from '../../../../shared/feeds/connection/connect-budget.ts';
import { createSendQueue } from '../../../../shared/feeds/connection/send-queue.ts';
import { reasonInWords, refusalOf, socketFailure } from '../../../../shared/feeds/connection/venue-failure.ts';
import {
  backoffMs,
  type Converse,
  connectVenue,
  type VenueSocketOptions,
  type VenueState,
  venueInWords,
} from '../../../../shared/feeds/connection/venue-socket.ts';
import type { Dial } from '../../../../shared/feeds/connection/wire.ts';
import type { Clock } from '../../../../shared/kernel/clock.ts';
import type { VirtualClock } from '../../../../shared/kernel/clock-virtual.ts';
import { rng } from '../../../../shared/kernel/rng.ts';
import { HOUR_MS, MINUTE_MS, SECOND_MS } from '../../../../shared/kernel/time.ts';
import { type MemoryVenue, memoryVenue } from '../../../support/memory-venue.ts';
import { fullSpeed, runTo } from '../../../support/recording-sink.ts';

const START_MS = Date.UTC(2026, 0, 5);
const LIMIT = { most: 300, windowMs: 5 * MINUTE_MS };
const ONE = 'wss://one.test:9443';
const ONE_ALTERNATIVE = 'wss://one.test:443';
const TWO = 'wss://two.test';

/** Texts are data unless they are heartbeats; some of them tell the client what to do. */
const converse: Converse = (line) => (text) => {
  if (text === 'going') line.leave();
  else if (text === 'rejected') line.fail({ reason: 'rejected', detail: 'no such stream' });
  else if (text !== 'heartbeat') line.delivers();
};

interface Watched {
  readonly clock: VirtualClock;
  readonly venue: MemoryVenue;
  readonly states: VenueState[];
  readonly feed: ReturnType<typeof connectVenue>;
  readonly budget: ConnectBudget;
  /** Passes time. */
  readonly pass: (ms: number) => Promise<void>;
}

interface Choice extends Partial<Pick<VenueSocketOptions, 'urls' | 'timing' | 'budget' | 'dial' | 'converse'>> {
  readonly clock?: VirtualClock;
  /** The clock of the process, where it is not that of the venue. */
  readonly ownClock?: Clock;
  readonly venue?: MemoryVenue;
  /** Data is sent on every open connection this often; null for never. */
  readonly everyMs?: number | null;
}

function watch(choice: Choice = {}): Watched {
  const { clock = fullSpeed(START_MS), urls = [ONE], everyMs = SECOND_MS, timing = {} } = choice;
  const venue = choice.venue ?? memoryVenue(clock);
  const budget = choice.budget ?? createConnectBudget(LIMIT);
  const states: VenueState[] = [];
  if (everyMs !== null && choice.venue === undefined) chatter(clock, venue, everyMs);
  const feed = connectVenue({
    venue: 'test',
    urls,
    converse: choice.converse ?? converse,
    clock: choice.ownClock ?? clock,
    random: rng('venue', urls.length),
    log: () => {},
    sends: { most: 5, windowMs: SECOND_MS },
    dial: choice.dial ?? venue.dial,
    onState: (state) => states.push(state),
    timing,
    budget,
  });
  return { clock, venue, states, feed, budget, pass: (ms) => runTo(clock, clock.now() + ms) };
}

function chatter(clock: VirtualClock, venue: MemoryVenue, everyMs: number): void {
  const speak = (): void => {
    for (const connection of venue.open()) connection.send('data');
    clock.at(clock.now() + everyMs, 'venue-speaks', speak);
  };
  clock.at(clock.now() + 1, 'venue-speaks', speak);
}

/** The most attempts in any span of five minutes. */
function mostInWindow(attempts: readonly { readonly atMs: number }[]): number {
  let first = 0;
  let most = 0;
  for (const [index, { atMs }] of attempts.entries()) {
    while ((attempts[first]?.atMs ?? 0) <= atMs - LIMIT.windowMs) first++;
    most = Math.max(most, index - first + 1);
  }
  return most;
}

describe('the back-off', () => {
  it('is anything below a bound that doubles up to the cap', () => {
    const random = rng('back-off');
    const timing = { backoffBaseMs: 1_000, backoffCapMs: 30_000 };
    const largest = (failures: number): number => Math.max(...Array.from({ length: 2_000 }, () => backoffMs(failures, random, timing)));
    expect(largest(1)).toBeGreaterThan(900);
    expect(largest(1)).toBeLessThan(1_000);
    expect(largest(3)).toBeGreaterThan(3_600);
    expect(largest(3)).toBeLessThan(4_000);
    expect(largest(50)).toBeGreaterThan(27_000);
    expect(largest(50)).toBeLessThan(30_000);
    expect(backoffMs(50, { next: () => 0, normal: () => 0 }, timing)).toBe(0);
  });
});

describe('a venue that comes back', () => {
  it('is met within 3 s in 99 of 100 outages of every kind and length, within the connect budget', async () => {
    const { clock, venue, feed, states, pass } = watch({ urls: [ONE, ONE_ALTERNATIVE, TWO] });
    const random = rng('outages');
    const took: number[] = [];
    await pass(MINUTE_MS);
    for (let outage = 0; outage < 250; outage++) {
      const isSudden = outage % 2 === 0;
      venue.welcome = () => (outage % 3 === 0 ? 'hang' : 'absent');
      for (const connection of venue.open()) isSudden ? connection.cut() : connection.freeze();
      await pass(Math.floor(random.next() ** 4 * 10 * MINUTE_MS) + 20);
      venue.welcome = () => 'accept';
      const backMs = clock.now();
      const upBefore = states.length;
      // A frozen line is still taken for up at first: what counts is data after the venue is back.
      while (feed.state().status !== 'up' || (feed.state().lastFrameMs ?? 0) < backMs) await pass(20);
      took.push(clock.now() - backMs);
      expect(states.length).toBeGreaterThanOrEqual(upBefore);
      await pass(90 * SECOND_MS * random.next() + 35 * SECOND_MS);
    }
    took.sort((a, b) => a - b);
    expect(took[Math.floor(took.length * 0.99)]).toBeLessThan(3 * SECOND_MS);
    expect(mostInWindow(venue.attempts)).toBeLessThanOrEqual(300);
  });

  it('is asked at a steady pace while it stays away, which leaves room for the moment it is back', async () => {
    const { venue, feed, pass } = watch();
    venue.welcome = () => 'absent';
    await pass(2 * HOUR_MS);
    expect(mostInWindow(venue.attempts)).toBeGreaterThan(150);
    expect(mostInWindow(venue.attempts)).toBeLessThanOrEqual(270);
    venue.welcome = () => 'accept';
    await pass(3 * SECOND_MS);
    expect(feed.state().status).toBe('up');
  });

  it('is met by all connections of the process at once, which share one budget', async () => {
    const clock = fullSpeed(START_MS);
    const venue = memoryVenue(clock);
    const budget = createConnectBudget(LIMIT);
    chatter(clock, venue, SECOND_MS);
    const all = Array.from({ length: 8 }, (_, index) => watch({ clock, venue, budget, urls: [TWO, ONE], timing: { backoffBaseMs: 400 + index } }));
    await runTo(clock, START_MS + 5 * SECOND_MS);
    expect(all.map(({ feed }) => feed.state().status)).toEqual(Array(8).fill('up'));
    venue.welcome = () => 'absent';
    for (const connection of venue.open()) connection.cut();
    await runTo(clock, START_MS + 20 * MINUTE_MS);
    venue.welcome = (url) => (url === ONE ? 'accept' : 'absent');
    await runTo(clock, START_MS + 20 * MINUTE_MS + 6 * SECOND_MS);
    expect(all.map(({ feed }) => [feed.state().status, feed.state().endpoint])).toEqual(Array(8).fill(['up', ONE]));
    expect(mostInWindow(venue.attempts)).toBeLessThanOrEqual(300);
  });
});

describe('what the venue says at the door', () => {
  const banned = { status: 418, text: 'Teapot', retryAfter: '120' };

  it('holds for all connections, and for every port of the host', async () => {
    const clock = fullSpeed(START_MS);
    const venue = memoryVenue(clock);
    const budget = createConnectBudget(LIMIT);
    chatter(clock, venue, SECOND_MS);
    venue.welcome = () => banned;
    const one = watch({ clock, venue, budget, urls: [ONE, ONE_ALTERNATIVE] });
    await runTo(clock, START_MS + SECOND_MS);
    const two = watch({ clock, venue, budget, urls: [ONE_ALTERNATIVE] });
    venue.welcome = () => 'accept';
    await runTo(clock, START_MS + 119 * SECOND_MS);
    expect(venue.attempts).toHaveLength(1);
    expect(one.feed.state()).toMatchObject({ status: 'down', reason: 'banned' });
    expect(venueInWords(one.feed.state())).toBe(
      'the venue has banned this address for a while (HTTP 418 Teapot); asked again at 2026-01-05T00:02:00.060Z',
    );
    await runTo(clock, START_MS + 125 * SECOND_MS);
    expect([one, two].map(({ feed }) => feed.state().status)).toEqual(['up', 'up']);
  });

  it('is waited out as a number of seconds, as a date, and as the least there is when no time is told', () => {
    const nowMs = Date.UTC(2026, 0, 5, 12);
    const wait = (status: number, retryAfter: string | null) => refusalOf({ status, text: '', retryAfter }, nowMs).retryAfterMs;
    expect(wait(429, '7')).toBe(7_000);
    expect(wait(429, 'Mon, 05 Jan 2026 12:00:30 GMT')).toBe(30_000);
    expect(wait(429, null)).toBe(60_000);
    expect(wait(418, null)).toBe(120_000);
    expect(wait(418, '99999999')).toBe(72 * HOUR_MS);
    expect(wait(503, '3')).toBe(3_000);
    expect(wait(429, 'soon')).toBe(60_000);
    expect([wait(418, '0'), wait(418, 'Mon, 05 Jan 2026 11:59:00 GMT'), wait(418, '-5'), wait(429, '0')]).toEqual([
      120_000, 120_000, 120_000, 60_000,
    ]);
    expect(wait(503, '0')).toBe(0);
    expect([wait(451, null), wait(403, null), wait(503, null)]).toEqual([undefined, undefined, undefined]);
    expect(wait(403, '900')).toBe(900_000);
  });

  it('makes a blocked endpoint the last choice for a while, and the only one is tried nevertheless', async () => {
    const { venue, feed, pass } = watch({ urls: [ONE, TWO] });
    venue.welcome = (url) => (url === ONE ? { status: 451, text: 'Unavailable', retryAfter: null } : 'accept');
    await pass(10 * SECOND_MS);
    for (let again = 0; again < 5; again++) {
      for (const connection of venue.open()) connection.cut();
      await pass(20 * SECOND_MS);
    }
    expect(venue.attempts.filter(({ url }) => url === ONE)).toHaveLength(1);
    expect(feed.state()).toMatchObject({ status: 'up', endpoint: TWO, reconnects: 5 });
    venue.welcome = (url) => (url === TWO ? 'absent' : 'accept');
    for (const connection of venue.open()) connection.cut();
    await pass(6 * MINUTE_MS);
    expect(feed.state()).toMatchObject({ status: 'up', endpoint: ONE });
  });

  it.each([403, 451])('is no reason to ask on and on where every endpoint answers %i, however many connections wait', async (status) => {
    const clock = fullSpeed(START_MS);
    const venue = memoryVenue(clock);
    const budget = createConnectBudget(LIMIT);
    chatter(clock, venue, SECOND_MS);
    venue.welcome = () => ({ status, text: 'No', retryAfter: null });
    const urls = [ONE, ONE_ALTERNATIVE, TWO];
    const all = Array.from({ length: 4 }, () => watch({ clock, venue, budget, urls }));
    await runTo(clock, START_MS + 10 * SECOND_MS);
    const first = venue.attempts.length;
    expect(new Set(venue.attempts.map(({ url }) => url)).size).toBe(3);
    expect(all[0]?.feed.state().waitsUntilMs).toBeGreaterThan(START_MS + 29 * SECOND_MS);
    await runTo(clock, START_MS + 10 * MINUTE_MS);
    for (const url of urls) {
      const asked = venue.attempts.slice(first).filter((attempt) => attempt.url === url);
      expect(asked.length).toBeGreaterThan(8);
      for (const [index, { atMs }] of asked.slice(1).entries()) expect(atMs - (asked[index]?.atMs ?? 0)).toBeGreaterThanOrEqual(30 * SECOND_MS);
    }
    venue.welcome = (url) => (url === TWO ? 'accept' : { status, text: 'No', retryAfter: null });
    await runTo(clock, clock.now() + MINUTE_MS + 5 * SECOND_MS);
    expect(all.map(({ feed }) => [feed.state().status, feed.state().endpoint])).toEqual(Array(4).fill(['up', TWO]));
  });

  it('leads back at once to an endpoint that was blocked a while ago when the other one is blocked too', async () => {
    const { venue, feed, pass } = watch({ urls: [ONE, TWO] });
    const blocked = { status: 451, text: 'Unavailable', retryAfter: null };
    venue.welcome = (url) => (url === ONE ? blocked : 'accept');
    await pass(90 * SECOND_MS);
    venue.welcome = (url) => (url === TWO ? blocked : 'accept');
    for (const connection of venue.open()) connection.cut();
    await pass(3 * SECOND_MS);
    expect(feed.state()).toMatchObject({ status: 'up', endpoint: ONE });
  });

  it('is nothing at all: the handshake is given up and the next endpoint tried', async () => {
    const { venue, feed, states, pass } = watch({ urls: [ONE, TWO] });
    venue.welcome = (url) => (url === ONE ? 'hang' : 'accept');
    await pass(6 * SECOND_MS);
    expect(states[0]).toMatchObject({ status: 'down', reason: 'timeout', endpoint: ONE });
    expect(feed.state()).toMatchObject({ status: 'up', endpoint: TWO });
  });
});

describe('a handshake that takes long', () => {
  it('is not waited for, and is taken when it is answered before any other', async () => {
    const { venue, feed, states, pass } = watch();
    venue.welcome = () => (venue.attempts.length === 1 ? 2_500 : 'hang');
    await pass(2_400);
    expect(venue.attempts.length).toBeGreaterThan(1);
    expect(states[0]).toMatchObject({ status: 'down', reason: 'timeout', detail: 'no answer to the handshake within 1000 ms' });
    await pass(1_500);
    expect(feed.state()).toMatchObject({ status: 'up', reconnects: 0 });
    await pass(MINUTE_MS);
    expect([venue.open().length, feed.state().status]).toEqual([1, 'up']);
  });

  it('is dropped when another one was faster', async () => {
    const { venue, feed, pass } = watch();
    venue.welcome = () => (venue.attempts.length === 1 ? 3_000 : 'accept');
    await pass(10 * SECOND_MS);
    expect([venue.attempts.length, venue.connections.length, venue.open().length]).toEqual([2, 1, 1]);
    expect(feed.state()).toMatchObject({ status: 'up', reconnects: 0 });
  });

  it('does not end in two connections over a slow way', async () => {
    const { venue, feed, states, pass } = watch({ urls: [ONE, TWO], everyMs: 100 });
    venue.welcome = () => 1_500;
    await pass(20 * SECOND_MS);
    for (let again = 0; again < 5; again++) {
      for (const connection of venue.open()) connection.cut();
      await pass(MINUTE_MS);
    }
    expect([venue.connections.length, venue.open().length, feed.state().reconnects]).toEqual([6, 1, 5]);
    expect(states.filter(({ status }) => status === 'up')).toHaveLength(6);
  });

  it('is waited for while the connection that it will replace brings data', async () => {
    const { venue, feed, states, pass } = watch({ timing: { rotationMs: HOUR_MS } });
    await pass(MINUTE_MS);
    venue.welcome = () => 3_000;
    await pass(HOUR_MS);
    expect(venue.attempts).toHaveLength(2);
    expect(states.every(({ status }) => status === 'up')).toBe(true);
    expect(feed.state().reconnects).toBe(1);
  });
});

describe('a connection', () => {
  it('is up with its first data, not with what else the venue sends', async () => {
    const { venue, feed, pass } = watch({ everyMs: null });
    await pass(SECOND_MS);
    for (let beat = 0; beat < 5; beat++) {
      venue.open()[0]?.send('heartbeat');
      await pass(SECOND_MS);
    }
    expect(feed.state()).toMatchObject({ status: 'connecting', lastFrameMs: null });
    venue.open()[0]?.send('data');
    expect(feed.state()).toMatchObject({ status: 'up', endpoint: ONE });
  });

  it('is given up when only heartbeats come, and says so', async () => {
    const { clock, venue, states, pass } = watch({ everyMs: null, timing: { suspectMs: HOUR_MS } });
    await pass(SECOND_MS);
    venue.open()[0]?.send('data');
    const beat = (): void => {
      venue.open()[0]?.send('heartbeat');
      clock.at(clock.now() + SECOND_MS, 'beat', beat);
    };
    beat();
    await pass(11 * SECOND_MS);
    expect(states[1]).toMatchObject({ status: 'down', reason: 'silent', detail: 'no data for 10000 ms', lastFrameMs: START_MS + SECOND_MS });
  });

  it('that falls quiet is joined by a second one before it is given up; what may be lost in between is told', async () => {
    const { venue, feed, states, pass } = watch();
    await pass(10 * SECOND_MS);
    const lastMs = feed.state().lastFrameMs ?? 0;
    venue.open()[0]?.freeze();
    await pass(5 * SECOND_MS);
    expect(states.map(({ status, sinceMs }) => [status, sinceMs])).toEqual([
      ['up', START_MS + 1_001],
      ['down', lastMs + 3_000],
      ['up', lastMs + 3_000],
    ]);
    expect(states[1]).toMatchObject({ reason: 'silent', lastFrameMs: lastMs });
    expect(feed.state()).toMatchObject({ status: 'up', reconnects: 1 });
  });

  it('to a quiet market does not use up the budget', async () => {
    const { venue, feed, pass } = watch({ everyMs: 5 * SECOND_MS });
    await pass(10 * MINUTE_MS);
    expect(feed.state().status).toBe('up');
    expect(mostInWindow(venue.attempts)).toBeLessThanOrEqual(11);
  });

  it('is replaced before its day is over and when the venue says it will close; the old one delivers until the new one does', async () => {
    const { venue, feed, states, pass } = watch({ timing: { rotationMs: HOUR_MS } });
    await pass(HOUR_MS + 1_500);
    expect(venue.open()).toHaveLength(2);
    await pass(10 * SECOND_MS);
    expect(venue.open()).toHaveLength(1);
    venue.welcome = () => 'absent';
    venue.open()[0]?.send('going');
    await pass(MINUTE_MS);
    expect(feed.state()).toMatchObject({ status: 'up', reconnects: 1 });
    venue.welcome = () => 'accept';
    await pass(5 * SECOND_MS);
    expect(feed.state()).toMatchObject({ status: 'up', reconnects: 2 });
    expect(states.every(({ status }) => status === 'up')).toBe(true);
    await pass(5 * SECOND_MS);
    expect(venue.open()).toHaveLength(1);
  });

  it('that was replaced takes over again when its successor fails at once, and no price is lost', async () => {
    const { venue, feed, states, pass } = watch({ everyMs: 100, urls: [ONE] });
    await pass(5 * SECOND_MS);
    venue.open()[0]?.send('going');
    await pass(800);
    expect([venue.open().length, feed.state().reconnects]).toEqual([2, 1]);
    venue.welcome = () => 'absent';
    venue.open()[1]?.cut();
    await pass(MINUTE_MS);
    expect(states.every(({ status }) => status === 'up')).toBe(true);
    expect([venue.connections[0]?.isOpen(), feed.state().endpoint, feed.state().reconnects]).toEqual([true, ONE, 1]);
    expect(feed.state().lastFrameMs).toBeGreaterThan(START_MS + MINUTE_MS);
    venue.welcome = () => 'accept';
    await pass(10 * SECOND_MS);
    expect(feed.state()).toMatchObject({ status: 'up', reconnects: 2 });
    expect([venue.open().length, venue.connections[0]?.isOpen()]).toEqual([1, false]);
    expect(states.every(({ status }) => status === 'up')).toBe(true);
  });

  it('that was replaced because it fell quiet is not taken back', async () => {
    const { venue, feed, states, pass } = watch();
    await pass(10 * SECOND_MS);
    venue.open()[0]?.freeze();
    await pass(3_500);
    expect(feed.state()).toMatchObject({ status: 'up', reconnects: 1 });
    venue.welcome = () => 'absent';
    venue.open()[0]?.cut();
    expect(states.at(-1)).toMatchObject({ status: 'down', reason: 'lost' });
  });

  it.each([
    ['frame', 'silent', (venue: MemoryVenue) => venue.open()[0]?.send('of an hour ago')],
    ['ping', 'silent', (venue: MemoryVenue) => venue.open()[0]?.ping('of an hour ago')],
  ] as const)(
    'is dead when the process stood still for too long: the %s that waited meanwhile is not taken for a new one',
    async (_, reason, waited) => {
      const clock = fullSpeed(START_MS);
      const venue = memoryVenue(clock);
      const heard: string[] = [];
      let stoodMs = 0;
      const ownClock: Clock = { now: () => clock.now() + stoodMs, at: (ms, label, task) => clock.at(ms - stoodMs, label, task) };
      const listening: Converse = (line) => (text) => {
        heard.push(text);
        line.delivers();
      };
      const { feed, states } = watch({ clock, venue, ownClock, converse: listening });
      await runTo(clock, START_MS + SECOND_MS);
      venue.open()[0]?.send('one');
      stoodMs += 9 * SECOND_MS;
      venue.open()[0]?.send('two');
      expect([heard, feed.state().status]).toEqual([['one', 'two'], 'up']);
      stoodMs += HOUR_MS;
      waited(venue);
      venue.connections[0]?.send('and another');
      expect(heard).toEqual(['one', 'two']);
      expect(venue.connections[0]?.heard).toEqual([]);
      expect(states.at(-1)).toMatchObject({ status: 'down', reason, lastFrameMs: START_MS + 10 * SECOND_MS });
      await runTo(clock, START_MS + 3 * SECOND_MS);
      venue.open()[0]?.send('three');
      expect([heard.at(-1), feed.state().status, feed.state().reconnects]).toEqual(['three', 'up', 1]);
    },
  );

  it.each([
    ['silent', true],
    ['silent', false],
    ['rejected', true],
    ['rejected', false],
  ] as const)('to a venue that allows one is never beside another: %s, line dead %s', async (reason, isDead) => {
    const clock = fullSpeed(START_MS);
    const venue = memoryVenue(clock);
    const never = Number.POSITIVE_INFINITY;
    const timing = { suspectMs: never, hedgeMs: never, silenceMs: never, starvedMs: never, rotationMs: null, backoffBaseMs: 1 };
    let fail = (): void => {};
    let standing = 0;
    let most = 0;
    const dial: Dial = (url, events) => {
      most = Math.max(most, ++standing);
      return venue.dial(url, {
        ...events,
        closed(code, said) {
          standing--;
          events.closed(code, said);
        },
      });
    };
    const failing: Converse = (line) => {
      fail = () => line.fail({ reason, detail: 'for a test' });
      return () => line.delivers();
    };
    venue.onOpen = (connection) => connection.send('data');
    const { feed } = watch({ clock, venue, timing, dial, converse: failing });
    for (let again = 0; again < 10; again++) {
      await runTo(clock, clock.now() + 5 * SECOND_MS);
      if (isDead) venue.open()[0]?.freeze();
      fail();
      // A dead line answers no goodbye, so none is said.
      if (reason === 'silent') expect(standing).toBe(0);
    }
    await runTo(clock, clock.now() + 5 * SECOND_MS);
    expect([most, feed.state().status, feed.state().reconnects]).toEqual([1, 'up', 10]);
  });

  it('is given up for a reason that the conversation gives', async () => {
    const { venue, states, pass } = watch({ everyMs: null });
    await pass(SECOND_MS);
    venue.open()[0]?.send('rejected');
    expect(states[0]).toMatchObject({ status: 'down', reason: 'rejected', detail: 'no such stream' });
    expect(venueInWords(states[0] as VenueState)).toBe('the venue rejected the subscription (no such stream)');
  });

  it('closes with everything that is still open, and tries no more', async () => {
    const { clock, venue, feed, pass } = watch({ timing: { rotationMs: HOUR_MS } });
    await pass(HOUR_MS + 1_500);
    const closing = feed.close();
    await pass(2 * SECOND_MS);
    await closing;
    expect([venue.open().length, feed.state()]).toMatchObject([0, { status: 'down', reason: 'closed' }]);
    const attempts = venue.attempts.length;
    await runTo(clock, clock.now() + 3 * HOUR_MS);
    expect(venue.attempts).toHaveLength(attempts);
    expect(venueInWords(feed.state())).toBe('closed by us');
  });
});

describe('what is sent on a connection', () => {
  function queue() {
    const clock = fullSpeed(START_MS);
    const sent: { readonly atMs: number; readonly text: string }[] = [];
    const hear = (text: string): void => void sent.push({ atMs: clock.now() - START_MS, text });
    const wire = { send: hear, pong: (payload: Uint8Array) => hear(`pong ${Buffer.from(payload).toString()}`) };
    return { clock, sent, ...createSendQueue(clock, wire, { most: 5, windowMs: SECOND_MS }) };
  }

  it('is never more than the limit in any second, pongs included, and in order', async () => {
    const { clock, sent, say, pong } = queue();
    const random = rng('send');
    for (let n = 0; n < 100; n++) {
      clock.at(START_MS + Math.floor(random.next() * 8_000), 'say', () => (n % 4 === 0 ? pong(Buffer.from(`${n}`)) : say(`${n}`)));
    }
    await runTo(clock, START_MS + MINUTE_MS);
    for (const [index, { atMs }] of sent.entries())
      expect(atMs - (sent[index - 5]?.atMs ?? Number.NEGATIVE_INFINITY)).toBeGreaterThanOrEqual(SECOND_MS);
    expect(sent.filter(({ text }) => !text.startsWith('pong'))).toHaveLength(75);
  });

  it('lets a pong pass what waits, and owes only the newest', async () => {
    const { clock, sent, say, pong } = queue();
    for (let n = 0; n < 7; n++) say(`${n}`);
    pong(Buffer.from('old'));
    pong(Buffer.from('new'));
    await runTo(clock, START_MS + 2 * SECOND_MS);
    expect(sent.map(({ text }) => text)).toEqual(['0', '1', '2', '3', '4', 'pong new', '5', '6']);
    expect(sent.map(({ atMs }) => atMs)).toEqual([0, 0, 0, 0, 0, 1_000, 1_000, 1_000]);
  });

  it('ends with the connection', async () => {
    const { clock, sent, say, close } = queue();
    for (let n = 0; n < 7; n++) say(`${n}`);
    close();
    await runTo(clock, START_MS + 2 * SECOND_MS);
    expect(sent).toHaveLength(5);
  });

  it('is the pong to a ping, with its payload', async () => {
    const { venue, pass } = watch();
    await pass(SECOND_MS);
    venue.open()[0]?.ping('1723161300000');
    expect(venue.open()[0]?.heard.map(({ text }) => text)).toEqual(['pong:1723161300000']);
  });
});

describe('the state in words', () => {
  const state = {
    status: 'down',
    reason: 'geo_blocked',
    detail: 'HTTP 451',
    sinceMs: 0,
    lastFrameMs: null,
    reconnects: 0,
    endpoint: ONE,
    waitsUntilMs: null,
  } as const;

  it.each([
    [state, 'the venue does not serve this region (HTTP 451)'],
    [{ ...state, waitsUntilMs: START_MS }, 'the venue does not serve this region (HTTP 451); asked again at 2026-01-05T00:00:00.000Z'],
    [{ ...state, reason: 'closed', detail: null }, 'closed by us'],
    [{ ...state, status: 'connecting', reason: 'starting', detail: null }, 'connecting'],
    [{ ...state, status: 'up', reason: null, detail: null }, `connected to ${ONE}`],
  ] as const)('says of %o: %s', (given, words) => {
    expect(venueInWords(given)).toBe(words);
  });

  it.each([
    ['ETIMEDOUT', 'timeout'],
    ['ECONNRESET', 'lost'],
    ['WS_ERR_INVALID_CLOSE_CODE', 'lost'],
    ['ENOTFOUND', 'unreachable'],
  ])('names the fault of a socket: %s', (code, reason) => {
    expect(socketFailure(Object.assign(new Error('socket'), { code })).reason).toBe(reason);
    expect(reasonInWords(socketFailure(Object.assign(new Error('socket'), { code })).reason)).toMatch(/[a-z ]{10,}/);
  });
});
