import type { JournalRow, Trade } from '../contracts/journal.ts';
import { wire } from '../kernel/canonical-json.ts';
import { text, ZERO } from '../kernel/decimal.ts';
import { digest } from '../kernel/digest.ts';
import { messageOf } from '../kernel/errors.ts';
import type { Account } from '../ledger/account.ts';
import { apply, GENESIS_HASH } from '../ledger/apply.ts';
import { assertBalanced } from '../ledger/postings.ts';
import { tradeOf } from '../ledger/trade.ts';
import type { LedgerStore } from './ports.ts';

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
 * orders and trades with what the store has.
 */
export async function verifyLedger(ledger: LedgerStore, sessionId: string): Promise<Verification> {
  const differences: Difference[] = [];
  const trades: Trade[] = [];
  let rebuilt: Account | null = null;
  let fills = 0;
  let hash = GENESIS_HASH;
  try {
    for await (const row of ledger.rows(sessionId, 0)) {
      checkRow(row, hash, differences);
      const trade = tradeOf(rebuilt, row);
      if (trade !== null) trades.push(trade);
      if (row.event.type === 'filled') fills += 1;
      rebuilt = apply(rebuilt, row);
      hash = row.hash;
    }
  } catch (error) {
    differences.push({ what: 'journal', stored: null, rebuilt: messageOf(error) });
  }
  const stored = await ledger.load(sessionId);
  compare('account', accountValue(stored), accountValue(rebuilt), differences);
  await compareTrades(ledger, sessionId, trades, differences);
  return {
    sessionId,
    isSound: differences.length === 0 && rebuilt !== null,
    rows: rebuilt?.seq ?? 0,
    fills,
    trades: trades.length,
    cash: text(rebuilt?.cash ?? ZERO),
    journalHash: hash,
    differences,
  };
}

function checkRow(row: JournalRow, previousHash: string, differences: Difference[]): void {
  const expected = digest(previousHash, row.seq, row.commandId, row.event);
  if (expected !== row.hash) differences.push({ what: `journal row ${row.seq}: hash`, stored: row.hash, rebuilt: expected });
  const { event } = row;
  const postings = event.type === 'filled' ? event.fill.postings : event.type === 'session-started' ? event.postings : [];
  try {
    assertBalanced(postings);
  } catch (error) {
    differences.push({ what: `journal row ${row.seq}: postings`, stored: wire(postings), rebuilt: messageOf(error) });
  }
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

async function compareTrades(ledger: LedgerStore, sessionId: string, rebuilt: readonly Trade[], differences: Difference[]): Promise<void> {
  const stored: Trade[] = [];
  let cursor: string | null = null;
  do {
    const page: Awaited<ReturnType<LedgerStore['trades']>> = await ledger.trades(sessionId, { limit: 500, cursor });
    stored.push(...page.items);
    cursor = page.next;
  } while (cursor !== null);
  const byKey = (trades: readonly Trade[]): Record<string, unknown> => Object.fromEntries(trades.map((trade) => [`trade ${trade.seq}`, trade]));
  compare('trades', byKey(stored), byKey(rebuilt), differences);
}
