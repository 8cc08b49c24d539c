import { describe, expect, it } from 'vitest';
import { createAccounts } from '../../../shared/engine/accounts.ts';
import type { LedgerStore } from '../../../shared/engine/ports.ts';
import type { Account } from '../../../shared/ledger/account.ts';
import { createRows } from '../../support/engine-world.ts';
import { commitOf, equityMarked, START_MS, sessionStarted } from '../../support/ledger-fixtures.ts';

const started = async (): Promise<{ readonly ledger: LedgerStore; readonly account: Account }> => {
  const { ledger } = createRows();
  const commit = commitOf(null, 'start', [sessionStarted('s')]);
  await ledger.commit(commit);
  return { ledger, account: commit.after };
};
const next = (account: Account, id: string) => commitOf(account, id, [equityMarked(START_MS + 1)]);
/** Counts the calls of a store by name. */
function counted(ledger: LedgerStore): { readonly ledger: LedgerStore; readonly calls: string[] } {
  const calls: string[] = [];
  const watched = new Proxy(ledger, {
    get: (target, name: keyof LedgerStore) => {
      calls.push(name);
      return target[name];
    },
  });
  return { ledger: watched, calls };
}
/** A promise that a test resolves. */
function gate(): { readonly open: () => void; readonly passed: Promise<void> } {
  let open: () => void = () => undefined;
  const passed = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { open, passed };
}

describe('warm accounts that share the ledger with others', () => {
  it('look at the head each time, and read only the rows that are new', async () => {
    const { ledger, account } = await started();
    const watched = counted(ledger);
    const accounts = createAccounts(watched.ledger, { exclusive: false });
    expect(await accounts.current('s')).toEqual(account);
    const moved = next(account, 'a');
    await ledger.commit(moved);
    expect(await accounts.current('s')).toEqual(moved.after);
    expect(await accounts.current('s')).toEqual(moved.after);
    expect(watched.calls).toEqual(['load', 'head', 'rows', 'head']);
  });

  it('see at once that another process has started a session, or ended it', async () => {
    const { ledger } = createRows();
    const accounts = createAccounts(ledger, { exclusive: false });
    expect(await accounts.active()).toBeNull();
    const start = commitOf(null, 'start', [sessionStarted('s')]);
    await ledger.commit(start);
    expect((await accounts.active())?.sessionId).toBe('s');
    await ledger.commit(commitOf(start.after, 'stop', [{ type: 'session-stopped', atMs: START_MS }]));
    expect(await accounts.active()).toBeNull();
  });
});

describe('warm accounts of the only writer', () => {
  it('see a session whose start got no answer and was done later', async () => {
    const { ledger } = createRows();
    const accounts = createAccounts(ledger, { exclusive: true });
    expect(await accounts.active()).toBeNull();
    await ledger.commit(commitOf(null, 'start', [sessionStarted('s')]));
    expect((await accounts.active())?.sessionId).toBe('s');
  });

  it('see a commit that got no answer and was done later, and ask no more when another one is made', async () => {
    const { ledger, account } = await started();
    const watched = counted(ledger);
    const accounts = createAccounts(watched.ledger, { exclusive: true });
    accounts.doubt('s');
    expect((await accounts.current('s'))?.seq).toBe(1);
    const late = next(account, 'late');
    await ledger.commit(late);
    expect((await accounts.current('s'))?.seq).toBe(2);
    const another = next(late.after, 'another');
    await ledger.commit(another);
    accounts.committed(another.after);
    watched.calls.length = 0;
    expect((await accounts.current('s'))?.seq).toBe(3);
    expect(watched.calls).toEqual([]);
  });

  it('read the store once and then know', async () => {
    const { ledger, account } = await started();
    const watched = counted(ledger);
    const accounts = createAccounts(watched.ledger, { exclusive: true });
    await accounts.active();
    const moved = next(account, 'a');
    await ledger.commit(moved);
    accounts.committed(moved.after);
    expect((await accounts.active())?.seq).toBe(2);
    expect(watched.calls).toEqual(['activeSession', 'load']);
  });

  it('know that a session has stopped, and that another has started', async () => {
    const { ledger, account } = await started();
    const accounts = createAccounts(ledger, { exclusive: true });
    await accounts.active();
    const stop = commitOf(account, 'stop', [{ type: 'session-stopped', atMs: START_MS }]);
    accounts.committed(stop.after);
    expect(await accounts.active()).toBeNull();
    const again = commitOf(null, 'start', [sessionStarted('t')]).after;
    accounts.committed(again);
    expect(await accounts.active()).toBe(again);
  });

  it('read again what was forgotten', async () => {
    const { ledger, account } = await started();
    const accounts = createAccounts(ledger, { exclusive: true });
    await accounts.active();
    await ledger.commit(next(account, 'a'));
    expect((await accounts.current('s'))?.seq).toBe(1);
    accounts.forget('s');
    expect((await accounts.current('s'))?.seq).toBe(2);
  });

  it('never go back to an older account that was on its way from the store', async () => {
    const { ledger, account } = await started();
    const slow = gate();
    const accounts = createAccounts({ ...ledger, load: (id) => ledger.load(id).then((found) => slow.passed.then(() => found)) }, { exclusive: true });
    const reading = accounts.current('s');
    const moved = next(account, 'a');
    await ledger.commit(moved);
    accounts.committed(moved.after);
    slow.open();
    expect((await reading)?.seq).toBe(2);
    expect((await accounts.current('s'))?.seq).toBe(2);
  });

  it('do not forget a session that starts while they ask whether one is active', async () => {
    const { ledger } = createRows();
    const slow = gate();
    const accounts = createAccounts(
      { ...ledger, activeSession: () => ledger.activeSession().then((found) => slow.passed.then(() => found)) },
      { exclusive: true },
    );
    const asking = accounts.active();
    const start = commitOf(null, 'start', [sessionStarted('s')]);
    await ledger.commit(start);
    accounts.committed(start.after);
    slow.open();
    await asking;
    expect((await accounts.active())?.sessionId).toBe('s');
  });

  it('tell their listeners of every change, in order', async () => {
    const { ledger, account } = await started();
    const accounts = createAccounts(ledger, { exclusive: true });
    const heard: number[] = [];
    accounts.onChange(({ seq }) => heard.push(seq));
    await accounts.current('s');
    const moved = next(account, 'a');
    accounts.committed(moved.after);
    expect(heard).toEqual([1, 2]);
  });
});
