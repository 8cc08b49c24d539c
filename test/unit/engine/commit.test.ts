import { describe, expect, it } from 'vitest';
import type { JournalEvent } from '../../../shared/contracts/journal.ts';
import { commitDecision, type Decided } from '../../../shared/engine/commit.ts';
import type { EngineContext } from '../../../shared/engine/context.ts';
import { draftOn } from '../../../shared/engine/draft.ts';
import { StoreError } from '../../../shared/engine/ports.ts';
import { createVirtualClock } from '../../../shared/kernel/clock-virtual.ts';
import { decimal } from '../../../shared/kernel/decimal.ts';
import type { Account } from '../../../shared/ledger/account.ts';
import { contextOver, createRows, type Rows } from '../../support/engine-world.ts';
import { type Fault, faultsFor, faultyStores } from '../../support/faulty-stores.ts';
import { commitOf, entryOrder, equityMarked, orderPlaced, START_MS, sessionStarted } from '../../support/ledger-fixtures.ts';

const clock = createVirtualClock({ startMs: START_MS, speed: Number.POSITIVE_INFINITY });

/** A started session, with a context whose first commits meet the faults. */
async function begun(...faults: readonly Fault[]): Promise<{ readonly rows: Rows; readonly context: EngineContext }> {
  const rows = createRows();
  await rows.ledger.commit(commitOf(null, 'start', [sessionStarted('s')]));
  return { rows, context: contextOver(faultyStores(rows, faultsFor('commit', ...faults)), clock) };
}

const mark = (equity: string): JournalEvent => equityMarked(START_MS + 1, equity);
const deciding =
  (event: JournalEvent, seen: Account[] = []) =>
  (account: Account): Decided => {
    seen.push(account);
    const draft = draftOn(account, 'command');
    draft.emit(event);
    return { draft, outcome: { at: account.seq } };
  };
const journal = async ({ ledger }: Rows): Promise<readonly string[]> => {
  const types: string[] = [];
  for await (const row of ledger.rows('s', 0)) types.push(row.event.type);
  return types;
};

describe('a decision that is committed', () => {
  it('is in the journal with its receipt, and the cached account is the one after it', async () => {
    const { rows, context } = await begun();
    const result = await commitDecision(context, 's', deciding(mark('101000')));
    expect(result).toMatchObject({ kind: 'committed', account: { seq: 2, curve: { last: decimal('101000') } } });
    expect(await context.accounts.current('s')).toBe(result.kind === 'committed' ? result.account : null);
    expect(await rows.ledger.receipt('s', 'command')).toMatchObject({ seq: 2, outcome: { at: 1 } });
  });

  it('writes nothing when there is nothing to do', async () => {
    const { rows, context } = await begun();
    expect(await commitDecision(context, 's', () => null)).toMatchObject({ kind: 'nothing', decided: null });
    expect(await commitDecision(context, 's', (account) => ({ draft: draftOn(account, 'command') }))).toMatchObject({ kind: 'nothing' });
    expect(await journal(rows)).toEqual(['session-started']);
    expect(await rows.ledger.receipt('s', 'command')).toBeNull();
  });

  it('is refused for a session that never was', async () => {
    const { context } = await begun();
    await expect(commitDecision(context, 'never', deciding(mark('1')))).rejects.toMatchObject({ code: 'no_active_session' });
  });
});

describe('a commit that loses the race', () => {
  it('is decided again from what the account has become', async () => {
    const { rows, context } = await begun();
    await context.accounts.current('s');
    await rows.ledger.commit(commitOf(await rows.ledger.load('s'), 'quicker', [mark('99000')]));
    const seen: Account[] = [];
    const result = await commitDecision(context, 's', deciding(mark('101000'), seen));
    expect(result.kind).toBe('committed');
    expect(seen.map(({ seq }) => seq)).toEqual([1, 2]);
    expect(await journal(rows)).toEqual(['session-started', 'equity-marked', 'equity-marked']);
  });

  it('is no error, and no order is placed twice, however often it is lost', async () => {
    const { rows, context } = await begun(...Array.from({ length: 7 }, () => 'conflict' as const));
    const result = await commitDecision(context, 's', deciding(orderPlaced(entryOrder())));
    expect(result.kind).toBe('committed');
    expect(await journal(rows)).toEqual(['session-started', 'order-placed']);
  });

  it('gives up after eight in a row, with nothing written', async () => {
    const { rows, context } = await begun(...Array.from({ length: 8 }, () => 'conflict' as const));
    await expect(commitDecision(context, 's', deciding(mark('1')))).rejects.toMatchObject({ code: 'contention' });
    expect(await journal(rows)).toEqual(['session-started']);
  });

  it('is dropped when the account it finds no longer wants it', async () => {
    const { rows, context } = await begun();
    await context.accounts.current('s');
    await rows.ledger.commit(commitOf(await rows.ledger.load('s'), 'quicker', [mark('99000')]));
    const onlyFirst = (account: Account): Decided | null => (account.seq === 1 ? deciding(mark('1'))(account) : null);
    expect(await commitDecision(context, 's', onlyFirst)).toMatchObject({ kind: 'nothing', account: { seq: 2 } });
  });
});

describe('a commit without an answer', () => {
  it('is found by its receipt when it was done, and not doubled', async () => {
    const { rows, context } = await begun('unknown-after');
    const result = await commitDecision(context, 's', deciding(orderPlaced(entryOrder())));
    expect(result).toMatchObject({ kind: 'repeated', receipt: { id: 'command', seq: 2, outcome: { at: 1 } } });
    expect(await journal(rows)).toEqual(['session-started', 'order-placed']);
    expect((await context.accounts.current('s'))?.seq).toBe(2);
  });

  it('is decided again when it was not done', async () => {
    const { rows, context } = await begun('unknown-before');
    expect(await commitDecision(context, 's', deciding(orderPlaced(entryOrder())))).toMatchObject({ kind: 'committed' });
    expect(await journal(rows)).toEqual(['session-started', 'order-placed']);
  });

  it('is told to be unknown when the second has none either: whoever asked has waited long enough', async () => {
    const { rows, context } = await begun('unknown-before', 'conflict', 'unknown-before');
    await expect(commitDecision(context, 's', deciding(mark('1')))).rejects.toMatchObject({ code: 'unknown' });
    expect(await journal(rows)).toEqual(['session-started']);
    expect(await commitDecision(context, 's', deciding(mark('1')))).toMatchObject({ kind: 'committed' });
  });

  it('leaves no stale account behind when the receipt cannot be read either', async () => {
    const rows = createRows();
    await rows.ledger.commit(commitOf(null, 'start', [sessionStarted('s')]));
    const commits = faultsFor('commit', 'unknown-after');
    const receipts = faultsFor('receipt', 'unavailable');
    const context = contextOver(
      faultyStores(rows, (call) => commits(call) ?? receipts(call)),
      clock,
    );
    await expect(commitDecision(context, 's', deciding(mark('1')))).rejects.toMatchObject({ code: 'unavailable' });
    expect((await context.accounts.current('s'))?.seq).toBe(2);
    expect(await commitDecision(context, 's', deciding(mark('1')))).toMatchObject({ kind: 'repeated' });
  });
});

describe('a commit that the store does not take', () => {
  it('is thrown when the store is unavailable, with nothing changed', async () => {
    const { rows, context } = await begun('unavailable');
    await expect(commitDecision(context, 's', deciding(mark('1')))).rejects.toMatchObject({ code: 'unavailable' });
    expect(await journal(rows)).toEqual(['session-started']);
    expect(await context.accounts.current('s')).toMatchObject({ seq: 1 });
  });

  it('is thrown when another feed holds the lease', async () => {
    const { rows, context } = await begun();
    const fenced = (account: Account): Decided => ({ ...deciding(mark('1'))(account), fence: { scope: 'test', epoch: 3 } });
    await expect(commitDecision(context, 's', fenced)).rejects.toMatchObject({ code: 'fenced' });
    expect(await journal(rows)).toEqual(['session-started']);
  });

  it('is thrown at once when no transaction can hold it: deciding again would make it no smaller', async () => {
    const { rows, context } = await begun();
    let decisions = 0;
    const large = (account: Account): Decided => {
      decisions += 1;
      const draft = draftOn(account, 'command');
      for (let index = 0; index < 120; index++) draft.emit(mark(String(index + 1)));
      return { draft };
    };
    await expect(commitDecision(context, 's', large)).rejects.toMatchObject({ code: 'too_large' });
    expect([decisions, await journal(rows)]).toEqual([1, ['session-started']]);
  });
});

describe('the same command again', () => {
  it('is answered with what it came to the first time, whoever asks', async () => {
    const { rows, context } = await begun();
    await commitDecision(context, 's', deciding(mark('101000')));
    const other = contextOver(rows, clock);
    expect(await commitDecision(other, 's', deciding(mark('500')))).toMatchObject({ kind: 'repeated', receipt: { outcome: { at: 1 } } });
    expect(await journal(rows)).toEqual(['session-started', 'equity-marked']);
  });

  it('is committed once when two processes decide it at the same moment', async () => {
    const { rows } = await begun();
    const [one, two] = [contextOver(rows, clock), contextOver(rows, clock)];
    await Promise.all([one.accounts.current('s'), two.accounts.current('s')]);
    const results = await Promise.all([one, two].map((context) => commitDecision(context, 's', deciding(orderPlaced(entryOrder())))));
    expect(results.map(({ kind }) => kind).sort()).toEqual(['committed', 'repeated']);
    expect(await journal(rows)).toEqual(['session-started', 'order-placed']);
  });
});

describe('errors of the store', () => {
  it('are those of the port', async () => {
    const { context } = await begun('unavailable');
    await expect(commitDecision(context, 's', deciding(mark('1')))).rejects.toBeInstanceOf(StoreError);
  });
});
