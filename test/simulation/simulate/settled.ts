import { NSE_CALENDAR } from '../../../shared/config/nse-calendar.ts';
import type { Order } from '../../../shared/contracts/order.ts';
import type { FeedService } from '../../../shared/engine/feed-service.ts';
import { heldBack, inAuction } from '../../../shared/engine/held-back.ts';
import { verifyLedger } from '../../../shared/engine/verify-ledger.ts';
import { type EpochMs, SECOND_MS } from '../../../shared/kernel/time.ts';
import type { Account } from '../../../shared/ledger/account.ts';
import { isResting } from '../../../shared/ledger/order-standing.ts';
import { marketPhase } from '../../../shared/market/calendar.ts';
import type { Items } from '../../../shared/store/items.ts';
import { createLedger } from '../../../shared/store/ledger.ts';
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

/** An order that has nothing to wait for, and works on. */
function forgotten(account: Account, feed: FeedService, order: Order, nowMs: EpochMs): readonly string[] {
  const isDue = account.status !== 'stopped' && !isResting(order) && nowMs - order.activeFromMs > FORGOTTEN_MS;
  const view = feed.desk.view(nowMs);
  // In an auction it waits for the one price that there will be.
  const isHeld = heldBack(account, view, order) !== null || inAuction(view.phase(order.market).phase);
  return isDue && !isHeld ? [`order ${order.id} is working and does not fill`] : [];
}

export interface ClosedParts {
  readonly items: Items;
  readonly books: Books;
  readonly bus: Bus;
  readonly clients: Clients;
  readonly acknowledged: Acknowledged;
  readonly nowMs: EpochMs;
}

/** What is not as it should be after the last session was stopped and had time to close, as sentences. */
export async function closedFaults({ items, books, bus, clients, acknowledged, nowMs }: ClosedParts): Promise<readonly string[]> {
  const faults = clients.waiting().map((key) => `request ${key} has no answer`);
  const ledger = createLedger(items);
  const active = await ledger.activeSession();
  for (const { sessionId, account } of books.all()) {
    if (account.status !== 'stopped' && !waitsForOpen(account, nowMs)) faults.push(`${sessionId} is ${account.status}`);
    if ((active === sessionId) !== (account.status !== 'stopped')) faults.push(`${sessionId} is ${account.status}, active is ${active}`);
    if (bus.seqOf(sessionId) !== account.seq) faults.push(`of ${sessionId} ${bus.seqOf(sessionId)} of ${account.seq} events were relayed`);
    const { differences } = await verifyLedger(ledger, sessionId);
    faults.push(...differences.map(({ what }) => `${sessionId} does not verify: ${what}`));
  }
  return [...faults, ...(await acknowledged.lost())];
}

/** A session that is told to close ends when the market of what it still holds opens again, and its exits say so. */
function waitsForOpen({ status, positions, orders }: Account, nowMs: EpochMs): boolean {
  const exits = [...positions.values()].map(({ exitId }) => orders.get(exitId));
  const isAsked = exits.every((exit) => exit?.purpose === 'exit' && exit.atMarket !== null);
  const isClosed = [...positions.values()].every(({ market }) => market === 'NSE' && !marketPhase(NSE_CALENDAR, market, nowMs).canEnter);
  return status === 'stopping' && positions.size > 0 && isAsked && isClosed;
}
