import type { Trade } from '../contracts/fill.ts';
import type { JournalRow } from '../contracts/journal.ts';
import { type StoredOrder, StoreError } from '../engine/ports.ts';
import { messageOf } from '../kernel/errors.ts';
import type { Account } from '../ledger/account.ts';
import { apply, journalRow } from '../ledger/apply.ts';
import { standingsOf } from '../ledger/order-standing.ts';
import { tradeOf } from '../ledger/trade.ts';
import type { Attributes } from './items.ts';
import { ledgerKeys } from './keys.ts';
import { headAttributes, orderAttributes, positionAttributes, tradeAttributes } from './ledger-rows.ts';

/** A journal as far as it has been read: the account, and of orders and trades those as well that are over. */
export interface Replay {
  account: Account | null;
  readonly orders: Map<string, StoredOrder>;
  readonly trades: Trade[];
}

export const emptyReplay = (): Replay => ({ account: null, orders: new Map(), trades: [] });

/**
 * Takes the next row of the journal in.
 * @throws StoreError `corrupt` when its hash does not chain it to the rows before, or it contradicts them
 */
export function replayRow(replay: Replay, row: JournalRow): void {
  const before = replay.account;
  if (journalRow(before, row.commandId, row.event).hash !== row.hash) {
    throw new StoreError('corrupt', `Journal row ${row.seq} does not have the hash of its content: this journal cannot be built from`, {
      seq: row.seq,
    });
  }
  try {
    const after = apply(before, row);
    const trade = tradeOf(before, row);
    for (const standing of standingsOf(before, after, row)) replay.orders.set(standing.order.id, standing);
    if (trade !== null) replay.trades.push(trade);
    replay.account = after;
  } catch (error) {
    throw new StoreError('corrupt', `Journal row ${row.seq} contradicts the rows before: ${messageOf(error)}`, { seq: row.seq }, { cause: error });
  }
}

/** What a session's head row and the other rows that follow from its journal must be, by sort key. */
export function projectionRows(account: Account, { orders, trades }: Replay): { readonly head: Attributes; readonly rows: Map<string, Attributes> } {
  const { sessionId } = account;
  const rows = new Map<string, Attributes>();
  for (const position of account.positions.values()) rows.set(ledgerKeys.position(sessionId, position.id).sk, positionAttributes(position));
  for (const stored of orders.values()) {
    const { id, acceptedMs } = stored.order;
    rows.set(ledgerKeys.order(sessionId, id).sk, orderAttributes(stored));
    rows.set(ledgerKeys.accepted(sessionId, acceptedMs, id).sk, { orderId: id });
  }
  for (const trade of trades) rows.set(ledgerKeys.trade(sessionId, trade.seq).sk, tradeAttributes(trade));
  return { head: headAttributes(account), rows };
}
