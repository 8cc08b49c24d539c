import type { Cancel, Clock } from '../../kernel/clock.ts';
import { NightdeskError } from '../../kernel/errors.ts';
import type { Log } from '../../kernel/log.ts';
import type { Rng } from '../../kernel/rng.ts';
import { type EpochMs, MINUTE_MS, SECOND_MS } from '../../kernel/time.ts';
import { type ConnectBudget, createConnectBudget } from '../connection/connect-budget.ts';
import type { SendLimit } from '../connection/send-queue.ts';
import type { DownReason } from '../connection/venue-failure.ts';
import { type Converse, connectVenue, VENUE_TIMING, type VenueFeed, type VenueState, type VenueTiming } from '../connection/venue-socket.ts';
import type { Dial } from '../connection/wire.ts';
import { BINANCE_LIMITS } from './binance-endpoints.ts';
import { combinedUrl, type StreamChoice, streamPlan, streamRequest } from './binance-streams.ts';

class BinanceStreamError extends NightdeskError<'no_symbols'> {}

/** Of a feed over several connections: the worst of them, with the detail naming it. */
export type BinanceFeedState = VenueState;
export type BinanceFeed = VenueFeed;
export type BinanceTiming = VenueTiming;

export interface BinanceFeedOptions extends StreamChoice, StreamsCommon {
  /** Venue symbols: BTCUSDT. */
  readonly symbols: readonly string[];
}

/** Streams of Binance by their names, wherever they are served. */
export interface BinanceStreamsOptions extends StreamsCommon {
  /** Begins the names of log events and timers. */
  readonly venue: string;
  /** The streams of each connection. */
  readonly plan: readonly (readonly string[])[];
  /** Path below the base URL: the futures serve their streams by groups. */
  readonly route?: string;
}

interface StreamsCommon {
  /** Base URLs in the order of preference: `wss://stream.binance.com:9443`. */
  readonly urls: readonly string[];
  readonly clock: Clock;
  readonly random: Rng;
  readonly log: Log;
  readonly onFrame: (text: string, receivedMs: EpochMs) => void;
  readonly onState?: (state: BinanceFeedState) => void;
  readonly timing?: Partial<BinanceTiming>;
  /** Shared by everything in this process that connects to Binance; without it this feed has one of its own. */
  readonly budget?: ConnectBudget;
  readonly dial?: Dial;
}

/** A second, and a little for messages that are closer together when they arrive than when they were sent. */
const SENDS: SendLimit = { most: BINANCE_LIMITS.sentPerSecond, windowMs: SECOND_MS + 100 };
const LONGEST_CONTROL_FRAME = 256;

/** What Binance allows one address: 300 connection attempts in five minutes. */
export const binanceBudget = (): ConnectBudget => createConnectBudget({ most: BINANCE_LIMITS.connectsPerFiveMinutes, windowMs: 5 * MINUTE_MS });

/** The combined stream of trades, best bid and ask, and 1-minute bars of the symbols, below a base URL. */
export const streamUrl = (base: string, symbols: readonly string[], trades: 'trade' | 'aggTrade' = 'trade'): string =>
  combinedUrl(base, streamPlan(symbols, { trades }).flat());

/**
 * Keeps Binance spot connected, whatever happens (`connectVenue`), and hands every text frame on untouched: over one connection,
 * or over as many as the streams of the symbols need. Connections that overlap both deliver: repeated trades are told apart by
 * their ids (`createGate`).
 * @throws BinanceStreamError `no_symbols`
 * @see binance-spot-api-docs, web-socket-streams.md
 */
export function connectBinance(options: BinanceFeedOptions): BinanceFeed {
  const { symbols } = options;
  const plan = streamPlan(symbols, options);
  if (plan.length === 0) throw new BinanceStreamError('no_symbols', 'Binance is asked for no symbol at all', { symbols });
  return connectStreams({ ...options, venue: 'binance', plan });
}

/** The same for streams that are named: one connection for each list of the plan. */
export function connectStreams(options: BinanceStreamsOptions): BinanceFeed {
  const { venue, plan, route = '', urls, clock, random, log, onState } = options;
  const budget = options.budget ?? binanceBudget();
  const timing: Partial<BinanceTiming> = { starvedMs: options.timing?.silenceMs ?? VENUE_TIMING.starvedMs, ...options.timing };
  const shards: BinanceFeed[] = [];
  const state = (): BinanceFeedState => worstOf(shards.map((shard) => shard.state()));
  for (const streams of plan) {
    const { inUrl, subscriptions } = streamRequest(streams);
    shards.push(
      connectVenue({
        venue,
        urls,
        address: (base) => combinedUrl(`${base}${route}`, inUrl),
        converse: conversation(subscriptions, options.onFrame),
        clock,
        random,
        log,
        budget,
        sends: SENDS,
        timing,
        onState: () => onState?.(state()),
        ...(options.dial === undefined ? {} : { dial: options.dial }),
      }),
    );
  }
  return {
    state,
    async close() {
      await Promise.all(shards.map((shard) => shard.close()));
    },
  };
}

/**
 * Subscribes to what the URL did not name. Until every message is acknowledged the connection is not up, and nothing of it is
 * handed on; a refused one ends it.
 */
function conversation(subscriptions: readonly (readonly string[])[], onFrame: BinanceFeedOptions['onFrame']): Converse {
  return ({ send, delivers, leave, fail }) => {
    const owed = new Set<number>();
    for (const [index, params] of subscriptions.entries()) {
      owed.add(index + 1);
      send(JSON.stringify({ method: 'SUBSCRIBE', params, id: index + 1 }));
    }

    function answered(text: string): void {
      const answer = answerIn(text);
      if (answer === null) return;
      if (answer.fault === null) owed.delete(answer.id ?? 0);
      else if (owed.size > 0) fail({ reason: 'rejected', detail: `SUBSCRIBE ${answer.id ?? ''}: ${answer.fault}` });
    }

    return (text, receivedMs) => {
      const speaks = controlIn(text);
      if (speaks === 'shutdown') leave();
      else if (speaks === 'answer') answered(text);
      if (owed.size > 0) return;
      if (speaks === null && isWhole(text)) delivers();
      onFrame(text, receivedMs);
    };
  };
}

/** Whether the venue speaks about the connection; seen without parsing, since nearly every frame is data and wrapped. */
function controlIn(text: string): 'shutdown' | 'answer' | null {
  if (text.startsWith('{"stream":"')) return text.startsWith('!serverShutdown"', 11) ? 'shutdown' : null;
  if (text.length >= LONGEST_CONTROL_FRAME) return null;
  if (text.includes('"serverShutdown"')) return 'shutdown';
  return /"(?:result|error|msg)":/.test(text) ? 'answer' : null;
}

interface Answer {
  readonly id: number | null;
  /** null for an acknowledgement. */
  readonly fault: string | null;
}

/** `{"result":null,"id":1}`, `{"error":{"code":2,"msg":"..."},"id":1}` or `{"code":2,"msg":"...","id":1}`; null for anything else. */
function answerIn(text: string): Answer | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null; // Half a frame answers nothing: the parser counts it.
  }
  if (typeof value !== 'object' || value === null) return null;
  const { id, result, error, msg } = value as Readonly<Record<string, unknown>>;
  const known = typeof id === 'number' ? id : null;
  if (error !== undefined) return { id: known, fault: JSON.stringify(error) };
  if (typeof msg === 'string') return { id: known, fault: msg };
  return result === null ? { id: known, fault: null } : null;
}

/** Whether a text can be a frame with data: a connection that brings only torn ones is of no use. */
function isWhole(text: string): boolean {
  const [first, last] = [text.charCodeAt(0), text.charCodeAt(text.length - 1)];
  return text.length > 2 && ((first === 0x7b && last === 0x7d) || (first === 0x5b && last === 0x5d));
}

const RANK: Readonly<Record<VenueState['status'], number>> = { up: 0, connecting: 1, down: 2 };

/** The state of several connections as that of one: the worst, of equals the one that has been so for longest. */
function worstOf(states: readonly VenueState[]): VenueState {
  const ordered = states.map((state, index) => ({ state, number: index + 1 })).sort((a, b) => compareWorst(a.state, b.state));
  const { state, number } = ordered[0] as (typeof ordered)[number];
  if (states.length === 1) return state;
  const alike = states.filter(({ status }) => status === state.status);
  const reconnects = states.reduce((total, each) => total + each.reconnects, 0);
  // All of them are up since the last one came up; an outage began with the first that lost its data.
  const sinceMs = state.status === 'up' ? Math.max(...alike.map((each) => each.sinceMs)) : state.sinceMs;
  const last = alike.flatMap(({ lastFrameMs }) => lastFrameMs ?? []);
  const detail = state.detail === null ? null : `connection ${number} of ${states.length}: ${state.detail}`;
  return { ...state, sinceMs, reconnects, detail, lastFrameMs: last.length === 0 ? null : Math.min(...last) };
}

const compareWorst = (a: VenueState, b: VenueState): number => RANK[b.status] - RANK[a.status] || a.sinceMs - b.sinceMs;

export type BinanceProbe =
  | { readonly answers: true; readonly endpoint: string; readonly tookMs: number }
  | { readonly answers: false; readonly failures: readonly { readonly endpoint: string; readonly reason: DownReason; readonly detail: string }[] };

/** Whether Binance sends a frame within the time, asking every endpoint at once; if none does, what each of them answered. */
export async function probeBinance(options: Omit<BinanceFeedOptions, 'onFrame' | 'onState'>, timeoutMs: number): Promise<BinanceProbe> {
  const { clock, urls } = options;
  const budget = options.budget ?? binanceBudget();
  const startedMs = clock.now();
  const feeds: { readonly endpoint: string; readonly feed: BinanceFeed }[] = [];
  let cancel: Cancel = () => {};
  const answered = await new Promise<string | null>((resolve) => {
    cancel = clock.at(startedMs + timeoutMs, 'binance.probe', () => resolve(null));
    const failed = new Set<string>();
    for (const endpoint of urls) {
      const onState = ({ reason }: BinanceFeedState): void => {
        // A slow handshake has said nothing yet: it keeps its time, as a silent connection does.
        if (reason === null || reason === 'starting' || reason === 'timeout') return;
        failed.add(endpoint);
        // When each has said no there is nothing to wait for.
        if (failed.size === urls.length) resolve(null);
      };
      feeds.push({ endpoint, feed: connectBinance({ ...options, budget, urls: [endpoint], onFrame: () => resolve(endpoint), onState }) });
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
