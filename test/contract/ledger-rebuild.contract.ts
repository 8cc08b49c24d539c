import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Commit, LedgerStore, Rebuilding } from '../../shared/engine/ports.ts';
import { verifyLedger } from '../../shared/engine/verify-ledger.ts';
import type { Account } from '../../shared/ledger/account.ts';
import { createAlerts } from '../../shared/store/alerts.ts';
import type { Action, Attributes, Items } from '../../shared/store/items.ts';
import { type Key, ledgerKeys } from '../../shared/store/keys.ts';
import { createLedger } from '../../shared/store/ledger.ts';
import { commitOf, entryFill, entryOrder, equityMarked, orderPlaced, roundTrip, START_MS, sessionStarted } from '../support/ledger-fixtures.ts';
import { codeOf, type StoreHarness } from './ledger-store.contract.ts';

/** A session: what its rows are called, and the account that its journal gives. */
interface Kept {
  readonly account: Account;
  readonly sessionId: string;
  readonly positionId: string;
  readonly tradeSeq: number;
  /** An order that works, and one that has filled. */
  readonly working: string;
  readonly filled: string;
}

/** What every ledger store does when its projections are rebuilt from the journal. */
export function ledgerRebuildContract(name: string, open: () => Promise<StoreHarness>): void {
  describe(`rebuilding a ledger: ${name}`, () => {
    let harness: StoreHarness;
    let store: LedgerStore;
    let items: Items;
    let sessions = 0;
    const run = `${Date.now().toString(36)}${process.pid}`;

    beforeAll(async () => {
      harness = await open();
      store = harness.ledger;
      items = harness.items;
    });
    afterAll(async () => {
      await harness.close();
    });

    const keep = async (commit: Commit): Promise<Account> => {
      await store.commit(commit);
      return commit.after;
    };
    const start = async (): Promise<Account> => {
      await items.write([{ kind: 'delete', table: 'ledger', key: ledgerKeys.active }]);
      sessions += 1;
      return keep(commitOf(null, 'start', [sessionStarted(`${run}-rebuilt-${sessions}`)]));
    };
    /** A trade that is over, a position that is open, an order that waits. */
    const session = async (): Promise<Kept> => {
      const started = await start();
      const closed = await keep(commitOf(started, 'trade', roundTrip({ id: 'E:closed' })));
      const [held, waiting] = [entryOrder({ id: 'E:held' }), entryOrder({ id: 'E:waiting', symbol: 'ETH' })];
      const fill = (now: Account) => entryFill(now, held.id, { price: '100' });
      const account = await keep(commitOf(closed, 'enter', [orderPlaced(held), orderPlaced(waiting), fill]));
      return { account, sessionId: account.sessionId, positionId: held.positionId, tradeSeq: 4, working: waiting.id, filled: 'E:closed' };
    };
    const put = (key: Key, attributes: Attributes): Promise<unknown> => items.write([{ kind: 'put', table: 'ledger', key, attributes }]);
    const drop = (key: Key): Promise<unknown> => items.write([{ kind: 'delete', table: 'ledger', key }]);
    const edit = async (key: Key, change: (attributes: Attributes) => Attributes): Promise<void> => {
      const found = await items.get('ledger', key);
      if (found === null) throw new Error(`No row ${key.sk}`);
      await put(key, change(found.attributes));
    };
    const found = ({ differences }: Rebuilding): readonly string[] => differences.map(({ kind, row }) => `${kind} ${row}`);
    const isSound = async ({ sessionId }: Pick<Kept, 'sessionId'>): Promise<boolean> =>
      verifyLedger(store, sessionId).then(
        (verification) => verification.isSound,
        () => false,
      );
    /** Every row of a session, so that a test can say that nothing else was touched. */
    const everyRow = async (sessionId: string): Promise<unknown> => {
      const { pk } = ledgerKeys.head(sessionId);
      const kinds = ['P#', 'O#', 'A#', 'T#', 'J#', 'C#', 'D#'].map((kind) => items.query('ledger', { pk, from: kind, to: `${kind.slice(0, 1)}$` }));
      return [await items.get('ledger', ledgerKeys.head(sessionId)), ...(await Promise.all(kinds))];
    };

    const body = (from: string, to: string) => (attributes: Attributes) => ({ ...attributes, body: String(attributes.body).replace(from, to) });
    const DAMAGE: readonly (readonly [string, (kept: Kept) => Promise<unknown>, (kept: Kept) => readonly string[]])[] = [
      ['a head that is gone', (kept) => drop(ledgerKeys.head(kept.sessionId)), () => ['missing HEAD']],
      ['a head without a form', (kept) => put(ledgerKeys.head(kept.sessionId), { seq: 3, body: '{' }), () => ['different HEAD']],
      ['a head without anything in it', (kept) => put(ledgerKeys.head(kept.sessionId), {}), () => ['different HEAD']],
      [
        'a head that counts further than the journal goes, and cannot be read',
        (kept) => edit(ledgerKeys.head(kept.sessionId), (row) => ({ ...row, seq: 99 })),
        () => ['different HEAD'],
      ],
      ['a head with other cash', (kept) => edit(ledgerKeys.head(kept.sessionId), body('"cash":"', '"cash":"1')), () => ['different HEAD']],
      [
        'a head that has forgotten a position',
        (kept) => edit(ledgerKeys.head(kept.sessionId), (row) => ({ ...row, positions: [] })),
        () => ['different HEAD'],
      ],
      ['a position that is gone', (kept) => drop(ledgerKeys.position(kept.sessionId, kept.positionId)), (kept) => [`missing P#${kept.positionId}`]],
      [
        'a position of another quantity',
        (kept) => edit(ledgerKeys.position(kept.sessionId, kept.positionId), body('"quantity":"2"', '"quantity":"3"')),
        (kept) => [`different P#${kept.positionId}`],
      ],
      [
        'a position that nobody opened',
        (kept) => put(ledgerKeys.position(kept.sessionId, 'ghost'), { version: 1, body: '{}' }),
        () => ['surplus P#ghost'],
      ],
      ['an order that is gone', (kept) => drop(ledgerKeys.order(kept.sessionId, kept.working)), (kept) => [`missing O#${kept.working}`]],
      [
        'an order that stands otherwise',
        (kept) => edit(ledgerKeys.order(kept.sessionId, kept.filled), (row) => ({ ...row, state: 'accepted' })),
        (kept) => [`different O#${kept.filled}`],
      ],
      [
        'an order that nobody placed, with its place in time',
        (kept) =>
          Promise.all([
            put(ledgerKeys.order(kept.sessionId, 'ghost'), { version: 1, body: '{}' }),
            put(ledgerKeys.accepted(kept.sessionId, START_MS, 'ghost'), { orderId: 'ghost' }),
          ]),
        () => [`surplus A#${String(START_MS).padStart(15, '0')}#ghost`, 'surplus O#ghost'],
      ],
      [
        'an order without its place in time',
        (kept) => drop(ledgerKeys.accepted(kept.sessionId, START_MS, kept.working)),
        (kept) => [`missing ${ledgerKeys.accepted(kept.sessionId, START_MS, kept.working).sk}`],
      ],
      [
        'a trade that is gone',
        (kept) => drop(ledgerKeys.trade(kept.sessionId, kept.tradeSeq)),
        (kept) => [`missing ${ledgerKeys.trade(kept.sessionId, kept.tradeSeq).sk}`],
      ],
      [
        'a trade with another result',
        (kept) => edit(ledgerKeys.trade(kept.sessionId, kept.tradeSeq), body('"exitPrice":"103"', '"exitPrice":"203"')),
        (kept) => [`different ${ledgerKeys.trade(kept.sessionId, kept.tradeSeq).sk}`],
      ],
      [
        'a trade that never was',
        (kept) => put(ledgerKeys.trade(kept.sessionId, 2), { body: '{}' }),
        (kept) => [`surplus ${ledgerKeys.trade(kept.sessionId, 2).sk}`],
      ],
    ];

    it('finds nothing to do in a ledger that is sound', async () => {
      const kept = await session();
      const before = await everyRow(kept.sessionId);
      for (const write of [false, true]) {
        // Head, position, three entries, the exit of the position and that of the trade, each with its place in time, and a trade.
        expect(await store.rebuild(kept.sessionId, { write })).toEqual({
          sessionId: kept.sessionId,
          seq: kept.account.seq,
          hash: kept.account.hash,
          rows: 1 + 1 + 5 * 2 + 1,
          differences: [],
          isWritten: write,
        });
      }
      expect(await everyRow(kept.sessionId)).toEqual(before);
    });

    it.each(DAMAGE)('puts right %s', async (what, damage, expected) => {
      const kept = await session();
      const sound = await everyRow(kept.sessionId);
      await damage(kept);
      const damaged = await everyRow(kept.sessionId);
      // To verify asks for the account, which never sees a position that its head does not name; a commit that opens it would.
      expect(await isSound(kept)).toBe(what === 'a position that nobody opened');

      expect(found(await store.rebuild(kept.sessionId, { write: false }))).toEqual(expected(kept));
      expect(await everyRow(kept.sessionId)).toEqual(damaged);

      expect(found(await store.rebuild(kept.sessionId, { write: true }))).toEqual(expected(kept));
      expect(await everyRow(kept.sessionId)).toEqual(sound);
      expect(await store.load(kept.sessionId)).toEqual(kept.account);
      expect(await isSound(kept)).toBe(true);
    });

    it('puts everything back when nothing but the journal is left, and the session trades on', async () => {
      const kept = await session();
      const sound = await everyRow(kept.sessionId);
      await drop(ledgerKeys.head(kept.sessionId));
      for (const range of ledgerKeys.projections(kept.sessionId)) for (const { pk, sk } of await items.query('ledger', range)) await drop({ pk, sk });

      const { differences, rows } = await store.rebuild(kept.sessionId, { write: true });

      expect([differences.length, new Set(differences.map(({ kind }) => kind))]).toEqual([rows, new Set(['missing'])]);
      expect(await everyRow(kept.sessionId)).toEqual(sound);
      const loaded = await store.load(kept.sessionId);
      await keep(commitOf(loaded, 'on', roundTrip({ id: 'E:on' })));
      expect(await isSound(kept)).toBe(true);
    });

    it('builds nothing from a journal that is not whole', async () => {
      const none = await start();
      await drop(ledgerKeys.journal(none.sessionId, 1));
      const gap = await session();
      await drop(ledgerKeys.journal(gap.sessionId, 3));
      const forged = await session();
      await edit(ledgerKeys.journal(forged.sessionId, 3), body('"price":"100"', '"price":"1"'));
      const cut = await session();
      await drop(ledgerKeys.journal(cut.sessionId, cut.account.seq));
      for (const { sessionId } of [none, gap, forged, cut]) {
        const before = await everyRow(sessionId);
        expect(await codeOf(store.rebuild(sessionId, { write: true }))).toBe('corrupt');
        expect(await everyRow(sessionId)).toEqual(before);
      }
      expect(await codeOf(store.rebuild('never', { write: true }))).toBe('corrupt');
    });

    /** The ledger of the same rows, with something that happens before each write. */
    const meddled = (before: (actions: readonly Action[], write: number) => Promise<void>): LedgerStore => {
      let writes = 0;
      const written: Items = {
        ...items,
        write: async (actions) => {
          writes += 1;
          await before(actions, writes);
          return items.write(actions);
        },
      };
      return createLedger(written, createAlerts(written));
    };
    /** A session of so many orders that putting them back takes several transactions. */
    const large = async (): Promise<Kept> => {
      const kept = await session();
      let { account } = kept;
      for (let batch = 0; batch < 5; batch++) {
        const orders = Array.from({ length: 25 }, (_, index) => entryOrder({ id: `E:${batch}:${index}`, atMs: START_MS + index }));
        account = await keep(commitOf(account, `batch ${batch}`, orders.map(orderPlaced)));
      }
      for (const range of ledgerKeys.projections(kept.sessionId)) for (const { pk, sk } of await items.query('ledger', range)) await drop({ pk, sk });
      return { ...kept, account };
    };

    it('goes on after a crash between two of its transactions, none of which is too large', async () => {
      const kept = await large();
      await drop(ledgerKeys.head(kept.sessionId));
      const sizes: number[] = [];
      for (let crashes = 0; crashes < 3; crashes++) {
        const crashing = meddled(async (actions, write) => {
          sizes.push(actions.length);
          if (write > 1) throw new Error('killed');
        });
        await expect(crashing.rebuild(kept.sessionId, { write: true })).rejects.toThrow('killed');
        // The head is written last: until then nobody can trade on half of the rows.
        expect(await store.load(kept.sessionId)).toBeNull();
        const early = commitOf(kept.account, 'early', [equityMarked(START_MS + 5)]);
        expect(await codeOf(store.commit(early))).toBe('conflict');
      }
      await store.rebuild(kept.sessionId, { write: true });
      expect(await isSound(kept)).toBe(true);
      expect(await store.load(kept.sessionId)).toEqual(kept.account);
      expect(Math.max(...sizes)).toBe(100);
    });

    it('starts over when the session moves on between two of its transactions', async () => {
      const kept = await large();
      let { account } = kept;
      const racing = meddled(async (_, write) => {
        // A mark moves the head and no other row, so a session with damaged rows takes it.
        if (write <= 4) account = await keep(commitOf(account, `mark ${write}`, [equityMarked(START_MS + write)]));
      });
      const { seq, isWritten } = await racing.rebuild(kept.sessionId, { write: true });
      expect([seq, isWritten]).toEqual([account.seq, true]);
      expect(await isSound(kept)).toBe(true);
      expect(await store.load(kept.sessionId)).toEqual(account);
    });

    it('does not bring back what was traded away while it was reading', async () => {
      const kept = await session();
      await drop(ledgerKeys.trade(kept.sessionId, kept.tradeSeq));
      let { account } = kept;
      const racing = meddled(async (_, write) => {
        const end = { type: 'order-ended', atMs: START_MS + 9, orderId: kept.working, state: 'cancelled', reason: 'manual' } as const;
        if (write === 1) account = await keep(commitOf(account, 'end', [end]));
      });
      expect(found(await racing.rebuild(kept.sessionId, { write: true }))).toEqual([`missing ${ledgerKeys.trade(kept.sessionId, kept.tradeSeq).sk}`]);
      expect(await store.order(kept.sessionId, kept.working)).toMatchObject({ state: 'cancelled' });
      expect(await isSound(kept)).toBe(true);
    });

    it('gives up on a session that never stands still, in bounded time', async () => {
      const kept = await session();
      await drop(ledgerKeys.trade(kept.sessionId, kept.tradeSeq));
      let { account } = kept;
      const racing = meddled(async (_, write) => {
        account = await keep(commitOf(account, `mark ${write}`, [equityMarked(START_MS + write)]));
      });
      expect(await codeOf(racing.rebuild(kept.sessionId, { write: true }))).toBe('unavailable');
      expect(await store.load(kept.sessionId)).toEqual(account);
    });

    it('may be done by two at once', async () => {
      const kept = await large();
      await drop(ledgerKeys.head(kept.sessionId));
      const outcomes = await Promise.all([1, 2].map(() => codeOf(store.rebuild(kept.sessionId, { write: true }))));
      expect(outcomes).toEqual(['done', 'done']);
      expect(await isSound(kept)).toBe(true);
    });
  });
}
