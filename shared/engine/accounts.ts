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
  /** Called after every commit that this process made or learned of. */
  onChange(listener: (account: Account) => void): void;
}

export function createAccounts(ledger: LedgerStore, { exclusive }: { readonly exclusive: boolean }): Accounts {
  const cache = new Map<string, Account>();
  const listeners: ((account: Account) => void)[] = [];
  /** Under `exclusive`: undefined until read once, then the active session's id or null. */
  let activeId: string | null | undefined;

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
    if (exclusive || (await ledger.head(sessionId)) === known.seq) return known;
    let account: Account = known;
    for await (const row of ledger.rows(sessionId, known.seq)) account = apply(account, row);
    return keep(account);
  };

  return {
    current,
    active: async () => {
      // One session is active at a time: while the one we know has not stopped, there is no other to ask for.
      const known = typeof activeId === 'string' && cache.has(activeId) ? await current(activeId) : null;
      if (known !== null && known.status !== 'stopped') return known;
      if (!exclusive || activeId === undefined) {
        const found = await ledger.activeSession();
        // A session that started meanwhile is known already, and was not there yet when the store was asked.
        if (!exclusive || activeId === undefined) activeId = found;
      }
      return activeId === null ? null : current(activeId);
    },
    committed: (account) => {
      keep(account);
    },
    forget: (sessionId) => {
      cache.delete(sessionId);
      activeId = undefined;
    },
    onChange: (listener) => {
      listeners.push(listener);
    },
  };
}
