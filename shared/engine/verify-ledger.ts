import type { Trade } from '../contracts/fill.ts';
import type { JournalRow } from '../contracts/journal.ts';
import { wire } from '../kernel/canonical-json.ts';
import { text, ZERO } from '../kernel/decimal.ts';
import { digest } from '../kernel/digest.ts';
import { messageOf } from '../kernel/errors.ts';
import type { Account } from '../ledger/account.ts';
import { apply, GENESIS_HASH } from '../ledger/apply.ts';
import { type OrderStanding, standingsOf } from '../ledger/order-standing.ts';
import { assertBalanced, postingsOf } from '../ledger/postings.ts';
import { tradeOf } from '../ledger/trade.ts';
import type { LedgerStore, Page } from './ports.ts';

const PAGE = 500;

/** One way in which what is stored is not what the journal says. */
export interface Difference {
  readonly what: string;
  readonly stored: unknown;
  readonly rebuilt: unknown;
}

export interface Verification {
  readonly sessionId: string;
  readonly isSound: boolean;
  readonly rows: number;
  readonly fills: number;
  readonly trades: number;
  readonly cash: string;
  /** Hash of the newest row: equal journals, equal hashes. */
  readonly journalHash: string;
  readonly differences: readonly Difference[];
}

/**
 * Rebuilds a session from its journal and compares: the hash chain, the balance of every entry, then head, positions,
 * orders (those that ended too) and trades with what the store has. It may be asked while the session trades: what is
 * compared is the moment of the head that was read first, and later rows are left out.
 */
export async function verifyLedger(ledger: LedgerStore, sessionId: string): Promise<Verification> {
  const differences: Difference[] = [];
  const stored = await ledger.load(sessionId);
  const seq = stored?.seq ?? 0;
  const journal = await rebuild(ledger, sessionId, seq, differences);
  const { rebuilt, fills, trades } = journal;
  const storedOrders = await everyPage((page) => ledger.orders(sessionId, page));
  const storedTrades = await everyPage((page) => ledger.trades(sessionId, page));
  const isMoving = (await ledger.head(sessionId)) > seq;
  if (journal.hasMore && !isMoving) differences.push({ what: 'journal rows after the head', stored: seq, rebuilt: null });
  compareAccounts(stored, rebuilt, differences);
  compare(
    'orders',
    ordersValue(storedOrders, journal.orders, isMoving),
    ordersValue([...journal.orders.values()], journal.orders, isMoving),
    differences,
  );
  const closed = isMoving ? storedTrades.filter((trade) => trade.seq <= seq) : storedTrades;
  compare('trades', tradesValue(closed), tradesValue(trades), differences);
  return {
    sessionId,
    isSound: differences.length === 0 && rebuilt !== null,
    rows: rebuilt?.seq ?? 0,
    fills,
    trades: trades.length,
    cash: text(rebuilt?.cash ?? ZERO),
    journalHash: rebuilt?.hash ?? GENESIS_HASH,
    differences,
  };
}

interface Rebuilt {
  readonly rebuilt: Account | null;
  readonly fills: number;
  readonly trades: readonly Trade[];
  readonly orders: ReadonlyMap<string, OrderStanding>;
  /** Whether the journal goes on after the head. */
  readonly hasMore: boolean;
}

async function rebuild(ledger: LedgerStore, sessionId: string, upToSeq: number, differences: Difference[]): Promise<Rebuilt> {
  const trades: Trade[] = [];
  const orders = new Map<string, OrderStanding>();
  const journal = createRebuild(differences);
  let hasMore = false;
  try {
    for await (const row of ledger.rows(sessionId, 0)) {
      hasMore = row.seq > upToSeq;
      if (hasMore) break;
      const { trade, standings } = journal.add(row);
      if (trade !== null) trades.push(trade);
      for (const standing of standings) orders.set(standing.order.id, standing);
    }
  } catch (error) {
    differences.push({ what: 'journal', stored: null, rebuilt: messageOf(error) });
  }
  return { rebuilt: journal.account(), fills: journal.fills(), trades, orders, hasMore };
}

/** An account on its way from the first row of its journal. */
export interface Rebuild {
  /** Takes the next row: what it closes, and how the orders stand that it touches. @throws LedgerError for a row that contradicts those before */
  readonly add: (row: JournalRow) => { readonly trade: Trade | null; readonly standings: readonly OrderStanding[] };
  readonly account: () => Account | null;
  readonly fills: () => number;
}

/** Notes in `differences` each row whose hash or postings are not what they must be. */
export function createRebuild(differences: Difference[]): Rebuild {
  let account: Account | null = null;
  let fills = 0;
  return {
    add: (row) => {
      checkRow(row, account?.hash ?? GENESIS_HASH, differences);
      const trade = tradeOf(account, row);
      if (row.event.type === 'filled') fills += 1;
      const after: Account = apply(account, row);
      const standings = standingsOf(account, after, row);
      account = after;
      return { trade, standings };
    },
    account: () => account,
    fills: () => fills,
  };
}

function checkRow(row: JournalRow, previousHash: string, differences: Difference[]): void {
  const expected = digest(previousHash, row.seq, row.commandId, row.event);
  if (expected !== row.hash) differences.push({ what: `journal row ${row.seq}: hash`, stored: row.hash, rebuilt: expected });
  const postings = postingsOf(row.event);
  try {
    assertBalanced(postings);
  } catch (error) {
    differences.push({ what: `journal row ${row.seq}: postings`, stored: wire(postings), rebuilt: messageOf(error) });
  }
}

/** Notes where a stored account is not the one that its journal leads to. */
export function compareAccounts(stored: Account | null, rebuilt: Account | null, differences: Difference[]): void {
  compare('account', accountValue(stored), accountValue(rebuilt), differences);
}

function accountValue(account: Account | null): Record<string, unknown> {
  if (account === null) return {};
  const { positions, orders, ...head } = account;
  return { ...head, ...entries('position', positions), ...entries('order', orders) };
}

const entries = (kind: string, rows: ReadonlyMap<string, unknown>): Record<string, unknown> =>
  Object.fromEntries([...rows].map(([id, row]) => [`${kind} ${id}`, row]));

function compare(what: string, stored: Record<string, unknown>, rebuilt: Record<string, unknown>, differences: Difference[]): void {
  for (const key of new Set([...Object.keys(stored), ...Object.keys(rebuilt)])) {
    if (digest(stored[key] ?? null) !== digest(rebuilt[key] ?? null)) {
      differences.push({ what: `${what}: ${key}`, stored: wire(stored[key] ?? null), rebuilt: wire(rebuilt[key] ?? null) });
    }
  }
}

/** Orders by id. While the session trades, those that may have moved on since the head was read are left out: the account has them. */
function ordersValue(orders: readonly OrderStanding[], rebuilt: ReadonlyMap<string, OrderStanding>, isMoving: boolean): Record<string, unknown> {
  const settled = isMoving ? orders.filter(({ order }) => (rebuilt.get(order.id)?.endedMs ?? null) !== null) : orders;
  return Object.fromEntries(settled.map((standing) => [standing.order.id, standing]));
}

const tradesValue = (trades: readonly Trade[]): Record<string, unknown> => Object.fromEntries(trades.map((trade) => [`trade ${trade.seq}`, trade]));

async function everyPage<T>(read: (page: { readonly limit: number; readonly cursor: string | null }) => Promise<Page<T>>): Promise<readonly T[]> {
  const items: T[] = [];
  let cursor: string | null = null;
  do {
    const page: Page<T> = await read({ limit: PAGE, cursor });
    items.push(...page.items);
    cursor = page.next;
  } while (cursor !== null);
  return items;
}
