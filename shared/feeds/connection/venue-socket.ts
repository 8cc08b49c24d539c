import type { Cancel, Clock } from '../../kernel/clock.ts';
import type { Log } from '../../kernel/log.ts';
import type { Rng } from '../../kernel/rng.ts';
import { type EpochMs, HOUR_MS, iso, MINUTE_MS, SECOND_MS } from '../../kernel/time.ts';
import type { ConnectBudget } from './connect-budget.ts';
import { createSendQueue, type SendLimit, type SendQueue } from './send-queue.ts';
import { type DownReason, reasonInWords, refusalOf, socketFailure, type VenueFailure } from './venue-failure.ts';
import { type Dial, dialWebSocket, type Wire } from './wire.ts';

export interface VenueState {
  /** `up`: data arrives. `connecting`: the first attempt is under way. `down`: the last one failed or was lost; it keeps trying. */
  readonly status: 'up' | 'connecting' | 'down';
  /** null while up. */
  readonly reason: DownReason | null;
  /** What was seen of the failure, for a person; null while up. */
  readonly detail: string | null;
  readonly sinceMs: EpochMs;
  /** When the last data came, for the start of an outage; null before the first. */
  readonly lastFrameMs: EpochMs | null;
  /** Connections that brought data after the first one, planned rotations included. */
  readonly reconnects: number;
  readonly endpoint: string | null;
  /** Nobody is asked before this instant: the venue told so, or blocks every endpoint; null where one may be asked. */
  readonly waitsUntilMs: EpochMs | null;
}

export interface VenueFeed {
  state(): VenueState;
  /** Stops trying and closes every socket; resolves when they are closed. */
  close(): Promise<void>;
}

/** What a conversation with the venue may do to its connection. */
export interface VenueLine {
  /** Sends a text, at once or when the venue's limit allows it. */
  readonly send: (text: string) => void;
  /** The connection brings data: it takes over, if it has not. Called for every frame with data, before the frame is handed on. */
  readonly delivers: () => void;
  /** The venue will close the connection: the next one is opened first. */
  readonly leave: () => void;
  /** The connection is of no use. */
  readonly fail: (failure: VenueFailure) => void;
}

/**
 * The venue's protocol on one connection. Called when the connection is open, to subscribe; what it returns hears every text
 * frame. Two connections overlap at a rotation, each with a conversation of its own.
 */
export type Converse = (line: VenueLine) => (text: string, receivedMs: EpochMs) => void;

/** Durations of a connection's life, in ms. */
export interface VenueTiming {
  /** Without data for so long, a second connection is tried while the first stays open. */
  readonly suspectMs: number;
  /** Without any frame for so long, a connection is dead. */
  readonly silenceMs: number;
  /** Without data for so long, a connection is dead although frames (heartbeats, acknowledgements) come. */
  readonly starvedMs: number;
  /**
   * Without an answer to the handshake for so long while no data comes, another connection is tried beside it. Infinity for a
   * venue that allows one connection: none is dialled before the last one is gone.
   */
  readonly hedgeMs: number;
  readonly handshakeMs: number;
  /** Age at which a connection is replaced; null for a venue that sets no limit. */
  readonly rotationMs: number | null;
  /** How long the old connection stays open after the new one brought its first data. */
  readonly overlapMs: number;
  readonly backoffBaseMs: number;
  readonly backoffCapMs: number;
  /** A connection that lasted this long was a good one: the back-off begins anew. */
  readonly provenMs: number;
}

export interface VenueSocketOptions {
  /** Begins the names of log events and timers. */
  readonly venue: string;
  /** Base URLs in the order of preference. */
  readonly urls: readonly string[];
  /** The URL to open below a base URL; without it the base itself. */
  readonly address?: (base: string) => string;
  readonly converse: Converse;
  readonly clock: Clock;
  readonly random: Rng;
  readonly log: Log;
  readonly budget: ConnectBudget;
  readonly sends: SendLimit;
  readonly timing?: Partial<VenueTiming>;
  readonly onState?: (state: VenueState) => void;
  readonly dial?: Dial;
}

/**
 * With a back-off of at most 2 s a venue that is back is met 3 s later at the latest, and a process that cannot reach it makes
 * 240 attempts in five minutes.
 */
export const VENUE_TIMING: VenueTiming = {
  suspectMs: 2 * SECOND_MS,
  silenceMs: 10 * SECOND_MS,
  starvedMs: 10 * SECOND_MS,
  hedgeMs: SECOND_MS,
  handshakeMs: 4 * SECOND_MS,
  rotationMs: 24 * HOUR_MS - 10 * MINUTE_MS,
  overlapMs: 2 * SECOND_MS,
  backoffBaseMs: 500,
  backoffCapMs: 2 * SECOND_MS,
  provenMs: 30 * SECOND_MS,
};

/** Of the back-off's cap: the least gap between attempts of all connections, once many were made. */
const GAP_SHARE = 0.625;
/** An endpoint that is blocked by region or firewall stays so for a while. */
const AVOID_MS = 5 * MINUTE_MS;
/** Where every endpoint is blocked, each is asked again after this at the least and twice this at the most. */
const LEAST_PAUSE_MS = 30 * SECOND_MS;
const CLOSE_PATIENCE_MS = SECOND_MS;

interface Connection {
  readonly url: string;
  readonly wire: Wire;
  readonly sends: SendQueue;
  readonly cancels: Cancel[];
  readonly gone: PromiseWithResolvers<void>;
  /** Ends its overlap with the connection that has replaced it. */
  retirement: Cancel;
  hear: ((text: string, receivedMs: EpochMs) => void) | null;
  upSinceMs: EpochMs | null;
  lastFrameMs: EpochMs;
  lastDataMs: EpochMs;
  isOver: boolean;
}

/**
 * Full jitter: anything between nothing and a bound that doubles with each failure, so that many clients do not return together.
 * @see Brooker: "Exponential Backoff And Jitter" (AWS Architecture Blog, 2015)
 */
export function backoffMs(
  failures: number,
  random: Rng,
  { backoffBaseMs, backoffCapMs }: Pick<VenueTiming, 'backoffBaseMs' | 'backoffCapMs'>,
): number {
  return Math.floor(random.next() * Math.min(backoffCapMs, backoffBaseMs * 2 ** Math.max(0, failures - 1)));
}

/** Where a feed stands, with the reason in words. */
export function venueInWords({ status, reason, detail, endpoint, waitsUntilMs }: VenueState): string {
  if (status === 'up') return `connected to ${endpoint}`;
  if (status === 'connecting' || reason === null) return 'connecting';
  const words = reasonInWords(reason);
  const next = waitsUntilMs === null ? '' : `; asked again at ${iso(waitsUntilMs)}`;
  return `${detail === null ? words : `${words} (${detail})`}${next}`;
}

/**
 * Keeps one live connection to a venue, whatever happens to it.
 *
 * Silence, a lost socket or a refused upgrade lead to the next endpoint after a back-off, within the budget that all connections
 * to the venue share; HTTP 418 and 429 are waited out as told, endpoints that block this address (451, 403) are tried last and
 * seldom. A planned rotation, a notice of the venue that it will close, and a first suspicion of silence lead to a second
 * connection first; the old one is closed when the new one has brought data for a while, and takes over again if the new one
 * fails before that. What comes after a silence that ends a connection is not handed on: after a stop of the process or a sleep
 * of the machine it is of unknown age.
 */
export function connectVenue(options: VenueSocketOptions): VenueFeed {
  const { venue, urls, clock, random, log, budget } = options;
  const timing: VenueTiming = { ...VENUE_TIMING, ...options.timing };
  const address = options.address ?? ((base: string) => base);
  const dial = options.dial ?? dialWebSocket;
  const isSingle = timing.hedgeMs === Number.POSITIVE_INFINITY;
  const open = new Set<Connection>();
  let primary: Connection | null = null;
  let candidate: Connection | null = null;
  let retry: Cancel | null = null;
  let isClosed = false;
  let failures = 0;
  let established = 0;
  let preferred = 0;
  let suspectedMs = Number.NEGATIVE_INFINITY;
  let state: VenueState = {
    status: 'connecting',
    reason: 'starting',
    detail: null,
    sinceMs: clock.now(),
    lastFrameMs: null,
    reconnects: 0,
    endpoint: null,
    waitsUntilMs: null,
  };

  function report(change: Partial<VenueState>): void {
    const isTurn = change.status !== undefined && change.status !== state.status;
    state = { ...state, ...change, ...(isTurn ? { sinceMs: clock.now() } : {}) };
    options.onState?.(current());
  }

  function current(): VenueState {
    const toldMs = Math.min(...urls.map(budget.waitsUntilMs));
    const waitsUntilMs = primary === null && !isClosed && toldMs > clock.now() ? toldMs : null;
    return { ...state, lastFrameMs: primary?.lastDataMs ?? state.lastFrameMs, waitsUntilMs };
  }

  /** Asks for a new connection, unless one is on its way. */
  function want(delayMs: number, gapMs = timing.backoffCapMs * GAP_SHARE): void {
    if (isClosed || candidate !== null || retry !== null) return;
    const nowMs = clock.now();
    retry = clock.at(Math.max(nowMs + delayMs, budget.roomFromMs(nowMs, gapMs)), `${venue}.connect`, () => {
      retry = null;
      attempt(gapMs);
    });
  }

  /** The venue serves somebody again: what waits for its turn goes now, to where it is served. */
  const stopHearing = budget.onServed((url) => {
    if (retry === null || primary !== null) return;
    retry();
    retry = null;
    preferred = Math.max(0, urls.indexOf(url));
    attempt(0);
  });

  /**
   * The endpoint to try: none that is told to wait, and a blocked one only when no other is left; of the others the one that
   * failed longest ago, whichever connection met the failure, and of equals the first from the preferred one on.
   */
  function endpoint(): string | null {
    const nowMs = clock.now();
    const callable = [...urls.slice(preferred), ...urls.slice(0, preferred)].filter((url) => budget.waitsUntilMs(url) <= nowMs);
    const welcome = callable.filter((url) => !budget.isAvoided(url, nowMs));
    const [chosen] = (welcome.length > 0 ? welcome : callable).sort((a, b) => budget.failedMs(a, nowMs) - budget.failedMs(b, nowMs));
    if (chosen === undefined) return null;
    preferred = urls.indexOf(chosen);
    return chosen;
  }

  function attempt(gapMs: number): void {
    if (isClosed) return;
    if (isSingle && open.size > 0) {
      void Promise.all([...open].map(({ gone }) => gone.promise)).then(() => want(0, gapMs));
      return;
    }
    const nowMs = clock.now();
    const url = endpoint();
    if (url === null) want(Math.min(...urls.map(budget.waitsUntilMs)) - nowMs);
    // Another connection to the venue may have used the room that was seen when this attempt was planned.
    else if (budget.roomFromMs(nowMs, gapMs) > nowMs) want(0, gapMs);
    else {
      budget.spend(nowMs);
      // One of all connections that wait for it finds out whether it is still blocked.
      if (budget.isAvoided(url, nowMs)) budget.pause(url, nowMs + pauseMs());
      candidate = openConnection(url);
    }
  }

  const pauseMs = (): number => LEAST_PAUSE_MS * (1 + random.next());

  function openConnection(url: string): Connection {
    const wire = dial(address(url), {
      opened: () => begin(connection),
      text: (text) => receive(connection, text),
      pinged: (payload) => {
        if (shows(connection)) connection.sends.pong(payload);
      },
      refused: (answer) => end(connection, refusalOf(answer, clock.now())),
      failed: (error) => end(connection, socketFailure(error)),
      closed: (code, reason) => {
        open.delete(connection);
        connection.gone.resolve();
        end(connection, { reason: 'lost', detail: `closed by the server with code ${code} ${reason}`.trim() });
      },
    });
    const connection: Connection = {
      url,
      wire,
      sends: createSendQueue(clock, wire, options.sends),
      cancels: [],
      gone: Promise.withResolvers(),
      retirement: () => {},
      hear: null,
      upSinceMs: null,
      lastFrameMs: clock.now(),
      lastDataMs: clock.now(),
      isOver: false,
    };
    open.add(connection);
    connection.cancels[0] = clock.at(clock.now() + timing.handshakeMs, `${venue}.handshake`, () => end(connection, unanswered(timing.handshakeMs)));
    connection.cancels[1] = clock.at(clock.now() + timing.hedgeMs, `${venue}.hedge`, () => hedge(connection));
    return connection;
  }

  /** A handshake that was sent into an outage may never be answered: it may still be, but is not waited for any longer. */
  function hedge(connection: Connection): void {
    if (connection !== candidate || isServed()) return;
    candidate = null;
    const failure = unanswered(timing.hedgeMs);
    learn(connection, failure, 0, true);
    if (primary === null) report({ status: 'down', ...failure, endpoint: connection.url });
    want(Math.max(0, backoffMs(failures, random, timing) - timing.hedgeMs));
  }

  const isServed = (): boolean => primary !== null && clock.now() - primary.lastDataMs < timing.suspectMs;

  const unanswered = (ms: number): VenueFailure => ({ reason: 'timeout', detail: `no answer to the handshake within ${ms} ms` });

  function begin(connection: Connection): void {
    if (connection.isOver) return;
    for (const cancel of connection.cancels.splice(0)) cancel();
    // Answered too late: another one was faster.
    if (connection !== candidate && isServed()) {
      finish(connection);
      return;
    }
    connection.lastFrameMs = clock.now();
    connection.lastDataMs = clock.now();
    watch(connection);
    connection.hear = options.converse({
      send: connection.sends.say,
      delivers: () => delivers(connection),
      leave: () => leave(connection),
      fail: (failure) => end(connection, failure),
    });
  }

  /** Looks after a connection's frames at the next instant at which their absence would mean something. */
  function watch(connection: Connection): void {
    const deathMs = Math.min(connection.lastFrameMs + timing.silenceMs, connection.lastDataMs + timing.starvedMs);
    const doubtMs = suspicionMs(connection);
    const dueMs = doubtMs > clock.now() ? Math.min(deathMs, doubtMs) : deathMs;
    connection.cancels[0] = clock.at(dueMs, `${venue}.silence`, () => {
      if (connection.isOver) return;
      const fault = silenceOf(connection);
      if (fault !== null) return end(connection, { reason: 'silent', detail: fault });
      if (suspicionMs(connection) <= clock.now()) suspect(connection);
      watch(connection);
    });
  }

  function silenceOf({ lastFrameMs, lastDataMs }: Connection): string | null {
    if (clock.now() - lastFrameMs >= timing.silenceMs) return `no frame for ${timing.silenceMs} ms`;
    return clock.now() - lastDataMs >= timing.starvedMs ? `no data for ${timing.starvedMs} ms` : null;
  }

  /** A market that is merely quiet must not use up the budget: one suspicion in a while. */
  const suspicionMs = ({ lastDataMs }: Connection): EpochMs => Math.max(lastDataMs + timing.suspectMs, suspectedMs + timing.provenMs);

  function suspect(connection: Connection): void {
    if (connection !== primary) return;
    suspectedMs = clock.now();
    log('info', `${venue}.quiet`, { endpoint: connection.url, quietMs: clock.now() - connection.lastDataMs });
    want(0);
  }

  function receive(connection: Connection, text: string): void {
    if (shows(connection)) connection.hear?.(text, connection.lastFrameMs);
  }

  /** Takes note of a sign of life. One that comes when the connection is dead by the clock, before any timer could say so, comes too late. */
  function shows(connection: Connection): boolean {
    if (connection.isOver) return false;
    const nowMs = clock.now();
    const quietMs = nowMs - connection.lastFrameMs;
    if (quietMs >= timing.silenceMs) end(connection, { reason: 'silent', detail: `no frame for ${quietMs} ms` });
    else connection.lastFrameMs = nowMs;
    return !connection.isOver;
  }

  function delivers(connection: Connection): void {
    if (connection.isOver) return;
    connection.lastDataMs = connection.lastFrameMs;
    if (connection.upSinceMs === null) establish(connection);
  }

  function leave(connection: Connection): void {
    if (connection !== primary) return;
    log('info', `${venue}.server_shutdown`, { endpoint: connection.url });
    want(0);
  }

  /** The first data of a connection: it takes over from the one before it. */
  function establish(connection: Connection): void {
    const { url } = connection;
    const nowMs = clock.now();
    connection.upSinceMs = nowMs;
    const previous = primary;
    if (previous !== null) confess(previous);
    primary = connection;
    callOff();
    established++;
    if (timing.rotationMs !== null) {
      connection.cancels[1] = clock.at(nowMs + timing.rotationMs, `${venue}.rotate`, () => {
        preferred = 0;
        want(0);
      });
    }
    if (previous !== null) previous.retirement = clock.at(nowMs + timing.overlapMs, `${venue}.retire`, () => finish(previous));
    log('info', `${venue}.up`, { endpoint: url, reconnects: established - 1 });
    report({ status: 'up', reason: null, detail: null, endpoint: url, reconnects: established - 1 });
    budget.served(url);
  }

  /** Attempts that are planned or under way while another one has made it. */
  function callOff(): void {
    retry?.();
    retry = null;
    candidate = null;
    for (const other of [...open]) if (other.upSinceMs === null) finish(other);
  }

  /** What a quiet connection would have brought until its successor did is lost, if it was dead: nobody can tell, so it counts as an outage. */
  function confess(previous: Connection): void {
    const quietMs = clock.now() - previous.lastDataMs;
    if (quietMs < timing.suspectMs) return;
    primary = null;
    report({ status: 'down', reason: 'silent', detail: `no data for ${quietMs} ms`, endpoint: previous.url, lastFrameMs: previous.lastDataMs });
  }

  /** A connection that failed or was lost. */
  function end(connection: Connection, failure: VenueFailure): void {
    if (connection.isOver) return;
    const wasPrimary = connection === primary;
    const wasCandidate = connection === candidate;
    const lastedMs = connection.upSinceMs === null ? 0 : clock.now() - connection.upSinceMs;
    // A line that shows no life answers no goodbye.
    finish(connection, failure.reason === 'silent');
    if (isClosed || !(wasPrimary || wasCandidate)) return;
    learn(connection, failure, lastedMs, wasCandidate);
    if (wasPrimary) primary = recalled();
    if (wasCandidate) candidate = null;
    if (primary === null) {
      const lastFrameMs = connection.upSinceMs === null ? state.lastFrameMs : connection.lastDataMs;
      report({ status: 'down', reason: failure.reason, detail: failure.detail, endpoint: connection.url, lastFrameMs });
    } else if (wasPrimary) report({ endpoint: primary.url });
    want(backoffMs(failures, random, timing));
  }

  /** The connection that was about to be closed for the one that has just failed, if it still delivers. */
  function recalled(): Connection | null {
    const fresh = [...open].filter(
      ({ isOver, upSinceMs, lastDataMs }) => !isOver && upSinceMs !== null && clock.now() - lastDataMs < timing.suspectMs,
    );
    const [last] = fresh.sort((a, b) => b.lastDataMs - a.lastDataMs);
    if (last === undefined) return null;
    last.retirement();
    log('info', `${venue}.recalled`, { endpoint: last.url });
    return last;
  }

  /** What a failure means for the next attempt: how long to wait and where to go. */
  function learn({ url }: Connection, failure: VenueFailure, lastedMs: number, wasCandidate: boolean): void {
    const nowMs = clock.now();
    failures = lastedMs >= timing.provenMs ? 1 : failures + 1;
    if (failure.retryAfterMs !== undefined) budget.wait(url, nowMs + failure.retryAfterMs);
    if (failure.reason === 'geo_blocked' || failure.reason === 'forbidden') {
      budget.avoid(url, nowMs + AVOID_MS);
      if (failure.retryAfterMs === undefined) budget.pause(url, nowMs + pauseMs());
    }
    // A connection that was up is tried again where it was; one that never came up makes way for the next endpoint.
    if (wasCandidate) budget.failed(url, nowMs);
    if (wasCandidate || failures > 1) preferred = (urls.indexOf(url) + 1) % urls.length;
    // Said once as a problem: while it lasts, `status` shows it.
    log(failures <= 1 ? 'warn' : 'info', `${venue}.down`, { endpoint: url, ...failure, failures });
  }

  /** Closes a connection for good, politely where it is open and not dead. */
  function finish(connection: Connection, isDead = false): void {
    if (connection.isOver) return;
    connection.isOver = true;
    for (const cancel of [...connection.cancels, connection.retirement]) cancel();
    connection.sends.close();
    if (!open.has(connection)) return;
    if (isDead) {
      connection.wire.terminate();
      return;
    }
    connection.wire.close();
    const patience = clock.at(clock.now() + CLOSE_PATIENCE_MS, `${venue}.terminate`, connection.wire.terminate);
    void connection.gone.promise.then(patience);
  }

  async function close(): Promise<void> {
    isClosed = true;
    stopHearing();
    retry?.();
    const closing = [...open];
    for (const connection of closing) finish(connection);
    await Promise.all(closing.map(({ gone }) => gone.promise));
    report({ status: 'down', reason: 'closed', detail: null });
  }

  attempt(0);
  return { state: current, close };
}
