import type { Fill } from '../../shared/contracts/fill.ts';
import type { JournalEvent } from '../../shared/contracts/journal.ts';
import type { EntryOrder, ExitOrder } from '../../shared/contracts/order.ts';
import type { Position } from '../../shared/contracts/position.ts';
import type { Draft } from '../../shared/engine/draft.ts';
import type { MatchCommand } from '../../shared/engine/fill-inputs.ts';
import type { Account } from '../../shared/ledger/account.ts';
import { startedAccount } from './engine-fixtures.ts';
import { type EntrySketch, entryOrder, happen, orderPlaced } from './ledger-fixtures.ts';

/** Working orders of every kind, and what a decision on one comes to. */

/** A look of the matcher at an order because its latency has passed, unless a test says more. */
export const asked = (orderId: string, more: Partial<MatchCommand> = {}): MatchCommand => ({
  orderId,
  tick: null,
  extreme: null,
  queueAhead: null,
  configVersion: 'test',
  ...more,
});

/** A sketch of an entry with terms of its own. */
export const orderWith = (terms: Partial<EntryOrder>, sketch: EntrySketch = {}): EntryOrder => ({ ...entryOrder(sketch), ...terms });

/** An account with these orders working. */
export const placed = (orders: readonly EntryOrder[], before = startedAccount()): Account => happen(before, 'place', orders.map(orderPlaced)).after;

export const eventsOf = (draft: Draft | null): readonly JournalEvent[] => draft?.rows.map((row) => row.event) ?? [];

export const typesOf = (draft: Draft | null): readonly string[] => eventsOf(draft).map(({ type }) => type);

export const fillsOf = (draft: Draft | null): readonly Fill[] => eventsOf(draft).flatMap((event) => (event.type === 'filled' ? [event.fill] : []));

/** The only fill of a decision. */
export function fillOf(draft: Draft | null): Fill {
  const [fill, ...more] = fillsOf(draft);
  if (fill === undefined || more.length > 0) throw new Error(`Expected one fill, received ${typesOf(draft).join() || 'nothing'}`);
  return fill;
}

/** The account after a decision that must come to something. */
export function accountAfter(draft: Draft | null): Account {
  if (draft === null) throw new Error('Nothing was decided');
  return draft.account();
}

export function positionIn(account: Account, id = 'P:E:1'): Position {
  const position = account.positions.get(id);
  if (position === undefined) throw new Error(`No open position ${id}`);
  return position;
}

/** The working exit of a position. */
export function exitIn(account: Account, positionId = 'P:E:1'): ExitOrder {
  const order = account.orders.get(positionIn(account, positionId).exitId);
  if (order?.purpose !== 'exit') throw new Error(`No exit of ${positionId} works`);
  return order;
}

export function entryIn(account: Account, id = 'E:1'): EntryOrder {
  const order = account.orders.get(id);
  if (order?.purpose !== 'entry') throw new Error(`No entry ${id} works`);
  return order;
}
