import type { JournalRow } from '../contracts/journal.ts';
import type { Position } from '../contracts/position.ts';
import type { Commit, StoredOrder } from '../engine/ports.ts';
import { text } from '../kernel/decimal.ts';
import { type Account, LedgerError } from '../ledger/account.ts';
import { apply } from '../ledger/apply.ts';
import { standingsOf } from '../ledger/order-standing.ts';
import { type Action, absent, equals } from './items.ts';
import { type Key, ledgerKeys, marketKeys } from './keys.ts';
import {
  headAttributes,
  journalAttributes,
  orderAttributes,
  positionAttributes,
  receiptAttributes,
  relayAttributes,
  scanAttributes,
  sessionAttributes,
  tradeAttributes,
} from './ledger-rows.ts';

/** A step of a commit, and what it means when its condition fails. */
export interface CommitStep {
  readonly action: Action;
  readonly failure: 'duplicate' | 'fenced' | 'conflict';
}

/**
 * The steps of a commit, to be written as one transaction.
 * @throws LedgerError when the journal rows do not lead from the account before to the account after
 */
export function commitSteps(commit: Commit): readonly CommitStep[] {
  const { before, after, rows, trades, receipt, scan } = commit;
  const { sessionId } = after;
  const put = (key: Key, attributes: Parameters<typeof absentPut>[1]): CommitStep => ({ failure: 'conflict', action: absentPut(key, attributes) });
  return [
    headStep(before, after),
    ...rows.map((row) => put(ledgerKeys.journal(sessionId, row.seq), journalAttributes(row))),
    ...positionSteps(before, after),
    ...orderSteps(sessionId, before, standingOrders(before, after, rows)),
    ...trades.map((trade) => put(ledgerKeys.trade(sessionId, trade.seq), tradeAttributes(trade))),
    ...[receipt.id, ...(commit.alias === undefined || commit.alias === null ? [] : [commit.alias])].map(
      (id): CommitStep => ({ failure: 'duplicate', action: absentPut(ledgerKeys.receipt(sessionId, id), receiptAttributes({ ...receipt, id })) }),
    ),
    ...(scan === null ? [] : scanSteps(commit, scan)),
    ...(commit.fence === null ? [] : [fenceStep(commit.fence)]),
    ...(before === null ? startSteps(after) : []),
    ...(before?.status !== 'stopped' && after.status === 'stopped' ? [stopStep(sessionId)] : []),
  ];
}

const absentPut = (key: Key, attributes: Extract<Action, { kind: 'put' }>['attributes']): Action => ({
  kind: 'put',
  table: 'ledger',
  key,
  attributes,
  when: absent,
});

function headStep(before: Account | null, after: Account): CommitStep {
  const when = before === null ? absent : equals({ seq: before.seq });
  const action: Action = { kind: 'put', table: 'ledger', key: ledgerKeys.head(after.sessionId), attributes: headAttributes(after), when };
  return { failure: 'conflict', action };
}

function positionSteps(before: Account | null, after: Account): readonly CommitStep[] {
  const steps: CommitStep[] = [];
  for (const position of after.positions.values()) {
    const was = before?.positions.get(position.id);
    if (was !== position) steps.push({ failure: 'conflict', action: positionPut(after.sessionId, position, was) });
  }
  for (const was of before?.positions.values() ?? []) {
    if (after.positions.has(was.id)) continue;
    const key = ledgerKeys.position(after.sessionId, was.id);
    steps.push({ failure: 'conflict', action: { kind: 'delete', table: 'ledger', key, when: equals({ version: was.version }) } });
  }
  return steps;
}

function positionPut(sessionId: string, position: Position, was: Position | undefined): Action {
  const key = ledgerKeys.position(sessionId, position.id);
  const when = was === undefined ? absent : equals({ version: was.version });
  return { kind: 'put', table: 'ledger', key, attributes: positionAttributes(position), when };
}

function orderSteps(sessionId: string, before: Account | null, orders: Iterable<StoredOrder>): readonly CommitStep[] {
  const steps: CommitStep[] = [];
  for (const stored of orders) {
    const { order } = stored;
    const was = before?.orders.get(order.id);
    const when = was === undefined ? absent : equals({ version: was.version, filledQuantity: text(was.filledQuantity) });
    const key = ledgerKeys.order(sessionId, order.id);
    steps.push({ failure: 'conflict', action: { kind: 'put', table: 'ledger', key, attributes: orderAttributes(stored), when } });
    if (was === undefined) {
      steps.push({ failure: 'conflict', action: absentPut(ledgerKeys.accepted(sessionId, order.acceptedMs, order.id), { orderId: order.id }) });
    }
  }
  return steps;
}

/**
 * How every order stands that the rows touch. The rows are applied one by one, so that an order that is placed and ends
 * within one commit is seen as well.
 */
function standingOrders(before: Account | null, after: Account, rows: readonly JournalRow[]): Iterable<StoredOrder> {
  const touched = new Map<string, StoredOrder>();
  let account = before;
  for (const row of rows) {
    const next = apply(account, row);
    for (const standing of standingsOf(account, next, row)) touched.set(standing.order.id, standing);
    account = next;
  }
  assertSame(account, after);
  return touched.values();
}

function assertSame(replayed: Account | null, after: Account): void {
  if (replayed?.seq === after.seq && replayed.hash === after.hash && replayed.sessionId === after.sessionId) return;
  throw new LedgerError(
    'wrong_sequence',
    `The rows of a commit lead to ${replayed?.seq ?? 0} ${replayed?.hash ?? ''}, its account is ${after.seq} ${after.hash}`,
  );
}

/** The scan, under its own id as well where the command has another, so that it is kept once whoever keeps it. */
function scanSteps(commit: Commit, scan: NonNullable<Commit['scan']>): readonly CommitStep[] {
  const { sessionId } = commit.after;
  const steps: CommitStep[] = [
    { failure: 'duplicate', action: absentPut(ledgerKeys.scan(sessionId, scan.minuteMs, scan.ordinal, scan.id), scanAttributes(scan)) },
  ];
  if (scan.id !== commit.receipt.id) {
    const receipt = { ...commit.receipt, id: scan.id };
    steps.push({ failure: 'duplicate', action: absentPut(ledgerKeys.receipt(sessionId, scan.id), receiptAttributes(receipt)) });
  }
  return steps;
}

function fenceStep(fence: NonNullable<Commit['fence']>): CommitStep {
  return { failure: 'fenced', action: { kind: 'check', table: 'market', key: marketKeys.latest(fence.scope), when: equals({ epoch: fence.epoch }) } };
}

function startSteps(account: Account): readonly CommitStep[] {
  const { sessionId, startedMs } = account;
  const rows: readonly [Key, Extract<Action, { kind: 'put' }>['attributes']][] = [
    [ledgerKeys.active, { sessionId }],
    [ledgerKeys.session(startedMs, sessionId), sessionAttributes(account)],
    [ledgerKeys.relay(startedMs, sessionId), relayAttributes({ sessionId, startedMs, relayedSeq: 0 })],
  ];
  return rows.map(([key, attributes]) => ({ failure: 'conflict', action: absentPut(key, attributes) }));
}

const stopStep = (sessionId: string): CommitStep => ({
  failure: 'conflict',
  action: { kind: 'delete', table: 'ledger', key: ledgerKeys.active, when: equals({ sessionId }) },
});
