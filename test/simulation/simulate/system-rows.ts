import type { Items } from '../../../shared/store/items.ts';
import { ledgerKeys } from '../../../shared/store/keys.ts';
import { readActive, readRelay, readSession } from '../../../shared/store/ledger-rows.ts';
import type { Book } from './books.ts';
import type { Bus } from './bus.ts';

/** The rows that are of no session: which is active, which there are, how far each is relayed. */
export interface SystemRows {
  readonly check: (books: readonly Book[]) => Promise<readonly string[]>;
}

export function createSystemRows(items: Items, bus: Bus): SystemRows {
  const marks = new Map<string, number>();

  const relays = async (books: readonly Book[]): Promise<readonly string[]> => {
    const found = new Map((await items.query('ledger', ledgerKeys.relays)).map(readRelay).map((relay) => [relay.sessionId, relay.relayedSeq]));
    const faults: string[] = [];
    for (const { sessionId, account } of books) {
      const mark = found.get(sessionId);
      const isAllTold = account.status === 'stopped' && bus.seqOf(sessionId) >= account.seq;
      if (mark === undefined && !isAllTold) faults.push(`${sessionId} has events to relay and no mark in the outbox`);
      if (mark !== undefined && mark < (marks.get(sessionId) ?? 0)) faults.push(`the outbox mark of ${sessionId} went back to ${mark}`);
      if (mark !== undefined && mark > bus.seqOf(sessionId))
        faults.push(`the outbox mark of ${sessionId} is at ${mark}, told was ${bus.seqOf(sessionId)}`);
      if (mark !== undefined) marks.set(sessionId, mark);
    }
    const sessions = new Set(books.map(({ sessionId }) => sessionId));
    return [...faults, ...[...found.keys()].filter((id) => !sessions.has(id)).map((id) => `the outbox has a mark of ${id}, which has no journal`)];
  };

  return {
    check: async (books) => {
      const faults: string[] = [];
      const item = await items.get('ledger', ledgerKeys.active);
      const active = item === null ? null : readActive(item);
      const running = books.filter(({ account }) => account.status !== 'stopped').map(({ sessionId }) => sessionId);
      if (running.length > 1) faults.push(`${running.length} sessions are active at once: ${running.join(', ')}`);
      if (active !== (running[0] ?? null)) faults.push(`the store says that ${active} is active, the journals say ${running[0] ?? null}`);
      const named = (await items.query('ledger', ledgerKeys.sessions))
        .map(readSession)
        .map(({ sessionId, startedMs }) => `${sessionId} ${startedMs}`);
      const known = books.map(({ sessionId, account }) => `${sessionId} ${account.startedMs}`);
      if (named.sort().join() !== known.sort().join())
        faults.push(`the sessions are listed as ${named.join(', ')}, the journals are ${known.join(', ')}`);
      return [...faults, ...(await relays(books))];
    },
  };
}
