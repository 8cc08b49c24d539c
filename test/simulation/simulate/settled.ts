import type { Order } from '../../../shared/contracts/order.ts';
import { decideMatch } from '../../../shared/engine/decide-match.ts';
import type { FeedService } from '../../../shared/engine/feed-service.ts';
import { verifyLedger } from '../../../shared/engine/verify-ledger.ts';
import { type EpochMs, MINUTE_MS, SECOND_MS } from '../../../shared/kernel/time.ts';
import type { Account } from '../../../shared/ledger/account.ts';
import { isResting } from '../../../shared/ledger/order-standing.ts';
import { createAlerts } from '../../../shared/store/alerts.ts';
import type { Items } from '../../../shared/store/items.ts';
import { ledgerKeys } from '../../../shared/store/keys.ts';
import { createLedger } from '../../../shared/store/ledger.ts';
import { readRelay } from '../../../shared/store/ledger-rows.ts';
import type { Acknowledged } from './acknowledged.ts';
import type { Books } from './books.ts';
import type { Bus } from './bus.ts';
import type { Clients } from './clients.ts';

/** An order at market that could have been filled for longer than this was forgotten. */
const FORGOTTEN_MS = 15 * SECOND_MS;

export interface SettledParts {
  readonly books: Books;
  readonly clients: Clients;
  /** The feed that should have the lease by now. */
  readonly feed: FeedService | null;
  readonly nowMs: EpochMs;
}

/** What is not as it should be some minutes after nothing goes wrong any more, as sentences. */
export function settledFaults({ books, clients, feed, nowMs }: SettledParts): readonly string[] {
  const waiting = clients.waiting().map((key) => `request ${key} has no answer`);
  if (feed === null) return [...waiting, 'no feed runs'];
  const unbooked = feed.matcher.waiting();
  return [
    ...waiting,
    ...(unbooked > 0 ? [`${unbooked} fills are not booked`] : []),
    ...books.all().flatMap(({ account }) => [...account.orders.values()].flatMap((order) => forgotten(account, feed, order, nowMs))),
  ];
}

/** An order that would fill on the price that came last, and has not. */
function forgotten(account: Account, feed: FeedService, order: Order, nowMs: EpochMs): readonly string[] {
  const isDue = account.status !== 'stopped' && !isResting(order) && nowMs - order.activeFromMs > FORGOTTEN_MS;
  return isDue && wouldFill(account, feed, order, nowMs) ? [`order ${order.id} is working and does not fill`] : [];
}

/**
 * Whether the matcher should have filled an order: now, and when it last looked, which is with the last price. Nothing of a market that
 * is closed, and no more than others trade, can be had: what waits for that has not been forgotten.
 */
function wouldFill(account: Account, feed: FeedService, order: Order, nowMs: EpochMs): boolean {
  const lastMs = feed.desk.view(nowMs).quote(order.symbol)?.receivedMs ?? nowMs;
  const command = { orderId: order.id, tick: null, extreme: null, queueAhead: null, configVersion: 'simulated' };
  return [lastMs, nowMs].every((atMs) => decideMatch(account, feed.desk.view(atMs), command) !== null);
}

export interface ClosedParts extends Pick<SettledParts, 'feed' | 'nowMs'> {
  readonly items: Items;
  readonly books: Books;
  readonly bus: Bus;
  readonly clients: Clients;
  readonly acknowledged: Acknowledged;
}

/** What is not as it should be after the last session was stopped and had time to close, as sentences. */
export async function closedFaults({ items, books, bus, clients, acknowledged, feed, nowMs }: ClosedParts): Promise<readonly string[]> {
  const faults = clients.waiting().map((key) => `request ${key} has no answer`);
  const ledger = createLedger(items, createAlerts(items));
  const active = await ledger.activeSession();
  const relays = new Set((await items.query('ledger', ledgerKeys.relays)).map((item) => readRelay(item).sessionId));
  for (const { sessionId, account, lastMs } of books.all()) {
    if (account.status !== 'stopped' && !isClosing(account, feed, { nowMs, lastMs })) faults.push(`${sessionId} is ${account.status}`);
    if ((active === sessionId) !== (account.status !== 'stopped')) faults.push(`${sessionId} is ${account.status}, active is ${active}`);
    if (bus.seqOf(sessionId) !== account.seq) faults.push(`of ${sessionId} ${bus.seqOf(sessionId)} of ${account.seq} events were relayed`);
    if (account.status === 'stopped' && relays.has(sessionId)) faults.push(`the outbox still has a mark of ${sessionId}, of which all is told`);
    const { differences } = await verifyLedger(ledger, sessionId);
    faults.push(...differences.map(({ what }) => `${sessionId} does not verify: ${what}`));
  }
  return [...faults, ...(await acknowledged.lost())];
}

/** It is looked at every minute whether all is sold. */
const SWEPT_WITHIN_MS = MINUTE_MS + SECOND_MS;

/**
 * A session that is told to close ends with the first sweep after what it still held could be sold: until then its exits are at
 * market and nothing is to be had.
 */
function isClosing(account: Account, feed: FeedService | null, { nowMs, lastMs }: { readonly nowMs: EpochMs; readonly lastMs: EpochMs }): boolean {
  if (account.status !== 'stopping') return false;
  if (account.positions.size === 0) return nowMs - lastMs < SWEPT_WITHIN_MS;
  const exits = [...account.positions.values()].map(({ exitId }) => account.orders.get(exitId));
  return exits.every((exit) => exit?.purpose === 'exit' && exit.atMarket !== null && feed !== null && !wouldFill(account, feed, exit, nowMs));
}
