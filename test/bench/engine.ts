import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { engineContext } from '../../functions/middleware/engine-context.ts';
import { startEmbedded } from '../../infra/local/embedded-dynamodb.ts';
import type { EntryOrder } from '../../shared/contracts/order.ts';
import type { EngineContext } from '../../shared/engine/context.ts';
import { createDesk, type Desk } from '../../shared/engine/desk.ts';
import { createMatcher, type Matcher } from '../../shared/engine/matcher.ts';
import type { Lease } from '../../shared/engine/ports.ts';
import { startSession } from '../../shared/engine/sessions.ts';
import { systemClock } from '../../shared/kernel/clock-system.ts';
import { decimal, ONE } from '../../shared/kernel/decimal.ts';
import type { Account } from '../../shared/ledger/account.ts';
import type { Tick } from '../../shared/market/price.ts';
import { createDynamoClient } from '../../shared/store/dynamo-client.ts';
import { createDynamoItems } from '../../shared/store/dynamo-items.ts';
import { createDynamoLedger } from '../../shared/store/dynamo-ledger.ts';
import { createDynamoMarket } from '../../shared/store/dynamo-market.ts';
import { ensureTables } from '../../shared/store/ensure-tables.ts';
import type { Items } from '../../shared/store/items.ts';
import { createMemoryItems } from '../../shared/store/memory-items.ts';
import { createMemoryLedger } from '../../shared/store/memory-ledger.ts';
import { createMemoryMarket } from '../../shared/store/memory-market.ts';
import { commitOf, entryFill, entryOrder, orderPlaced } from '../support/ledger-fixtures.ts';
import { type Percentiles, percentiles } from './figures.ts';

export const PRICES = { BTC: 60_000, ETH: 2_600, SOL: 25, DOGE: 0.09, ADA: 0.45, DOT: 6.5 } as const;
export type BenchSymbol = keyof typeof PRICES;
export const BENCH_SYMBOLS = Object.keys(PRICES) as readonly BenchSymbol[];

const SCOPE = 'bench';
/** Enough for the losses of thousands of stops. */
const CAPITAL_USD = '1000000';
const POSITION_USD = 500;
/** Opened long enough ago for the exits to be active. */
const OPENED_AGO_MS = 5_000;
/** First stop of a symbol below its price, and the way to the next: one tick crosses one stop. */
const FIRST_STOP_SHARE = 0.02;
const STOP_STEP_SHARE = 0.0005;

/** The books of a session that has just begun, under the wall clock, with a desk and a lease to fill by. */
export interface BenchBooks {
  readonly context: EngineContext;
  readonly items: Items;
  readonly desk: Desk;
  readonly lease: Lease;
  readonly sessionId: string;
  readonly close: () => Promise<void>;
}

/** The real engine: the books, and the matcher that fills. */
export interface BenchEngine extends BenchBooks {
  readonly matcher: Matcher;
}

interface Stores {
  readonly items: Items;
  readonly ledger: EngineContext['ledger'];
  readonly market: EngineContext['market'];
  readonly close: () => Promise<void>;
}

/** The embedded DynamoDB with its data in a file of a new folder. */
async function embeddedStores(): Promise<Stores> {
  const folder = mkdtempSync(join(tmpdir(), 'nightdesk-bench-'));
  const embedded = await startEmbedded({ dataDir: folder, log: () => undefined });
  const client = createDynamoClient(embedded.endpoint);
  const names = { ledger: 'bench-ledger', market: 'bench-market' };
  await ensureTables(client, names);
  return {
    items: createDynamoItems(client, names),
    ledger: createDynamoLedger(client, names),
    market: createDynamoMarket(client, names, { ttlDays: 30, now: Date.now }),
    close: async () => {
      client.destroy();
      await embedded.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function memoryStores(): Stores {
  const items = createMemoryItems();
  const market = createMemoryMarket({ ttlDays: 30, now: Date.now }, items);
  return { items, ledger: createMemoryLedger(items), market, close: async () => undefined };
}

export async function openEngine(store: 'embedded' | 'memory'): Promise<BenchEngine> {
  let matcher: Matcher | null = null;
  const books = await openBooks(store, async () => matcher?.refresh());
  const running = createMatcher(books.context, books.desk, () => books.lease);
  matcher = running;
  await running.refresh();
  return { ...books, matcher: running };
}

/** `nudge` hears that there are new orders. */
export async function openBooks(store: 'embedded' | 'memory', nudge: () => Promise<void> = async () => undefined): Promise<BenchBooks> {
  const stores = store === 'embedded' ? await embeddedStores() : memoryStores();
  const context = engineContext({
    clock: systemClock((error) => {
      throw error;
    }),
    ledger: stores.ledger,
    market: stores.market,
    nudge,
    log: (level, event, facts) => {
      if (level === 'error') throw new Error(`${event} ${JSON.stringify(facts)}`);
    },
    world: { scope: SCOPE, evidence: 'simulated', markets: ['CRYPTO'] },
    settings: { marketMode: 'both', seed: '1', version: 'bench', barWaitMs: 0 },
    exclusive: true,
  });
  const lease = await stores.market.lease({ scope: SCOPE, holder: 'bench', epoch: null, nowMs: Date.now(), ttlMs: 3_600_000 });
  const { account } = await startSession(context, { startingCapital: decimal(CAPITAL_USD), strategies: ['scalping'], riskLimits: {} }, null);
  return { context, items: stores.items, desk: createDesk(), lease, sessionId: account.sessionId, close: stores.close };
}

/** A print of a symbol, now. */
export const printAt = (symbol: BenchSymbol, price: number): Tick => {
  const nowMs = Date.now();
  return { symbol, price, quantity: 1, motion: 'print', exchangeMs: nowMs, receivedMs: nowMs, source: 'bench', evidence: 'simulated' };
};

/** Prints every symbol at its price, and tells the rates: what fills and marks need. */
export function refreshPrices({ desk }: BenchBooks): void {
  desk.rates([{ currency: 'USDT', value: ONE, source: 'assumed', asOfMs: Date.now() }]);
  for (const symbol of BENCH_SYMBOLS) desk.tick(printAt(symbol, PRICES[symbol]));
}

export async function accountOf({ context, sessionId }: BenchBooks): Promise<Account> {
  const account = await context.accounts.current(sessionId);
  if (account === null) throw new Error('The session is gone');
  return account;
}

/** A position to open, and the price that its stop is crossed at when all with higher stops are gone. */
export interface Stopped {
  readonly symbol: BenchSymbol;
  readonly stop: number;
  readonly id: string;
}

/** The order of a bracket whose stop is so many steps away. Accepted long enough ago to be active. */
export function bracketOrder(id: string, symbol: BenchSymbol, steps: number): EntryOrder {
  const price = PRICES[symbol];
  return entryOrder({
    id,
    symbol,
    quantity: (POSITION_USD / price).toFixed(6),
    reserved: '510',
    stop: stopAt(symbol, steps).toFixed(8),
    target: (price * 1.5).toFixed(8),
    atMs: Date.now() - OPENED_AGO_MS,
  });
}

/** The price that a bracket's stop stands at. */
export const stopAt = (symbol: BenchSymbol, steps: number): number => PRICES[symbol] * (1 - FIRST_STOP_SHARE - STOP_STEP_SHARE * steps);

/** Commits events past the engine, as the command of an id. */
export async function commitEvents(books: BenchBooks, id: string, events: Parameters<typeof commitOf>[2]): Promise<void> {
  const commit = commitOf(await accountOf(books), id, events);
  await books.context.ledger.commit(commit);
  books.context.accounts.committed(commit.after);
}

/** Opens so many positions, spread over the six symbols, each with a stop of its own; those with the highest stops come first. */
export async function openPositions(books: BenchBooks, count: number, round: number): Promise<readonly Stopped[]> {
  const opened: Stopped[] = [];
  for (let index = 0; index < count; index++) {
    const symbol = BENCH_SYMBOLS[index % BENCH_SYMBOLS.length] as BenchSymbol;
    const steps = Math.floor(index / BENCH_SYMBOLS.length);
    const id = `E:${round}:${index}`;
    const order = bracketOrder(id, symbol, steps);
    const atMs = order.acceptedMs + 100;
    await commitEvents(books, id, [orderPlaced(order), (account) => entryFill(account, id, { price: String(PRICES[symbol]), atMs })]);
    opened.push({ symbol, stop: stopAt(symbol, steps), id: order.positionId });
  }
  return opened;
}

const BODY = 'x'.repeat(1_000);
const WARM_UP = 20;

/** How long a bare transaction of five conditioned puts of 1 kB takes on the store: what no commit can be faster than. */
export async function bareTransactions({ items }: BenchBooks, count: number): Promise<Percentiles> {
  const taken: number[] = [];
  for (let index = 0; index < count + WARM_UP; index++) {
    const actions = Array.from({ length: 5 }, (_, row) => ({
      kind: 'put' as const,
      table: 'ledger' as const,
      key: { pk: 'BARE', sk: `R#${String(index).padStart(6, '0')}-${row}` },
      attributes: { body: BODY },
      when: { kind: 'absent' as const },
    }));
    const began = performance.now();
    await items.write(actions);
    if (index >= WARM_UP) taken.push(performance.now() - began);
  }
  return percentiles(taken);
}
