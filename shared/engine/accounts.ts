import type { Account } from '../ledger/account.ts';
import { apply } from '../ledger/apply.ts';
import type { LedgerStore } from './ports.ts';

/**
 * Warm accounts: what this process knows of a session, brought up to date before it is used.
 * `exclusive` says that every writer of the ledger shares this cache (one machine), so that what it holds is current and
 * no read is needed; a commit decided from a stale account is refused by the store in any case.
 */
export interface Accounts {
  /** The current account; null when there is no such session. */
  current(sessionId: string): Promise<Account | null>;
  /** The account of the active session, or null when none is active. */
  active(): Promise<Account | null>;
  /** What a commit has made of the account. */
  committed(account: Account): void;
  /** Forgets a session after a refused or unanswered commit, so that it is read again. */
  forget(sessionId: string): void;
  /** A commit got no answer: it may be done yet, at any time until another one is. Until then the store is asked in any case. */
  doubt(sessionId: string): void;
  /** Called after every commit that this process made or learned of. */
  onChange(listener: (account: Account) => void): void;
}

export function createAccounts(ledger: LedgerStore, { exclusive }: { readonly exclusive: boolean }): Accounts {
  const cache = new Map<string, Account>();
  const listeners: ((account: Account) => void)[] = [];
  const doubted = new Set<string>();
  /** The active session's id as far as it is known; that none is active is never taken for granted: a start may be done yet. */
  let activeId: string | null = null;

  const keep = (account: Account): Account => {
    const known = cache.get(account.sessionId);
    // What was on its way from the store while a commit was made is older than what the commit made of it.
    if (known !== undefined && known.seq > account.seq) return known;
    cache.set(account.sessionId, account);
    activeId = account.status === 'stopped' ? (activeId === account.sessionId ? null : activeId) : account.sessionId;
    for (const listener of listeners) listener(account);
    return account;
  };

  const current = async (sessionId: string): Promise<Account | null> => {
    const known = cache.get(sessionId);
    if (known === undefined) {
      const loaded = await ledger.load(sessionId);
      return loaded === null ? null : keep(loaded);
    }
    const isCurrent = exclusive && !doubted.has(sessionId);
    if (isCurrent || (await ledger.head(sessionId)) === known.seq) return known;
    let account: Account = known;
    for await (const row of ledger.rows(sessionId, known.seq)) account = apply(account, row);
    return keep(account);
  };

  return {
    current,
    active: async () => {
      // One session is active at a time: while the one we know has not stopped, there is no other to ask for.
      const known = activeId !== null && cache.has(activeId) ? await current(activeId) : null;
      if (known !== null && known.status !== 'stopped') return known;
      if (!exclusive || activeId === null) {
        const found = await ledger.activeSession();
        // A session that started meanwhile is known already, and was not there yet when the store was asked.
        if (!exclusive || activeId === null) activeId = found;
      }
      const account = activeId === null ? null : await current(activeId);
      return account?.status === 'stopped' ? null : account;
    },
    committed: (account) => {
      // What was decided from an earlier sequence cannot be done any more.
      doubted.delete(account.sessionId);
      keep(account);
    },
    forget: (sessionId) => {
      cache.delete(sessionId);
      activeId = null;
    },
    doubt: (sessionId) => {
      doubted.add(sessionId);
    },
    onChange: (listener) => {
      listeners.push(listener);
    },
  };
}
