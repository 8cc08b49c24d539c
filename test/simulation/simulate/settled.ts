import type { FeedService } from '../../../shared/engine/feed-service.ts';
import { verifyLedger } from '../../../shared/engine/verify-ledger.ts';
import { type EpochMs, SECOND_MS } from '../../../shared/kernel/time.ts';
import { isResting } from '../../../shared/ledger/order-standing.ts';
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
  const faults = clients.waiting().map((key) => `request ${key} has no answer`);
  if (feed === null) faults.push('no feed runs');
  if (feed !== null && feed.matcher.waiting() > 0) faults.push(`${feed.matcher.waiting()} fills are not booked`);
  for (const { account } of books.all()) {
    if (account.status === 'stopped') continue;
    for (const order of account.orders.values()) {
      const isAtMarket = !isResting(order);
      if (isAtMarket && nowMs - order.activeFromMs > FORGOTTEN_MS) faults.push(`order ${order.id} is working and does not fill`);
    }
  }
  return faults;
}

export interface ClosedParts {
  readonly items: Items;
  readonly books: Books;
  readonly bus: Bus;
  readonly clients: Clients;
  readonly acknowledged: Acknowledged;
}

/** What is not as it should be after the last session was stopped and had time to close, as sentences. */
export async function closedFaults({ items, books, bus, clients, acknowledged }: ClosedParts): Promise<readonly string[]> {
  const faults = clients.waiting().map((key) => `request ${key} has no answer`);
  const ledger = createLedger(items);
  if ((await ledger.activeSession()) !== null) faults.push('a session is active still');
  for (const { sessionId, account } of books.all()) {
    if (account.status !== 'stopped') faults.push(`${sessionId} is ${account.status}`);
    if (bus.seqOf(sessionId) !== account.seq) faults.push(`of ${sessionId} ${bus.seqOf(sessionId)} of ${account.seq} events were relayed`);
    const { differences } = await verifyLedger(ledger, sessionId);
    faults.push(...differences.map(({ what }) => `${sessionId} does not verify: ${what}`));
  }
  return [...faults, ...(await acknowledged.lost())];
}
