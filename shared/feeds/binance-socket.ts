import type { IncomingMessage } from 'node:http';
import { type RawData, WebSocket } from 'ws';
import type { Cancel, Clock } from '../kernel/clock.ts';
import { messageOf } from '../kernel/errors.ts';
import type { Log } from '../kernel/log.ts';
import type { Rng } from '../kernel/rng.ts';
import { type EpochMs, HOUR_MS, MINUTE_MS, SECOND_MS } from '../kernel/time.ts';
import { BINANCE_LIMITS } from './binance-endpoints.ts';

/** Why the feed is not up. `geo_blocked` is HTTP 451, `forbidden` 403 (the web firewall), `banned` 418, `rate_limited` 429. */
export type DownReason =
  | 'starting'
  | 'geo_blocked'
  | 'forbidden'
  | 'banned'
  | 'rate_limited'
  | 'http_error'
  | 'unreachable'
  | 'timeout'
  | 'silent'
  | 'lost'
  | 'closed';

export interface BinanceFeedState {
  /** `up`: frames arrive. `connecting`: the first attempt is under way. `down`: the last one failed or was lost; it keeps trying. */
  readonly status: 'up' | 'connecting' | 'down';
  /** null while up. */
  readonly reason: DownReason | null;
  /** The failure in words, for a person; null while up. */
  readonly detail: string | null;
  readonly sinceMs: EpochMs;
  /** When the last frame came, for the start of an outage; null before the first. */
  readonly lastFrameMs: EpochMs | null;
  /** Connections that brought frames after the first one, planned rotations included. */
  readonly reconnects: number;
  readonly endpoint: string | null;
}

export interface BinanceFeed {
  state(): BinanceFeedState;
  /** Stops trying and closes every socket; resolves when they are closed. */
  close(): Promise<void>;
}

export interface BinanceFeedOptions {
  /** Venue symbols: BTCUSDT. */
  readonly symbols: readonly string[];
  /** Base URLs in the order of preference: `wss://stream.binance.com:9443`. */
  readonly urls: readonly string[];
  readonly clock: Clock;
  readonly random: Rng;
  readonly log: Log;
  readonly onFrame: (text: string, receivedMs: EpochMs) => void;
  readonly onState?: (state: BinanceFeedState) => void;
  readonly trades?: 'trade' | 'aggTrade';
  readonly timing?: Partial<BinanceTiming>;
}

/** Durations of the connection's life, in ms. */
export interface BinanceTiming {
  readonly silenceMs: number;
  readonly handshakeMs: number;
  readonly rotationMs: number;
  /** How long the old connection stays open after the new one brought its first frame. */
  readonly overlapMs: number;
  readonly backoffBaseMs: number;
  readonly backoffCapMs: number;
  /** A connection that lasted this long was a good one: the back-off begins anew. */
  readonly provenMs: number;
}

const BINANCE_TIMING: BinanceTiming = {
  silenceMs: 10 * SECOND_MS,
  handshakeMs: 8 * SECOND_MS,
  rotationMs: BINANCE_LIMITS.connectionLifeMs - 10 * MINUTE_MS,
  overlapMs: 2 * SECOND_MS,
  backoffBaseMs: SECOND_MS,
  backoffCapMs: 30 * SECOND_MS,
  provenMs: 30 * SECOND_MS,
};

interface Connection {
  readonly socket: WebSocket;
  readonly url: string;
  readonly cancels: Cancel[];
  upSinceMs: EpochMs | null;
  lastFrameMs: EpochMs;
  isOver: boolean;
}

interface Failure {
  readonly reason: DownReason;
  readonly detail: string;
  /** Not before this many ms, told by the venue. */
  readonly retryAfterMs?: number;
}

const CONNECT_WINDOW_MS = 5 * MINUTE_MS;
/** A ban without a Retry-After lasts two minutes at least. */
const LEAST_BAN_MS = 2 * MINUTE_MS;
const LONGEST_BAN_MS = 72 * HOUR_MS;
/** All tickers at once have 0.4 MB. */
const MOST_FRAME_BYTES = 4 * 1024 * 1024;
const LONGEST_CONTROL_FRAME = 256;
const CLOSE_PATIENCE_MS = SECOND_MS;

/** The combined stream of trades, best bid and ask, and 1-minute bars of the symbols, below a base URL. */
export function streamUrl(base: string, symbols: readonly string[], trades: 'trade' | 'aggTrade' = 'trade'): string {
  const streams = symbols
    .map((symbol) => symbol.toLowerCase())
    .flatMap((symbol) => [`${symbol}@${trades}`, `${symbol}@bookTicker`, `${symbol}@kline_1m`]);
  return `${base}/stream?streams=${encodeURIComponent(streams.join('/'))}`;
}

/**
 * Full jitter: anything between nothing and a bound that doubles with each failure, so that many clients do not return together.
 * @see Brooker: "Exponential Backoff And Jitter" (AWS Architecture Blog, 2015)
 */
export function backoffMs(
  failures: number,
  random: Rng,
  { backoffBaseMs, backoffCapMs }: Pick<BinanceTiming, 'backoffBaseMs' | 'backoffCapMs'>,
): number {
  return Math.floor(random.next() * Math.min(backoffCapMs, backoffBaseMs * 2 ** Math.max(0, failures - 1)));
}

/**
 * Keeps one live connection to Binance spot, whatever happens to it, and hands every text frame on untouched.
 *
 * Silence, a lost socket or a refused upgrade lead to the next endpoint after a back-off. A `serverShutdown` event and the age of
 * 23 h 50 min lead to a second connection first; the old one is closed when the new one has brought frames for a while. Both
 * deliver in between: repeated trades are told apart by their ids (`createGate`).
 * @see binance-spot-api-docs, web-socket-streams.md
 */
export function connectBinance(options: BinanceFeedOptions): BinanceFeed {
  const { clock, random, log, onFrame } = options;
  const timing: BinanceTiming = { ...BINANCE_TIMING, ...options.timing };
  const open = new Set<Connection>();
  const notBefore = new Map<string, EpochMs>();
  let primary: Connection | null = null;
  let candidate: Connection | null = null;
  let retry: Cancel | null = null;
  let isClosed = false;
  let failures = 0;
  let established = 0;
  let preferred = 0;
  let attempts: EpochMs[] = [];
  let state: BinanceFeedState = {
    status: 'connecting',
    reason: 'starting',
    detail: null,
    sinceMs: clock.now(),
    lastFrameMs: null,
    reconnects: 0,
    endpoint: null,
  };

  function report(change: Partial<BinanceFeedState>): void {
    const isTurn = change.status !== undefined && change.status !== state.status;
    state = { ...state, ...change, ...(isTurn ? { sinceMs: clock.now() } : {}) };
    options.onState?.(current());
  }

  const current = (): BinanceFeedState => ({ ...state, lastFrameMs: primary?.lastFrameMs ?? state.lastFrameMs });

  /** Asks for a new connection, unless one is on its way. */
  function want(delayMs: number): void {
    if (isClosed || candidate !== null || retry !== null) return;
    const atMs = Math.max(clock.now() + delayMs, budgetMs());
    retry = clock.at(atMs, 'binance.connect', () => {
      retry = null;
      attempt();
    });
  }

  /** The first instant at which the venue's limit of connection attempts leaves room for one more. */
  function budgetMs(): EpochMs {
    attempts = attempts.filter((atMs) => atMs > clock.now() - CONNECT_WINDOW_MS);
    const oldest = attempts.at(-BINANCE_LIMITS.connectsPerFiveMinutes);
    return oldest === undefined ? clock.now() : oldest + CONNECT_WINDOW_MS + 1;
  }

  /** The endpoint to try: the preferred one or the next that is not told to wait; null when all of them are. */
  function endpoint(): string | null {
    for (let i = 0; i < options.urls.length; i++) {
      const index = (preferred + i) % options.urls.length;
      const url = options.urls[index];
      if (url !== undefined && (notBefore.get(url) ?? 0) <= clock.now()) {
        preferred = index;
        return url;
      }
    }
    return null;
  }

  function attempt(): void {
    if (isClosed) return;
    const url = endpoint();
    if (url === null) {
      want(Math.max(0, Math.min(...notBefore.values()) - clock.now()));
      return;
    }
    attempts.push(clock.now());
    candidate = openConnection(url);
  }

  function openConnection(url: string): Connection {
    const socket = new WebSocket(streamUrl(url, options.symbols, options.trades), {
      handshakeTimeout: timing.handshakeMs,
      maxPayload: MOST_FRAME_BYTES,
      perMessageDeflate: false,
    });
    const connection: Connection = { socket, url, cancels: [], upSinceMs: null, lastFrameMs: clock.now(), isOver: false };
    open.add(connection);
    socket.on('open', () => {
      connection.lastFrameMs = clock.now();
      watchSilence(connection);
    });
    socket.on('message', (data) => receive(connection, data));
    socket.on('unexpected-response', (request, response) => {
      request.destroy();
      end(connection, refusal(response));
    });
    socket.on('error', (error) => end(connection, socketFailure(error)));
    socket.on('close', (code, reason) => {
      open.delete(connection);
      end(connection, { reason: 'lost', detail: `closed by the server with code ${code} ${reason.toString()}`.trim() });
    });
    return connection;
  }

  function watchSilence(connection: Connection): void {
    const dueMs = connection.lastFrameMs + timing.silenceMs;
    const cancel = clock.at(dueMs, 'binance.silence', () => {
      if (connection.isOver) return;
      if (clock.now() - connection.lastFrameMs < timing.silenceMs) watchSilence(connection);
      else end(connection, { reason: 'silent', detail: `no frame for ${timing.silenceMs} ms` });
    });
    connection.cancels[0] = cancel;
  }

  function receive(connection: Connection, data: RawData): void {
    if (connection.isOver) return;
    const text = textOf(data);
    connection.lastFrameMs = clock.now();
    if (connection.upSinceMs === null) establish(connection);
    if (text.length < LONGEST_CONTROL_FRAME && text.includes('"serverShutdown"') && connection === primary) {
      log('info', 'binance.server_shutdown', { endpoint: connection.url });
      want(0);
    }
    onFrame(text, connection.lastFrameMs);
  }

  /** The first frame of a connection: it takes over from the one before it. */
  function establish(connection: Connection): void {
    const { url } = connection;
    connection.upSinceMs = clock.now();
    const previous = primary;
    primary = connection;
    if (candidate === connection) candidate = null;
    established++;
    connection.cancels[1] = clock.at(connection.upSinceMs + timing.rotationMs, 'binance.rotate', () => {
      preferred = 0;
      want(0);
    });
    if (previous !== null) previous.cancels.push(clock.at(clock.now() + timing.overlapMs, 'binance.retire', () => finish(previous)));
    log('info', 'binance.up', { endpoint: url, reconnects: established - 1 });
    report({ status: 'up', reason: null, detail: null, endpoint: url, reconnects: established - 1 });
  }

  /** A connection that failed or was lost. */
  function end(connection: Connection, failure: Failure): void {
    if (connection.isOver) return;
    const wasPrimary = connection === primary;
    const wasCandidate = connection === candidate;
    const lastedMs = connection.upSinceMs === null ? 0 : clock.now() - connection.upSinceMs;
    finish(connection);
    if (isClosed || !(wasPrimary || wasCandidate)) return;
    learn(connection, failure, lastedMs, wasCandidate);
    if (wasPrimary) primary = null;
    if (wasCandidate) candidate = null;
    if (primary === null) {
      const lastFrameMs = connection.upSinceMs === null ? state.lastFrameMs : connection.lastFrameMs;
      report({ status: 'down', reason: failure.reason, detail: failure.detail, endpoint: connection.url, lastFrameMs });
    }
    want(backoffMs(failures, random, timing));
  }

  /** What a failure means for the next attempt: how long to wait and where to go. */
  function learn({ url }: Connection, failure: Failure, lastedMs: number, wasCandidate: boolean): void {
    failures = lastedMs >= timing.provenMs ? 1 : failures + 1;
    if (failure.retryAfterMs !== undefined) notBefore.set(url, clock.now() + failure.retryAfterMs);
    // A connection that was up is tried again where it was; one that never came up makes way for the next endpoint.
    if (wasCandidate || failures > 1) preferred = (options.urls.indexOf(url) + 1) % options.urls.length;
    log('warn', 'binance.down', { endpoint: url, ...failure, failures });
  }

  /** Closes a socket for good, politely where it is open. */
  function finish(connection: Connection): void {
    connection.isOver = true;
    for (const cancel of connection.cancels) cancel();
    const { socket } = connection;
    if (socket.readyState === WebSocket.OPEN) {
      socket.close(1000);
      socket.once(
        'close',
        clock.at(clock.now() + CLOSE_PATIENCE_MS, 'binance.terminate', () => socket.terminate()),
      );
    } else if (socket.readyState !== WebSocket.CLOSED) socket.terminate();
  }

  async function close(): Promise<void> {
    isClosed = true;
    retry?.();
    const closing = [...open].map((connection) => closed(connection.socket));
    for (const connection of open) finish(connection);
    await Promise.all(closing);
    report({ status: 'down', reason: 'closed', detail: 'closed by us' });
  }

  attempt();
  return { state: current, close };
}

export type BinanceProbe =
  | { readonly answers: true; readonly endpoint: string; readonly tookMs: number }
  | { readonly answers: false; readonly failures: readonly { readonly endpoint: string; readonly reason: DownReason; readonly detail: string }[] };

/** Whether Binance sends a frame within the time, asking every endpoint at once; if none does, what each of them answered. */
export async function probeBinance(options: Omit<BinanceFeedOptions, 'onFrame' | 'onState'>, timeoutMs: number): Promise<BinanceProbe> {
  const { clock, urls } = options;
  const startedMs = clock.now();
  const feeds: { readonly endpoint: string; readonly feed: BinanceFeed }[] = [];
  let cancel: Cancel = () => {};
  const answered = await new Promise<string | null>((resolve) => {
    cancel = clock.at(startedMs + timeoutMs, 'binance.probe', () => resolve(null));
    const failed = new Set<string>();
    for (const endpoint of urls) {
      const onState = ({ reason }: BinanceFeedState): void => {
        if (reason === null || reason === 'starting') return;
        failed.add(endpoint);
        // When each has said no there is nothing to wait for; a silent one keeps its time.
        if (failed.size === urls.length) resolve(null);
      };
      feeds.push({ endpoint, feed: connectBinance({ ...options, urls: [endpoint], onFrame: () => resolve(endpoint), onState }) });
    }
  });
  const tookMs = clock.now() - startedMs;
  cancel();
  const failures = feeds.map(({ endpoint, feed }) => {
    const { reason, detail } = feed.state();
    const isUnanswered = reason === null || reason === 'starting';
    return { endpoint, reason: isUnanswered ? ('timeout' as const) : reason, detail: detail ?? `no answer within ${timeoutMs} ms` };
  });
  await Promise.all(feeds.map(({ feed }) => feed.close()));
  return answered === null ? { answers: false, failures } : { answers: true, endpoint: answered, tookMs };
}

function textOf(data: RawData): string {
  if (Array.isArray(data)) return Buffer.concat(data).toString('utf8');
  return data instanceof ArrayBuffer ? Buffer.from(data).toString('utf8') : data.toString('utf8');
}

function refusal(response: IncomingMessage): Failure {
  const status = response.statusCode ?? 0;
  const detail = `HTTP ${status} ${response.statusMessage ?? ''}`.trim();
  const toldSeconds = Number(response.headers['retry-after'] ?? Number.NaN);
  const toldMs = Number.isFinite(toldSeconds) && toldSeconds >= 0 ? Math.min(toldSeconds * SECOND_MS, LONGEST_BAN_MS) : null;
  switch (status) {
    case 451:
      return { reason: 'geo_blocked', detail: `${detail}: not served in this region` };
    case 403:
      return { reason: 'forbidden', detail: `${detail}: refused by the web firewall` };
    case 418:
      return { reason: 'banned', detail: `${detail}: this address is banned`, retryAfterMs: toldMs ?? LEAST_BAN_MS };
    case 429:
      return { reason: 'rate_limited', detail: `${detail}: too many requests`, retryAfterMs: toldMs ?? MINUTE_MS };
    default:
      return { reason: 'http_error', detail };
  }
}

function socketFailure(error: Error): Failure {
  const code = 'code' in error ? String(error.code) : '';
  const detail = messageOf(error) || code;
  if (code === 'ETIMEDOUT' || /handshake has timed out/.test(detail)) return { reason: 'timeout', detail };
  if (code === 'ECONNRESET' || code === 'EPIPE' || code.startsWith('WS_ERR')) return { reason: 'lost', detail };
  return { reason: 'unreachable', detail };
}

function closed(socket: WebSocket): Promise<void> {
  if (socket.readyState === WebSocket.CLOSED) return Promise.resolve();
  return new Promise((resolve) => {
    socket.once('close', () => resolve());
  });
}
