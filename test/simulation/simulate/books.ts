import type { JournalRow } from '../../../shared/contracts/journal.ts';
import { digest } from '../../../shared/kernel/digest.ts';
import type { EpochMs } from '../../../shared/kernel/time.ts';
import type { Account } from '../../../shared/ledger/account.ts';
import { apply, GENESIS_HASH } from '../../../shared/ledger/apply.ts';
import { type OrderStanding, standingsOf } from '../../../shared/ledger/order-standing.ts';
import { assertBalanced, postingsOf } from '../../../shared/ledger/postings.ts';
import { tradeOf } from '../../../shared/ledger/trade.ts';
import type { Attributes, Item, Items } from '../../../shared/store/items.ts';
import { type Key, ledgerKeys } from '../../../shared/store/keys.ts';
import {
  headAttributes,
  orderAttributes,
  positionAttributes,
  readJournalRow,
  readReceipt,
  tradeAttributes,
} from '../../../shared/store/ledger-rows.ts';
import { brokenBooks } from '../../support/engine-world.ts';
import { createTally, type Tally } from './tally.ts';

/** What the journal of a session has led to so far. */
export interface Book {
  readonly sessionId: string;
  readonly account: Account;
  /** By id, and the hash of the row that told of each last. */
  readonly orders: ReadonlyMap<string, OrderStanding>;
  readonly hashes: readonly string[];
  readonly commands: ReadonlyMap<string, number>;
  /** Payments of perpetuals that it tells of. */
  readonly fundings: number;
  /** Stamp of the newest row. */
  readonly lastMs: EpochMs;
}

interface OpenBook {
  account: Account | null;
  readonly orders: Map<string, OrderStanding>;
  readonly hashes: string[];
  /** Seq of the last row of each command. */
  readonly commands: Map<string, number>;
  /** Ids that a journal may name once. */
  readonly once: Set<string>;
  readonly tally: Tally;
  trades: number;
  fundings: number;
  lastMs: EpochMs;
}

/** Follows every session's journal row by row, and holds the other rows against it. */
export interface Books {
  /** Looks at a session whose rows have been written to. @returns what is wrong, as sentences */
  readonly check: (sessionId: string) => Promise<readonly string[]>;
  readonly all: () => readonly Book[];
}

export function createBooks(items: Items): Books {
  const books = new Map<string, OpenBook>();
  const bookOf = (sessionId: string): OpenBook => {
    const known = books.get(sessionId);
    if (known !== undefined) return known;
    const opened: OpenBook = {
      account: null,
      orders: new Map(),
      hashes: [],
      commands: new Map(),
      once: new Set(),
      tally: createTally(),
      trades: 0,
      fundings: 0,
      lastMs: 0,
    };
    books.set(sessionId, opened);
    return opened;
  };

  return {
    check: async (sessionId) => {
      const book = bookOf(sessionId);
      const faults: string[] = [];
      const touched = await readOn(items, sessionId, book, faults);
      const { account } = book;
      if (account === null) return [...faults, `session ${sessionId} has rows and no journal`];
      faults.push(...brokenBooks(account), ...book.tally.compare(account));
      faults.push(...(await compareRows(items, account, book, touched)));
      return faults.map((fault) => `${sessionId} at ${account.seq}: ${fault}`);
    },
    all: () =>
      [...books].flatMap(([sessionId, { account, orders, hashes, commands, fundings, lastMs }]) =>
        account === null ? [] : [{ sessionId, account, orders, hashes, commands, fundings, lastMs }],
      ),
  };
}

interface Touched {
  readonly orders: ReadonlySet<string>;
  readonly commands: ReadonlySet<string>;
  readonly trades: ReadonlyMap<number, Attributes>;
}

/** Takes up the journal's new rows. */
async function readOn(items: Items, sessionId: string, book: OpenBook, faults: string[]): Promise<Touched> {
  const orders = new Set<string>();
  const commands = new Set<string>();
  const trades = new Map<number, Attributes>();
  for (const item of await items.query('ledger', ledgerKeys.journalAfter(sessionId, book.account?.seq ?? 0))) {
    const row = readJournalRow(item);
    const before = book.account;
    faults.push(...brokenRow(row, before, book), ...book.tally.take(row));
    const trade = tradeOf(before, row);
    if (trade !== null) {
      book.trades += 1;
      trades.set(trade.seq, tradeAttributes(trade));
    }
    if (row.event.type === 'funding-paid') book.fundings += 1;
    const after = apply(before, row);
    for (const standing of standingsOf(before, after, row)) {
      book.orders.set(standing.order.id, standing);
      orders.add(standing.order.id);
    }
    book.account = after;
    book.lastMs = row.event.atMs;
    book.hashes.push(row.hash);
    book.commands.set(row.commandId, row.seq);
    commands.add(row.commandId);
  }
  return { orders, commands, trades };
}

function brokenRow(row: JournalRow, before: Account | null, { commands, once }: OpenBook): readonly string[] {
  const faults: string[] = [];
  const { event } = row;
  const expected = digest(before?.hash ?? GENESIS_HASH, row.seq, row.commandId, event);
  if (expected !== row.hash) faults.push(`row ${row.seq} is not chained to the one before`);
  const known = commands.get(row.commandId);
  if (known !== undefined && known !== row.seq - 1) faults.push(`command ${row.commandId} was done twice: at ${known} and ${row.seq}`);
  for (const name of namedOnce(row)) {
    if (once.has(name)) faults.push(`twice in the journal: ${name}`);
    once.add(name);
  }
  try {
    assertBalanced(postingsOf(event));
  } catch (error) {
    faults.push(`row ${row.seq}: ${String(error)}`);
  }
  return faults;
}

/** What a journal may tell of once, whatever command tells it. */
function namedOnce({ event }: JournalRow): readonly string[] {
  switch (event.type) {
    case 'order-placed':
      return [`order ${event.order.id} placed`];
    case 'filled':
      return [`fill ${event.fill.id}`, `fill ${event.fill.ordinal} of ${event.fill.orderId}`];
    case 'order-ended':
      return [`order ${event.orderId} ended`];
    case 'funding-paid':
      return [`funding of ${event.positionId} at ${event.fundingMs}`];
    case 'equity-marked':
      return [`equity marked at ${event.atMs}`];
    case 'day-opened':
      return [`day ${event.date} opened`];
    case 'day-closed':
      return [`day ${event.report.date} closed`];
    case 'session-started':
    case 'session-stopping':
    case 'session-stopped':
      return [event.type];
    default:
      return [];
  }
}

/** The rows of a session beside what its journal says they are. */
async function compareRows(items: Items, account: Account, book: OpenBook, touched: Touched): Promise<readonly string[]> {
  const { sessionId } = account;
  const pk = ledgerKeys.head(sessionId).pk;
  // `$` comes right after `#`.
  const all = (kind: string): Promise<readonly Item[]> => items.query('ledger', { pk, from: `${kind}#`, to: `${kind}$` });
  const at = (key: Key): Promise<Item | null> => items.get('ledger', key);
  const faults: string[] = [];
  const same = (what: string, item: Item | null | undefined, expected: Attributes): void => {
    if (!isSame(item?.attributes, expected)) faults.push(`the row of ${what} is not what the journal says`);
  };
  const counted = (what: string, rows: readonly Item[], expected: number): void => {
    if (rows.length !== expected) faults.push(`${rows.length} rows of ${what}, the journal tells of ${expected}`);
  };
  same('the head', await at(ledgerKeys.head(sessionId)), headAttributes(account));
  const positions = await all('P');
  counted('positions', positions, account.positions.size);
  for (const position of account.positions.values()) {
    same(
      `position ${position.id}`,
      positions.find(({ sk }) => sk === ledgerKeys.position(sessionId, position.id).sk),
      positionAttributes(position),
    );
  }
  counted('orders', await all('O'), book.orders.size);
  counted('places of orders', await all('A'), book.orders.size);
  for (const id of touched.orders) {
    const standing = book.orders.get(id);
    if (standing === undefined) continue;
    same(`order ${id}`, await at(ledgerKeys.order(sessionId, id)), orderAttributes(standing));
    same(`the place of order ${id}`, await at(ledgerKeys.accepted(sessionId, standing.order.acceptedMs, id)), { orderId: id });
  }
  counted('trades', await all('T'), book.trades);
  for (const [seq, expected] of touched.trades) same(`trade ${seq}`, await at(ledgerKeys.trade(sessionId, seq)), expected);
  for (const id of touched.commands) {
    const item = await at(ledgerKeys.receipt(sessionId, id));
    if (item === null) faults.push(`command ${id} has no receipt`);
    else if (readReceipt(item).seq !== book.commands.get(id)) faults.push(`the receipt of ${id} is of another row`);
  }
  return [...faults, ...brokenScans(await all('D'), await all('C'), book)];
}

/** A scan that is kept has a receipt, and a receipt of a scan has the scan. */
function brokenScans(scans: readonly Item[], receipts: readonly Item[], { commands }: OpenBook): readonly string[] {
  const ids = receipts.map(({ sk }) => sk.slice(2));
  const scanned = new Set(ids.filter((id) => id.startsWith('scan:') || id.startsWith('ask:')));
  const kept = new Set(scans.map(({ sk }) => sk.split('#').slice(3).join('#')));
  return [
    ...[...scanned].filter((id) => !kept.has(id)).map((id) => `scan ${id} has a receipt and is not kept`),
    ...[...kept].filter((id) => !scanned.has(id)).map((id) => `scan ${id} is kept without a receipt`),
    ...(kept.size === scans.length ? [] : [`a scan is kept twice`]),
    ...ids.filter((id) => !scanned.has(id) && !commands.has(id)).map((id) => `receipt ${id} is of a command that the journal does not know`),
  ];
}

function isSame(stored: Attributes | undefined, expected: Attributes): boolean {
  if (stored === undefined) return false;
  const names = Object.keys(expected);
  return names.length === Object.keys(stored).length && names.every((name) => isEqual(stored[name], expected[name]));
}

const isEqual = (a: Attributes[string] | undefined, b: Attributes[string] | undefined): boolean =>
  a === b || (Array.isArray(a) && Array.isArray(b) && a.length === b.length && a.every((value, index) => value === b[index]));
