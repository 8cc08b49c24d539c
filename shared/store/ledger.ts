import type { ScanRecord } from '../contracts/decisions.ts';
import type { JournalRow } from '../contracts/journal.ts';
import { type AlertStore, type Commit, type LedgerStore, type OutboxEvent, type Page, type StoredOrder, StoreError } from '../engine/ports.ts';
import type { Account } from '../ledger/account.ts';
import { type CommitStep, commitSteps } from './commit-actions.ts';
import { absent, equals, type Item, type Items } from './items.ts';
import { readJournal } from './journal.ts';
import { ledgerKeys } from './keys.ts';
import {
  type Relay,
  readActive,
  readHead,
  readJournalRow,
  readOrder,
  readOrderId,
  readPosition,
  readReceipt,
  readRelay,
  readScan,
  readSeq,
  readSession,
  readTrade,
  receiptAttributes,
  scanAttributes,
} from './ledger-rows.ts';
import { mapPage, newestFirst, type PageRequest } from './pages.ts';

/** A writer that commits without a pause may move the head under every look; no session does so a hundred times in a row. */
const LOAD_ATTEMPTS = 100;

/** The ledger over tables of rows: the same code in memory, on the embedded server and on AWS. */
export function createLedger(items: Items, alerts: AlertStore): LedgerStore {
  return {
    alerts,
    activeSession: async () => {
      const item = await items.get('ledger', ledgerKeys.active);
      return item === null ? null : readActive(item);
    },
    sessions: async () => (await items.query('ledger', ledgerKeys.sessions, { newestFirst: true })).map(readSession),
    load: (sessionId) => load(items, sessionId),
    head: async (sessionId) => {
      const item = await items.get('ledger', ledgerKeys.head(sessionId));
      return item === null ? 0 : readSeq(item);
    },
    rows: (sessionId, afterSeq) => readJournal(items, sessionId, afterSeq),
    commit: (commit) => write(items, commit),
    receipt: async (sessionId, id) => {
      const item = await items.get('ledger', ledgerKeys.receipt(sessionId, id));
      return item === null ? null : readReceipt(item);
    },
    keepScan: (sessionId, scan) => keepScan(items, sessionId, scan),
    lastScan: async (sessionId) => {
      const [newest] = await items.query('ledger', ledgerKeys.scans(sessionId), { newestFirst: true, limit: 1 });
      return newest === undefined ? null : readScan(newest);
    },
    scans: async (sessionId, page) => mapPage(await newestFirst(items, ledgerKeys.scans(sessionId), page), readScan),
    trades: async (sessionId, page) => mapPage(await newestFirst(items, ledgerKeys.trades(sessionId), page), readTrade),
    orders: (sessionId, page) => ordersPage(items, sessionId, page),
    order: async (sessionId, orderId) => {
      const item = await items.get('ledger', ledgerKeys.order(sessionId, orderId));
      return item === null ? null : readOrder(item);
    },
    outbox: (limit) => outbox(items, limit),
    relayed: (events) => relayed(items, events),
    // Loaded when it is first asked for: the night's work and a person rebuild, a scan never does.
    rebuild: async (sessionId, { write }) => (await import('./rebuild.ts')).rebuildProjections(items, sessionId, write),
  };
}

async function write(items: Items, commit: Commit): Promise<void> {
  const steps = commitSteps(commit);
  const failed = await items.write(steps.map((step) => step.action));
  if (failed.length > 0) throw refusal(commit, steps, failed);
}

/** A command that was committed before comes first: its outcome is known, whatever else has moved on since. */
function refusal(commit: Commit, steps: readonly CommitStep[], failed: readonly number[]): StoreError {
  const failures = failed.map((index) => steps[index]?.failure);
  const { sessionId, seq } = commit.after;
  const context = { sessionId, seq, receipt: commit.receipt.id, rows: failed.map((index) => steps[index]?.action.key.sk) };
  if (failures.includes('duplicate'))
    return new StoreError('duplicate', `Command ${commit.receipt.id} of session ${sessionId} has been committed before`, context);
  if (failures.includes('fenced')) return new StoreError('fenced', `The feed's lease has moved on from epoch ${commit.fence?.epoch}`, context);
  return new StoreError('conflict', `Session ${sessionId} has moved on from ${commit.before?.seq ?? 0}, or another session is active`, context);
}

/** Rows are read between two looks at the head: when it has not moved, they belong together. */
async function load(items: Items, sessionId: string): Promise<Account | null> {
  let head = await items.get('ledger', ledgerKeys.head(sessionId));
  for (let attempt = 0; attempt < LOAD_ATTEMPTS; attempt++) {
    if (head === null) return null;
    const { positionIds, orderIds } = readHead(head);
    if (positionIds.length + orderIds.length === 0) return accountOf(head, []);
    const keys = [...positionIds.map((id) => ledgerKeys.position(sessionId, id)), ...orderIds.map((id) => ledgerKeys.order(sessionId, id))];
    const rows = await items.getMany('ledger', keys);
    const again = await items.get('ledger', ledgerKeys.head(sessionId));
    if (again !== null && readSeq(again) === readSeq(head)) return accountOf(head, rows);
    head = again;
  }
  throw new StoreError('unavailable', `Session ${sessionId} moved on during each of ${LOAD_ATTEMPTS} attempts to load it`, { sessionId });
}

function accountOf(headItem: Item, rows: readonly Item[]): Account {
  const { head, positionIds, orderIds } = readHead(headItem);
  const bySortKey = new Map(rows.map((row) => [row.sk, row]));
  const rowAt = (sk: string): Item => {
    const row = bySortKey.get(sk);
    if (row === undefined) throw new StoreError('corrupt', `Row ${headItem.pk} ${sk} is named by the head and is not there`, { pk: headItem.pk, sk });
    return row;
  };
  const positions = positionIds.map((id) => [id, readPosition(rowAt(ledgerKeys.position(head.sessionId, id).sk))] as const);
  const orders = orderIds.map((id) => [id, readOrder(rowAt(ledgerKeys.order(head.sessionId, id).sk)).order] as const);
  return { ...head, positions: new Map(positions), orders: new Map(orders) };
}

async function keepScan(items: Items, sessionId: string, scan: ScanRecord): Promise<void> {
  const receipt = { id: scan.id, bodyDigest: null, seq: 0, outcome: null };
  await items.write([
    {
      kind: 'put',
      table: 'ledger',
      key: ledgerKeys.scan(sessionId, scan.minuteMs, scan.ordinal, scan.id),
      attributes: scanAttributes(scan),
      when: absent,
    },
    // Failed conditions mean that this scan is kept already: nothing is left to do.
    { kind: 'put', table: 'ledger', key: ledgerKeys.receipt(sessionId, scan.id), attributes: receiptAttributes(receipt), when: absent },
  ]);
}

async function ordersPage(items: Items, sessionId: string, page: PageRequest): Promise<Page<StoredOrder>> {
  const places = await newestFirst(items, ledgerKeys.allAccepted(sessionId), page);
  const keys = places.items.map((place) => ledgerKeys.order(sessionId, readOrderId(place)));
  const bySortKey = new Map((await items.getMany('ledger', keys)).map((item) => [item.sk, item]));
  const orders = keys.map((key) => {
    const item = bySortKey.get(key.sk);
    if (item === undefined) throw new StoreError('corrupt', `Row ${key.pk} ${key.sk} has a place in time and is not there`, { ...key });
    return readOrder(item);
  });
  return { items: orders, next: places.next };
}

async function outbox(items: Items, limit: number): Promise<readonly OutboxEvent[]> {
  const events: OutboxEvent[] = [];
  for (const relay of (await items.query('ledger', ledgerKeys.relays)).map(readRelay)) {
    if (events.length >= limit) break;
    const range = ledgerKeys.journalAfter(relay.sessionId, relay.relayedSeq);
    const rows = await items.query('ledger', range, { limit: limit - events.length });
    events.push(...rows.map((row) => outboxEvent(relay.sessionId, readJournalRow(row))));
  }
  return events;
}

function outboxEvent(sessionId: string, { seq, event }: JournalRow): OutboxEvent {
  return { id: `${sessionId}:${seq}`, sessionId, seq, type: event.type, atMs: event.atMs, detail: event };
}

async function relayed(items: Items, events: readonly OutboxEvent[]): Promise<void> {
  const wanted = new Set(events.map((event) => event.sessionId));
  if (wanted.size === 0) return;
  const relays = (await items.query('ledger', ledgerKeys.relays)).map(readRelay);
  for (const relay of relays.filter((each) => wanted.has(each.sessionId))) {
    await advance(
      items,
      relay,
      events.filter((event) => event.sessionId === relay.sessionId),
    );
  }
}

async function advance(items: Items, relay: Relay, events: readonly OutboxEvent[]): Promise<void> {
  const bySeq = new Map(events.map((event) => [event.seq, event]));
  let last = relay.relayedSeq;
  while (bySeq.has(last + 1)) last += 1;
  if (last === relay.relayedSeq) return;
  const key = ledgerKeys.relay(relay.startedMs, relay.sessionId);
  // A journal ends here: wherever another relay has come to, nothing is left to be told.
  if (bySeq.get(last)?.type === 'session-stopped') await items.write([{ kind: 'delete', table: 'ledger', key }]);
  // Another relay that was quicker has moved the place: what it left comes out of the outbox again, and consumers know the ids.
  else
    await items.write([{ kind: 'update', table: 'ledger', key, attributes: { relayedSeq: last }, when: equals({ relayedSeq: relay.relayedSeq }) }]);
}
