import type { Fill } from '../../../shared/contracts/fill.ts';
import type { JournalRow } from '../../../shared/contracts/journal.ts';
import type { EntryOrder } from '../../../shared/contracts/order.ts';
import type { LedgerStore } from '../../../shared/engine/ports.ts';
import { sum, text } from '../../../shared/kernel/decimal.ts';
import { type EpochMs, iso } from '../../../shared/kernel/time.ts';
import type { Account } from '../../../shared/ledger/account.ts';
import { apply } from '../../../shared/ledger/apply.ts';
import { isWorkingState, type OrderStanding, standingsOf } from '../../../shared/ledger/order-standing.ts';

/**
 * The journal as it was read after each restart, worked out anew from its rows alone: what stands in the tables beside it is
 * held against it by `verifyLedger`.
 */
export interface ReadJournal {
  /** Reads on: what was read before must be there still. @returns the rows that are new */
  readonly read: (ledger: LedgerStore, sessionId: string) => Promise<readonly JournalRow[]>;
  readonly account: () => Account | null;
  readonly rows: () => number;
  readonly standing: (orderId: string) => OrderStanding | undefined;
  readonly standings: () => readonly OrderStanding[];
  /** Entries as they were placed, by the command that placed them. */
  readonly placedBy: (commandId: string) => readonly EntryOrder[];
  readonly clientIds: () => ReadonlyMap<string, readonly EntryOrder[]>;
  readonly hasCommand: (commandId: string) => boolean;
  readonly fills: () => readonly Fill[];
  /** When the order began to rest or work: at its placing, or with its position. */
  readonly activeFromMs: (orderId: string) => EpochMs | undefined;
}

export function createReadJournal(complain: (fault: string) => void): ReadJournal {
  let account: Account | null = null;
  const standings = new Map<string, OrderStanding>();
  const placed = new Map<string, EntryOrder[]>();
  const clientIds = new Map<string, EntryOrder[]>();
  const commands = new Set<string>();
  const fills: Fill[] = [];
  const fillIds = new Set<string>();
  const fillsOf = new Map<string, Fill[]>();
  const activeFrom = new Map<string, EpochMs>();

  const place = (commandId: string, order: EntryOrder): void => {
    if (standings.has(order.id)) complain(`Order ${order.id} was placed twice`);
    append(placed, commandId, order);
    if (order.clientOrderId !== null) append(clientIds, order.clientOrderId, order);
  };

  const fill = (next: Fill): void => {
    const before = fillsOf.get(next.orderId) ?? [];
    if (next.ordinal !== before.length + 1) complain(`Fill ${next.id} has ordinal ${next.ordinal}, and ${before.length} came before it`);
    if (fillIds.has(next.id)) complain(`Fill ${next.id} is in the journal twice`);
    fillIds.add(next.id);
    const order = account?.orders.get(next.orderId);
    const { tick } = next.provenance;
    if (tick !== null && order !== undefined && tick.exchangeMs < order.activeFromMs) {
      complain(`Fill ${next.id} was made from a trade of ${iso(tick.exchangeMs)}, before its order worked (${iso(order.activeFromMs)})`);
    }
    fills.push(next);
    append(fillsOf, next.orderId, next);
  };

  const takeIn = (row: JournalRow): void => {
    commands.add(row.commandId);
    if (row.event.type === 'order-placed') place(row.commandId, row.event.order);
    if (row.event.type === 'filled') fill(row.event.fill);
    const after = apply(account, row);
    for (const standing of standingsOf(account, after, row)) {
      const { order, state } = standing;
      const before = standings.get(order.id);
      if (before !== undefined && !isWorkingState(before.state)) complain(`Order ${order.id} was ${before.state}, and became ${state}`);
      standings.set(order.id, standing);
      if (!activeFrom.has(order.id)) activeFrom.set(order.id, order.activeFromMs);
      const filled = sum((fillsOf.get(order.id) ?? []).map(({ quantity }) => quantity));
      if (filled !== order.filledQuantity) complain(`The fills of ${order.id} sum to ${text(filled)}, it says ${text(order.filledQuantity)}`);
    }
    account = after;
  };

  const read = async (ledger: LedgerStore, sessionId: string): Promise<readonly JournalRow[]> => {
    const [knownSeq, knownHash] = [account?.seq ?? 0, account?.hash ?? null];
    const fresh: JournalRow[] = [];
    let isThere = knownHash === null;
    for await (const row of ledger.rows(sessionId, Math.max(0, knownSeq - 1))) {
      if (row.seq === knownSeq) isThere = row.hash === knownHash;
      else fresh.push(row);
    }
    // Each hash is chained to all before it: the last one that was read stands for the whole journal up to it.
    if (!isThere) complain(`Journal row ${knownSeq} was read before the kill, and is another one or gone`);
    for (const row of fresh) takeIn(row);
    return fresh;
  };

  return {
    read,
    account: () => account,
    rows: () => account?.seq ?? 0,
    standing: (orderId) => standings.get(orderId),
    standings: () => [...standings.values()],
    placedBy: (commandId) => placed.get(commandId) ?? [],
    clientIds: () => clientIds,
    hasCommand: (commandId) => commands.has(commandId),
    fills: () => fills,
    activeFromMs: (orderId) => activeFrom.get(orderId),
  };
}

function append<T>(map: Map<string, T[]>, key: string, value: T): void {
  const values = map.get(key);
  if (values === undefined) map.set(key, [value]);
  else values.push(value);
}
