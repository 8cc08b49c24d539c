import { rng } from '../../../shared/kernel/rng.ts';
import { type EpochMs, MINUTE_MS, minuteOf, SECOND_MS } from '../../../shared/kernel/time.ts';
import { type BinanceServer, startBinanceServer } from '../../support/binance-server.ts';
import type { LockstepClock } from './lockstep-clock.ts';
import { type RestServer, startRestServer } from './rest-server.ts';
import type { TrueBar, TrueMarket, TrueTrade } from './true-market.ts';

/** The venue: two stream endpoints and two REST endpoints over one market, with everything that can go wrong at hand. */
export interface SimulatedVenue {
  readonly endpoints: readonly BinanceServer[];
  readonly rest: readonly RestServer[];
  /** What becomes of the frames of each step, until it is set back to null. */
  spoil: ((frames: readonly string[]) => readonly string[]) | null;
  /** Nothing but pings goes out. What is made meanwhile is lost, or kept when `keeps`. */
  mute(keeps: boolean): void;
  unmute(): void;
  /** The connections that are open now never bring anything again, and are not closed either. */
  freeze(): void;
  /** Tells every connection of an endpoint that it will be closed, and closes those that are left 10 s later. */
  shutDown(endpoint: number): void;
  readonly stats: VenueStats;
  stop(): Promise<void>;
}

export interface VenueStats {
  frames: number;
  /** Connection attempts, by instant. */
  readonly attemptsMs: EpochMs[];
  /** Connections that lived until the venue's limit. */
  expired: number;
  pings: number;
  unansweredPings: number;
  /** The most texts and pongs that one connection sent within a second. */
  mostHeardPerSecond: number;
}

export interface SimulatedVenueOptions {
  readonly clock: LockstepClock;
  readonly market: TrueMarket;
  readonly seed: string;
  /** What the venue's 24 hours are shortened to. */
  readonly lifeMs: number;
}

interface Guest {
  readonly endpoint: BinanceServer;
  readonly number: number;
  readonly sinceMs: EpochMs;
  readonly pingedMs: EpochMs[];
  readonly heardMs: EpochMs[];
  isFrozen: boolean;
}

const STEP_MS = 250;
const HANDSHAKE_MS = 150;
const BOOK_EVERY_MS = STEP_MS;
const KLINE_EVERY_MS = 2_000;
const PING_EVERY_MS = 20_000;
const PONG_WITHIN_MS = MINUTE_MS;
const SHUTDOWN_NOTICE_MS = 10_000;
const GOING_AWAY = 1_001;
const POLICY = 1_008;

export async function startSimulatedVenue({ clock, market, seed, lifeMs }: SimulatedVenueOptions): Promise<SimulatedVenue> {
  const random = rng('venue', seed);
  const stats: VenueStats = { frames: 0, attemptsMs: [], expired: 0, pings: 0, unansweredPings: 0, mostHeardPerSecond: 0 };
  const guests = new Map<string, Guest>();
  const endpoints = [await endpoint(0), await endpoint(1)];
  const rest = [await restEndpoint(), await restEndpoint()];
  let kept: string[] | null = null;
  let isMute = false;
  let isStopped = false;

  function endpoint(index: number): Promise<BinanceServer> {
    return startBinanceServer({
      admit: (accept) => void clock.at(clock.now() + HANDSHAKE_MS, '0-accept', accept),
      onAttempt: () => void stats.attemptsMs.push(clock.now()),
      onHeard: (number, what) => heard(guests.get(`${index} ${number}`), what),
      onActivity: clock.touch,
    });
  }

  function restEndpoint(): Promise<RestServer> {
    return startRestServer({
      body: (url) => klines(url),
      later: (ms, task) => void clock.at(clock.now() + ms, '0-rest', task),
      onActivity: clock.touch,
    });
  }

  function klines({ searchParams }: URL): string {
    const venueSymbol = searchParams.get('symbol') ?? '';
    const toMs = Math.min(Number(searchParams.get('endTime')), clock.now());
    const rows: unknown[] = [];
    for (let openMs = minuteOf(Number(searchParams.get('startTime')) + MINUTE_MS - 1); openMs <= toMs && rows.length < 1_000; openMs += MINUTE_MS) {
      const bar = market.bar(venueSymbol, openMs);
      if (bar !== null) rows.push([openMs, bar.open, bar.high, bar.low, bar.close, bar.volume, openMs + MINUTE_MS - 1, '0', 1, '0', '0', '0']);
    }
    return JSON.stringify(rows);
  }

  function heard(guest: Guest | undefined, what: 'text' | 'pong'): void {
    if (guest === undefined) return;
    if (what === 'pong') guest.pingedMs.length = 0;
    const nowMs = clock.now();
    guest.heardMs.push(nowMs);
    while ((guest.heardMs[0] ?? nowMs) <= nowMs - SECOND_MS) guest.heardMs.shift();
    stats.mostHeardPerSecond = Math.max(stats.mostHeardPerSecond, guest.heardMs.length);
  }

  function step(nowMs: EpochMs): void {
    const made = framesOf(market, nowMs);
    stats.frames += made.length;
    const frames = spoiled(made);
    welcome(nowMs);
    if (isMute) kept?.push(...frames);
    else for (const guest of guests.values()) if (!guest.isFrozen) guest.endpoint.sendAllTo(guest.number, frames);
    if (nowMs % SECOND_MS === 0) lookAfter(nowMs);
    if (!isStopped) clock.at(nowMs + STEP_MS, '1-venue', () => step(nowMs + STEP_MS));
  }

  const spoiled = (frames: readonly string[]): readonly string[] => venue.spoil?.(frames) ?? frames;

  /** Guests that have come or gone since the last step. */
  function welcome(nowMs: EpochMs): void {
    for (const [index, server] of endpoints.entries()) {
      for (const number of server.openNumbers()) {
        const name = `${index} ${number}`;
        if (guests.has(name)) continue;
        guests.set(name, { endpoint: server, number, sinceMs: nowMs, pingedMs: [], heardMs: [], isFrozen: false });
      }
    }
    for (const [name, { endpoint: server, number }] of guests) if (!server.openNumbers().includes(number)) guests.delete(name);
  }

  function lookAfter(nowMs: EpochMs): void {
    for (const guest of guests.values()) {
      if (guest.isFrozen) continue;
      if (nowMs - guest.sinceMs >= lifeMs) {
        stats.expired++;
        guest.endpoint.closeOne(guest.number, GOING_AWAY, 'the connection is too old');
      } else if (nowMs - (guest.pingedMs[0] ?? nowMs) > PONG_WITHIN_MS) {
        stats.unansweredPings++;
        guest.endpoint.closeOne(guest.number, POLICY, 'no pong');
      } else if ((nowMs - guest.sinceMs) % PING_EVERY_MS < SECOND_MS) {
        stats.pings++;
        guest.pingedMs.push(nowMs);
        guest.endpoint.pingOne(guest.number, String(Math.floor(random.next() * 1e9)));
      }
    }
  }

  const venue: SimulatedVenue = {
    endpoints,
    rest,
    spoil: null,
    mute(keeps) {
      isMute = true;
      kept = keeps ? [] : null;
    },
    unmute() {
      isMute = false;
      for (const guest of guests.values()) if (kept !== null && !guest.isFrozen) guest.endpoint.sendAllTo(guest.number, kept);
      kept = null;
    },
    freeze() {
      for (const guest of guests.values()) guest.isFrozen = true;
    },
    shutDown(index) {
      const server = endpoints[index] as BinanceServer;
      const leaving = server.openNumbers();
      server.send(JSON.stringify({ stream: '!serverShutdown', data: { e: 'serverShutdown', E: clock.now() } }));
      clock.at(clock.now() + SHUTDOWN_NOTICE_MS, '0-shutdown', () => {
        for (const number of leaving) server.closeOne(number, GOING_AWAY, 'server shutdown');
      });
    },
    stats,
    async stop() {
      isStopped = true;
      await Promise.all([...endpoints, ...rest].map((server) => server.close()));
    },
  };
  clock.at(clock.now() + STEP_MS, '1-venue', () => step(clock.now()));
  return venue;
}

/** What the venue says of the step that ends now: its trades, the bar of a minute that is over, and now and then books and open bars. */
function framesOf(market: TrueMarket, nowMs: EpochMs): readonly string[] {
  const frames = market.advance(nowMs).map((trade) => tradeFrame(trade, nowMs));
  for (const [index, venueSymbol] of market.venueSymbols.entries()) {
    if (nowMs % MINUTE_MS === 0) frames.push(klineFrame(venueSymbol, market.bar(venueSymbol, nowMs - MINUTE_MS), nowMs, true));
    else if (nowMs % KLINE_EVERY_MS === 0) frames.push(klineFrame(venueSymbol, market.bar(venueSymbol, minuteOf(nowMs)), nowMs, false));
    if (nowMs % BOOK_EVERY_MS === 0) frames.push(bookFrame(market, venueSymbol, index, nowMs));
  }
  return frames;
}

const wrapped = (venueSymbol: string, stream: string, data: unknown): string =>
  JSON.stringify({ stream: `${venueSymbol.toLowerCase()}@${stream}`, data });

const tradeFrame = ({ venueSymbol, id, atMs, price, quantity }: TrueTrade, nowMs: EpochMs): string =>
  wrapped(venueSymbol, 'trade', { e: 'trade', E: nowMs, s: venueSymbol, t: id, p: price, q: quantity, T: atMs, m: true, M: true });

/** The update id of a book is its instant, so that its age can be told from what is delivered. */
function bookFrame(market: TrueMarket, venueSymbol: string, index: number, nowMs: EpochMs): string {
  const { bid, ask } = market.top(venueSymbol);
  return wrapped(venueSymbol, 'bookTicker', { u: nowMs * 10 + index, s: venueSymbol, b: bid, B: '1.50000000', a: ask, A: '1.20000000' });
}

export const bookMadeMs = (sequence: number): EpochMs => Math.floor(sequence / 10);

function klineFrame(venueSymbol: string, bar: TrueBar | null, nowMs: EpochMs, isClosed: boolean): string {
  if (bar === null) throw new RangeError(`No bar of ${venueSymbol} at ${nowMs}`);
  const { openMs, open, high, low, close, volume } = bar;
  const k = { t: openMs, T: openMs + MINUTE_MS - 1, s: venueSymbol, i: '1m', f: 1, L: 2, o: open, c: close, h: high, l: low, v: volume };
  return wrapped(venueSymbol, 'kline_1m', { e: 'kline', E: nowMs, s: venueSymbol, k: { ...k, n: 2, x: isClosed, q: '0', V: '0', Q: '0', B: '0' } });
}
