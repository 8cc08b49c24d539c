import { expect, onTestFinished } from 'vitest';
import { createApiHandler } from '../../functions/api/app.ts';
import { engineContext } from '../../functions/middleware/engine-context.ts';
import type { AccessGate } from '../../infra/local/access-gate.ts';
import { startHttpHost } from '../../infra/local/http-host.ts';
import type { MarketSnapshot } from '../../shared/contracts/market-snapshot.ts';
import { PROBLEM_CONTENT_TYPE, type Problem, problemSchema } from '../../shared/contracts/problem.ts';
import { type AnswerOf, API_BASE_PATH, ROUTES, type RouteName } from '../../shared/contracts/routes.ts';
import type { EngineContext, World } from '../../shared/engine/context.ts';
import { createDesk, type Desk } from '../../shared/engine/desk.ts';
import { createMatcher } from '../../shared/engine/matcher.ts';
import type { Lease, LedgerStore, MarketStore } from '../../shared/engine/ports.ts';
import type { Clock } from '../../shared/kernel/clock.ts';
import { decimal } from '../../shared/kernel/decimal.ts';
import { digest } from '../../shared/kernel/digest.ts';
import { MINUTE_MS } from '../../shared/kernel/time.ts';
import type { Bar } from '../../shared/market/price.ts';
import { createMemoryItems } from '../../shared/store/memory-items.ts';
import { createMemoryLedger } from '../../shared/store/memory-ledger.ts';
import { createMemoryMarket } from '../../shared/store/memory-market.ts';

/** Wednesday 2026-11-18, 12:30 in India: NSE is open. */
export const NSE_OPEN_MS = Date.parse('2026-11-18T07:00:00Z');
/** Wednesday 2026-11-18, 21:30 in India: only crypto trades. */
export const NSE_CLOSED_MS = Date.parse('2026-11-18T16:00:00Z');

/** Time that stands still until a test, or a pause of the engine, moves it; tasks that fall due run on the way. */
export interface HandClock extends Clock {
  readonly advance: (ms: number) => Promise<void>;
}

function handClock(startMs: number): HandClock {
  let nowMs = startMs;
  let tasks: { readonly ms: number; readonly task: () => Promise<void> | void }[] = [];
  return {
    now: () => nowMs,
    at: (ms, _label, task) => {
      const entry = { ms, task };
      tasks.push(entry);
      return () => {
        tasks = tasks.filter((each) => each !== entry);
      };
    },
    advance: async (ms) => {
      nowMs += ms;
      const due = tasks.filter((each) => each.ms <= nowMs).sort((a, b) => a.ms - b.ms);
      tasks = tasks.filter((each) => each.ms > nowMs);
      for (const { task } of due) await task();
    },
  };
}

export interface ApiSetup {
  readonly nowMs?: number;
  readonly world?: Partial<World>;
  /** Replaces parts of the context, for faults. */
  readonly change?: (context: EngineContext) => Partial<EngineContext>;
  /** Asks for a token in front of the API; none is asked without it. */
  readonly gate?: AccessGate;
}

export interface Answered<Body> {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Body;
}

export interface CallOptions {
  readonly body?: unknown;
  /** Sent as it is, in place of `body`. */
  readonly text?: string | Uint8Array;
  readonly query?: string;
  readonly strategy?: string;
  /** Of the order or the position in the path. */
  readonly id?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface ApiFixture {
  readonly url: string;
  readonly port: number;
  readonly context: EngineContext;
  readonly clock: HandClock;
  readonly ledger: LedgerStore;
  readonly market: MarketStore;
  readonly desk: Desk;
  readonly lease: Lease;
  /** What the log was told, newest last. */
  readonly logged: readonly { readonly level: string; readonly event: string; readonly facts: Readonly<Record<string, unknown>> }[];
  /** Asks a route and checks that status and body are those that its contract declares. */
  readonly ask: <Name extends RouteName>(name: Name, options?: CallOptions) => Promise<Answered<AnswerOf<Name>>>;
  /** Asks a route that must refuse: a problem document, and nothing in the ledger has changed. */
  readonly refused: (name: RouteName, options?: CallOptions) => Promise<Answered<Problem>>;
  readonly publish: (
    snapshot?: Partial<MarketSnapshot>,
    minute?: { readonly minuteMs: number; readonly bars: readonly Bar[] } | null,
  ) => Promise<void>;
  /** From now on a matcher of the real engine fills what is placed. */
  readonly startMatcher: () => void;
}

export const quoteOf = (
  symbol: string,
  last: number,
  atMs: number,
  more: Partial<MarketSnapshot['quotes'][number]> = {},
): MarketSnapshot['quotes'][number] => ({
  symbol,
  last,
  bid: null,
  ask: null,
  bidSize: null,
  askSize: null,
  exchangeMs: atMs,
  receivedMs: atMs,
  source: 'simulated-market',
  evidence: 'simulated',
  check: null,
  ...more,
});

/** The API on a real socket, over stores in memory and time moved by hand. */
export async function apiFixture({ nowMs = NSE_CLOSED_MS, world = {}, change, gate }: ApiSetup = {}): Promise<ApiFixture> {
  const items = createMemoryItems();
  const ledger = createMemoryLedger(items);
  const market = createMemoryMarket({ ttlDays: 400, now: () => nowMs }, items);
  const clock = handClock(nowMs);
  const logged: ApiFixture['logged'][number][] = [];
  let nudged: () => Promise<void> = async () => undefined;
  const base = engineContext({
    clock,
    ledger,
    market,
    nudge: () => nudged(),
    log: (level, event, facts = {}) => {
      logged.push({ level, event, facts });
    },
    world: { scope: 'test', evidence: 'simulated', markets: ['CRYPTO', 'NSE'], ...world },
    settings: { marketMode: 'switch', seed: 'seed', version: '9.9.9', barWaitMs: 0 },
    exclusive: false,
  });
  const context: EngineContext = { ...base, sleep: clock.advance, ...change?.(base) };
  const { scope } = context.world;
  const lease = await market.lease({ scope, holder: 'test', epoch: null, nowMs, ttlMs: 1e9 });
  const desk = createDesk();
  const host = await startHttpHost({ port: 0, handler: createApiHandler(context), gate: gate ?? null });
  onTestFinished(() => host.stop(200));

  const call = async (name: RouteName, options: CallOptions): Promise<Answered<unknown>> => {
    const route = ROUTES.find((each) => each.name === name);
    if (route === undefined) throw new Error(`No route ${name}`);
    const { strategy = 'scalping', id = 'none', query = '', text, body, headers = {} } = options;
    const url = `${host.url}${route.path.replace('{strategy}', strategy).replace('{id}', encodeURIComponent(id))}${query}`;
    const payload = text ?? (body === undefined ? undefined : JSON.stringify(body));
    const response = await fetch(url, { method: route.method, headers, ...(payload === undefined ? {} : { body: payload as string }) });
    return { status: response.status, headers: response.headers, body: await response.json() };
  };

  return {
    url: host.url,
    port: host.port,
    context,
    clock,
    ledger,
    market,
    desk,
    lease,
    logged,
    ask: async (name, options = {}) => {
      const answered = await call(name, options);
      const route = ROUTES.find((each) => each.name === name);
      expect(route?.statuses, JSON.stringify(answered.body)).toContain(answered.status);
      expect(answered.headers.get('content-type')).toContain('application/json');
      return { ...answered, body: route?.answer.parse(answered.body) as never };
    },
    refused: async (name, options = {}) => {
      const before = await ledgerDigest(ledger);
      const answered = await call(name, options);
      expect(answered.headers.get('content-type')).toBe(PROBLEM_CONTENT_TYPE);
      const body = problemSchema.parse(answered.body);
      expect(body.status).toBe(answered.status);
      expect(body.type).toBe(`urn:nightdesk:problem:${body.code}`);
      expect(await ledgerDigest(ledger)).toBe(before);
      return { ...answered, body };
    },
    publish: async (snapshot = {}, minute = null) => {
      const now = clock.now();
      await market.publish(lease, { ...snapshotAt(now, scope), ...snapshot }, minute);
    },
    startMatcher: () => {
      const matcher = createMatcher(context, desk, () => lease);
      nudged = matcher.refresh;
    },
  };
}

/** A market with BTC at 100 and one feed that is up. */
export const snapshotAt = (nowMs: number, scope = 'test'): MarketSnapshot => ({
  scope,
  atMs: nowMs,
  quotes: [quoteOf('BTC', 100, nowMs)],
  rates: [{ currency: 'USDT', value: decimal('1'), source: 'assumed', asOfMs: nowMs }],
  feeds: [
    {
      source: 'simulated-market',
      markets: ['CRYPTO', 'NSE'],
      evidence: 'simulated',
      status: 'up',
      detail: 'seed 1',
      sinceMs: nowMs - MINUTE_MS,
      accepted: 1_000,
      refused: { zero_price: 2, jump: 1 },
      reconnects: 0,
    },
  ],
  cursor: null,
});

/** Everything that a request could have changed in the ledger. */
async function ledgerDigest(ledger: LedgerStore): Promise<string> {
  const all: unknown[] = [await ledger.activeSession()];
  for (const { sessionId } of await ledger.sessions()) {
    const rows: unknown[] = [];
    for await (const row of ledger.rows(sessionId, 0)) rows.push(row);
    const page = { limit: 200, cursor: null };
    all.push(sessionId, await ledger.head(sessionId), rows, await ledger.scans(sessionId, page), await ledger.orders(sessionId, page));
  }
  return digest(all);
}

export const path = (rest: string): string => `${API_BASE_PATH}/${rest}`;
