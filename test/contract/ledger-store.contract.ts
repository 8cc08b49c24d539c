import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Trade } from '../../shared/contracts/fill.ts';
import type { JournalRow } from '../../shared/contracts/journal.ts';
import type { Commit, LedgerStore, MarketStore, Page, StoreError } from '../../shared/engine/ports.ts';
import { decimal, text } from '../../shared/kernel/decimal.ts';
import type { Account } from '../../shared/ledger/account.ts';
import { apply, journalRow } from '../../shared/ledger/apply.ts';
import { equals, type Items } from '../../shared/store/items.ts';
import { ledgerKeys } from '../../shared/store/keys.ts';
import {
  commitOf,
  entryFill,
  entryOrder,
  equityMarked,
  exitFill,
  orderPlaced,
  roundTrip,
  START_MS,
  scanRecord,
  sessionStarted,
} from '../support/ledger-fixtures.ts';

/** A place to keep things, with the rows below it so that a test can damage one. */
export interface StoreHarness {
  readonly ledger: LedgerStore;
  readonly market: MarketStore;
  readonly items: Items;
  close(): Promise<void>;
}

export const codeOf = async (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'done',
    (error: StoreError) => error.code,
  );

const MINUTE = 60_000;

/** What every ledger store does, whatever it is made of. Stores may be shared by runs: every test has a session of its own. */
export function ledgerStoreContract(name: string, open: () => Promise<StoreHarness>): void {
  describe(`ledger store: ${name}`, () => {
    let harness: StoreHarness;
    let store: LedgerStore;
    let sessions = 0;
    const run = `${Date.now().toString(36)}${process.pid}`;

    beforeAll(async () => {
      harness = await open();
      store = harness.ledger;
    });
    afterAll(async () => {
      await harness.close();
    });

    const keep = async (commit: Commit): Promise<Account> => {
      await store.commit(commit);
      return commit.after;
    };
    /** Starts a session; whatever another test left active makes room for it. */
    const start = async (startedMs = START_MS): Promise<Account> => {
      await harness.items.write([{ kind: 'delete', table: 'ledger', key: ledgerKeys.active }]);
      sessions += 1;
      return keep(commitOf(null, 'start', [sessionStarted(`${run}-${sessions}`, '100000', startedMs)]));
    };
    const withOpenPosition = async (): Promise<Account> => {
      const account = await start();
      const order = entryOrder();
      return keep(commitOf(account, 'enter', [orderPlaced(order), (placed) => entryFill(placed, order.id, { price: '100.5' })]));
    };
    const rowsOf = async (sessionId: string, afterSeq = 0): Promise<readonly JournalRow[]> => {
      const found: JournalRow[] = [];
      for await (const row of store.rows(sessionId, afterSeq)) found.push(row);
      return found;
    };

    it('has no account, head, scan or receipt of a session that never was', async () => {
      expect(await store.load('never')).toBeNull();
      expect(await store.head('never')).toBe(0);
      expect(await store.lastScan('never')).toBeNull();
      expect(await store.receipt('never', 'x')).toBeNull();
      expect(await store.order('never', 'x')).toBeNull();
      expect(await rowsOf('never')).toEqual([]);
    });

    it('gives back the account that was committed, positions and orders in their order', async () => {
      const account = await start();
      const orders = ['E:z', 'E:a', 'E:m'].map((id) => entryOrder({ id }));
      const placed = await keep(commitOf(account, 'place', orders.map(orderPlaced)));
      const filled = await keep(commitOf(placed, 'fill', [(now) => entryFill(now, 'E:a', { price: '99.12345678', rate: '0.9991' })]));

      const loaded = await store.load(account.sessionId);

      expect(loaded).toEqual(filled);
      expect([...(loaded?.orders.keys() ?? [])]).toEqual([...filled.orders.keys()]);
      expect(await store.head(account.sessionId)).toBe(filled.seq);
    });

    it('gives back the journal as it was written, each row chained to the one before', async () => {
      const account = await withOpenPosition();

      const rows = await rowsOf(account.sessionId);

      let replayed: Account | null = null;
      for (const row of rows) {
        expect(journalRow(replayed, row.commandId, row.event)).toEqual(row);
        replayed = apply(replayed, row);
      }
      expect(replayed).toEqual(account);
      expect((await rowsOf(account.sessionId, 2)).map((row) => row.seq)).toEqual([3]);
    });

    it('reads a journal of several pages without a gap', async () => {
      let account = await start();
      for (let batch = 0; batch < 12; batch++) {
        account = await keep(
          commitOf(
            account,
            `mark:${batch}`,
            Array.from({ length: 90 }, (_, index) => equityMarked(START_MS + index)),
          ),
        );
      }
      expect((await rowsOf(account.sessionId)).map((row) => row.seq)).toEqual(Array.from({ length: 1_081 }, (_, index) => index + 1));
    });

    it('refuses a commit decided from an account that has moved on, and writes nothing of it', async () => {
      const account = await start();
      const moved = await keep(commitOf(account, 'first', [equityMarked(START_MS + 1)]));

      expect(await codeOf(store.commit(commitOf(account, 'second', [orderPlaced(entryOrder())])))).toBe('conflict');

      expect(await store.load(account.sessionId)).toEqual(moved);
      expect(await store.receipt(account.sessionId, 'second')).toBeNull();
      expect((await store.orders(account.sessionId, { limit: 10, cursor: null })).items).toEqual([]);
    });

    it('says duplicate, not conflict, when the command itself has been committed', async () => {
      const account = await start();
      const commit = commitOf(account, 'once', [equityMarked(START_MS + 1)], { outcome: { orderId: 'E:1', price: 1.1 } });
      const after = await keep(commit);
      await keep(commitOf(after, 'then', [equityMarked(START_MS + 2)]));

      expect(await codeOf(store.commit({ ...commit, receipt: { ...commit.receipt, outcome: 'another' } }))).toBe('duplicate');

      expect(await store.receipt(account.sessionId, 'once')).toEqual({
        id: 'once',
        bodyDigest: null,
        seq: 2,
        outcome: { orderId: 'E:1', price: 1.1 },
      });
    });

    it('lets exactly one of two writers win who decided from the same account', async () => {
      let account = await start();
      for (let round = 0; round < 10; round++) {
        const commits = ['a', 'b', 'c'].map((writer) =>
          commitOf(account, `${round}:${writer}`, [equityMarked(START_MS + round, writer === 'a' ? '1' : '2')]),
        );
        const outcomes = await Promise.all(commits.map((commit) => codeOf(store.commit(commit))));
        expect(outcomes.toSorted()).toEqual(['conflict', 'conflict', 'done']);
        account = commits[outcomes.indexOf('done')]?.after ?? account;
        expect(await store.load(account.sessionId)).toEqual(account);
      }
    });

    it('commits fills only while the lease has the epoch that they were decided under', async () => {
      const account = await start();
      const scope = `scope-${account.sessionId}`;
      const lease = await harness.market.lease({ scope, holder: 'one', epoch: null, nowMs: START_MS, ttlMs: 1_000 });
      const fence = { scope, epoch: lease.epoch };
      const marked = await keep(commitOf(account, 'held', [equityMarked(START_MS + 1)], { fence }));

      await harness.market.lease({ scope, holder: 'two', epoch: null, nowMs: START_MS + 2_000, ttlMs: 1_000 });

      expect(await codeOf(store.commit(commitOf(marked, 'lost', [equityMarked(START_MS + 2)], { fence })))).toBe('fenced');
      expect(await codeOf(store.commit(commitOf(marked, 'nobody', [equityMarked(START_MS + 2)], { fence: { scope: 'none', epoch: 1 } })))).toBe(
        'fenced',
      );
      expect(await store.head(account.sessionId)).toBe(marked.seq);
    });

    it('has one active session at most, until it is stopped', async () => {
      const account = await start();
      expect(await store.activeSession()).toBe(account.sessionId);

      expect(await codeOf(store.commit(commitOf(null, 'start', [sessionStarted(`${account.sessionId}-other`)])))).toBe('conflict');
      expect(await store.load(`${account.sessionId}-other`)).toBeNull();

      const stopping = await keep(commitOf(account, 'stop', [{ type: 'session-stopping', atMs: START_MS + 1, closePositions: true }]));
      expect(await store.activeSession()).toBe(account.sessionId);
      const stopped = await keep(commitOf(stopping, 'stopped', [{ type: 'session-stopped', atMs: START_MS + 2 }]));

      expect(await store.activeSession()).toBeNull();
      expect(await store.load(account.sessionId)).toEqual(stopped);
    });

    it('lets one of two sessions start that begin at the same moment', async () => {
      const active = await start();
      await keep(commitOf(active, 'stop', [{ type: 'session-stopped', atMs: START_MS + 1 }]));
      const ids = ['left', 'right'].map((side) => `${active.sessionId}-${side}`);

      const outcomes = await Promise.all(ids.map((id) => codeOf(store.commit(commitOf(null, 'start', [sessionStarted(id)])))));

      expect(outcomes.toSorted()).toEqual(['conflict', 'done']);
      expect(await store.activeSession()).toBe(ids[outcomes.indexOf('done')]);
    });

    it('lists sessions newest first', async () => {
      const first = await start(START_MS + 10 * MINUTE);
      const second = await start(START_MS + 30 * MINUTE);
      const third = await start(START_MS + 20 * MINUTE);
      const mine = new Set([first, second, third].map((account) => account.sessionId));

      const listed = (await store.sessions()).filter((summary) => mine.has(summary.sessionId));

      expect(listed).toEqual([second, third, first].map(({ sessionId, startedMs }) => ({ sessionId, startedMs })));
    });

    it('shows how every order stands: working, filled, or ended with a reason', async () => {
      const account = await start();
      const [kept, dropped, filled] = ['E:kept', 'E:dropped', 'E:filled'].map((id, index) => entryOrder({ id, atMs: START_MS + index }));
      if (kept === undefined || dropped === undefined || filled === undefined) throw new Error('three orders');
      const placed = await keep(commitOf(account, 'place', [kept, dropped, filled].map(orderPlaced)));
      const ended = { type: 'order-ended', atMs: START_MS + 5, orderId: dropped.id, state: 'cancelled', reason: 'kill_switch' } as const;
      await keep(commitOf(placed, 'end', [ended, (now) => entryFill(now, filled.id, { price: '100', atMs: START_MS + 9 })]));

      const { items, next } = await store.orders(account.sessionId, { limit: 10, cursor: null });

      expect(items.map(({ order, state, reason, endedMs }) => [order.id, state, reason, endedMs, text(order.filledQuantity)])).toEqual([
        [`X:${filled.positionId}:1`, 'resting', null, null, '0'],
        [filled.id, 'filled', 'market', START_MS + 9, '2'],
        [dropped.id, 'cancelled', 'kill_switch', START_MS + 5, '0'],
        [kept.id, 'accepted', null, null, '0'],
      ]);
      expect(next).toBeNull();
      expect(await store.order(account.sessionId, dropped.id)).toEqual(items[2]);
    });

    it('shows an exit that was asked for as accepted, and its fill with the reason of the exit', async () => {
      const account = await withOpenPosition();
      const [position] = [...account.positions.values()];
      const exit = `X:${position?.id}:1`;
      const requested = await keep(
        commitOf(account, 'close', [
          { type: 'exit-requested', atMs: START_MS + 500, orderId: exit, reason: 'manual', quantity: null, activeFromMs: START_MS + 580 },
        ]),
      );
      expect(await store.order(account.sessionId, exit)).toMatchObject({
        state: 'accepted',
        order: { version: 2, atMarket: { reason: 'manual', quantity: null, requestedMs: START_MS + 500 } },
      });

      await keep(commitOf(requested, 'exit', [(now) => exitFill(now, position?.id ?? '', { price: '98.5', reason: 'stop', atMs: START_MS + 600 })]));

      expect(await store.order(account.sessionId, exit)).toMatchObject({ state: 'filled', reason: 'stop', endedMs: START_MS + 600 });
      expect((await store.load(account.sessionId))?.positions.size).toBe(0);
    });

    it('keeps what changed of an open position, on the condition of its version', async () => {
      const account = await withOpenPosition();
      const moved = (version: number, stop: string): Commit => {
        const commit = commitOf(account, `stop:${stop}`, [equityMarked(START_MS + 1)]);
        const positions = [...account.positions].map(([id, position]) => [id, { ...position, version, stop: decimal(stop) }] as const);
        return { ...commit, after: { ...commit.after, positions: new Map(positions) } };
      };
      const key = ledgerKeys.position(account.sessionId, [...account.positions.keys()][0] ?? '');
      const row = await harness.items.get('ledger', key);
      await harness.items.write([{ kind: 'update', table: 'ledger', key, attributes: { version: 7 }, when: equals({ version: 1 }) }]);
      expect(await codeOf(store.commit(moved(2, '99')))).toBe('conflict');

      await harness.items.write([{ kind: 'put', table: 'ledger', key, attributes: row?.attributes ?? {} }]);
      const after = await keep(moved(2, '99.5'));
      expect(await store.load(account.sessionId)).toEqual(after);
    });

    it('keeps an order that is placed, filled and closed within one commit', async () => {
      const account = await start();
      const closed = await keep(commitOf(account, 'all', roundTrip()));

      expect(await store.load(account.sessionId)).toEqual(closed);
      const { items } = await store.orders(account.sessionId, { limit: 10, cursor: null });
      expect(items.map(({ order, state, reason }) => [order.id, state, reason])).toEqual([
        ['X:P:E:1:1', 'filled', 'target'],
        ['E:1', 'filled', 'market'],
      ]);
      expect((await store.trades(account.sessionId, { limit: 10, cursor: null })).items).toHaveLength(1);
    });

    const pages = async <T>(
      list: (page: { limit: number; cursor: string | null }) => Promise<Page<T>>,
      limit: number,
    ): Promise<readonly (readonly T[])[]> => {
      const found: (readonly T[])[] = [];
      let cursor: string | null = null;
      do {
        const page: Page<T> = await list({ limit, cursor });
        found.push(page.items);
        cursor = page.next;
      } while (cursor !== null);
      return found;
    };

    it('pages trades newest first, with no empty last page', async () => {
      let account = await start();
      const trades: Trade[] = [];
      for (let index = 0; index < 6; index++) {
        const commit = commitOf(account, `trip:${index}`, roundTrip({ id: `E:${index}`, atMs: START_MS + index * MINUTE }));
        trades.unshift(...commit.trades);
        account = await keep(commit);
      }

      expect(await pages((page) => store.trades(account.sessionId, page), 3)).toEqual([trades.slice(0, 3), trades.slice(3)]);
      expect(await pages((page) => store.trades(account.sessionId, page), 4)).toEqual([trades.slice(0, 4), trades.slice(4)]);
    });

    it('pages orders and goes on where it was although newer ones came', async () => {
      let account = await start();
      for (let index = 0; index < 4; index++) {
        account = await keep(commitOf(account, `place:${index}`, [orderPlaced(entryOrder({ id: `E:${9 - index}`, atMs: START_MS + index }))]));
      }
      const first = await store.orders(account.sessionId, { limit: 2, cursor: null });
      await keep(commitOf(account, 'late', [orderPlaced(entryOrder({ id: 'E:late', atMs: START_MS + 99 }))]));
      const second = await store.orders(account.sessionId, { limit: 2, cursor: first.next });

      expect([...first.items, ...second.items].map((stored) => stored.order.id)).toEqual(['E:6', 'E:7', 'E:8', 'E:9']);
    });

    it('refuses a cursor that no page gave', async () => {
      const account = await start();
      for (const cursor of ['', 'x', Buffer.from('HEAD').toString('base64url'), Buffer.from('T#1').toString('base64')]) {
        expect(await codeOf(store.scans(account.sessionId, { limit: 2, cursor }))).toBe('bad_cursor');
      }
    });

    it('keeps a scan once, and the newest is the last', async () => {
      const account = await start();
      const scans = [1, 2, 3].map((ordinal) => scanRecord(START_MS + ordinal * MINUTE, ordinal));
      const asked = scanRecord(START_MS + 3 * MINUTE, 4, { id: 'ask:1', decisions: [] });
      for (const scan of [...scans, asked]) await store.keepScan(account.sessionId, scan);
      await store.keepScan(account.sessionId, { ...scanRecord(START_MS + MINUTE, 9), missingBars: ['BTC'] });

      expect(await store.lastScan(account.sessionId)).toEqual(asked);
      expect(await pages((page) => store.scans(account.sessionId, page), 3)).toEqual([[asked, scans[2], scans[1]], [scans[0]]]);
      expect(await store.receipt(account.sessionId, 'ask:1')).toEqual({ id: 'ask:1', bodyDigest: null, seq: 0, outcome: null });
    });

    it('gives back a scan of many decisions exactly', async () => {
      const account = await start();
      const scan = scanRecord(START_MS, 1, {
        decisions: Array.from(
          { length: 40 },
          (_, index) => ({ ...scanRecord(START_MS, 1).decisions[0], id: `d:${index}`, confidence: index / 7 }) as never,
        ),
      });
      await store.keepScan(account.sessionId, scan);
      expect(await store.lastScan(account.sessionId)).toEqual(scan);
    });

    it('keeps the scan of a commit with it, or neither', async () => {
      const account = await start();
      const scan = scanRecord(START_MS, 1);
      const traded = await keep(commitOf(account, scan.id, [orderPlaced(entryOrder())], { scan }));
      expect(await store.lastScan(account.sessionId)).toEqual(scan);

      await store.keepScan(account.sessionId, { ...scan, missingBars: ['late'] });
      expect(await store.lastScan(account.sessionId)).toEqual(scan);
      expect(await store.receipt(account.sessionId, scan.id)).toMatchObject({ seq: 2, outcome: { done: scan.id } });

      const other = commitOf(account, 'late', [equityMarked(START_MS + 1)], { scan: scanRecord(START_MS + MINUTE, 2) });
      expect(await codeOf(store.commit(other))).toBe('conflict');
      expect(await store.lastScan(account.sessionId)).toEqual(scan);
      expect(await store.head(account.sessionId)).toBe(traded.seq);
    });

    it('refuses to trade on a scan that was kept as one that changed nothing', async () => {
      const account = await start();
      const scan = scanRecord(START_MS, 1);
      await store.keepScan(account.sessionId, scan);
      for (const command of [scan.id, 'another']) {
        expect(await codeOf(store.commit(commitOf(account, command, [orderPlaced(entryOrder())], { scan: { ...scan, ordinal: 7 } })))).toBe(
          'duplicate',
        );
      }
    });

    it('gives out events in the order of the journal until they are relayed', async () => {
      const account = await withOpenPosition();
      // Other tests leave events of their own, as many as a journal of several pages.
      const mine = async () => (await store.outbox(100_000)).filter((event) => event.sessionId === account.sessionId);
      const events = await mine();
      expect(events.map(({ id, seq, type }) => [id, seq, type])).toEqual([
        [`${account.sessionId}:1`, 1, 'session-started'],
        [`${account.sessionId}:2`, 2, 'order-placed'],
        [`${account.sessionId}:3`, 3, 'filled'],
      ]);
      expect(events.map((event) => event.detail)).toEqual((await rowsOf(account.sessionId)).map((row) => row.event));

      const [started, placed, filled] = events;
      if (started === undefined || placed === undefined || filled === undefined) throw new Error('three events');
      await store.relayed([placed]);
      expect(await mine()).toEqual(events);
      await store.relayed([started, filled]);
      expect(await mine()).toEqual([placed, filled]);
      await store.relayed([started]);
      await store.relayed([filled, placed]);
      expect(await mine()).toEqual([]);

      const stopped = await keep(commitOf(account, 'stop', [{ type: 'session-stopped', atMs: START_MS }]));
      expect((await mine()).map((event) => event.type)).toEqual(['session-stopped']);
      await store.relayed(await mine());
      expect(await mine()).toEqual([]);
      expect(await store.head(account.sessionId)).toBe(stopped.seq);
    });

    it('gives out no more events than asked for', async () => {
      await withOpenPosition();
      expect(await store.outbox(2)).toHaveLength(2);
    });

    it('never gives an account that is half of one commit and half of another', async () => {
      let account = await start();
      const committed = new Map([[account.seq, account]]);
      let isDone = false;
      const writer = (async () => {
        for (let index = 0; index < 25; index++) {
          const order = entryOrder({ id: `E:${index}`, quantity: String(index + 1), atMs: START_MS + index });
          const open = commitOf(account, `open:${index}`, [orderPlaced(order), (now) => entryFill(now, order.id, { price: '100' })]);
          committed.set(open.after.seq, open.after);
          account = await keep(open);
          if (index % 3 !== 0) continue;
          const close = commitOf(account, `close:${index}`, [(now) => exitFill(now, order.positionId, { price: '101' })]);
          committed.set(close.after.seq, close.after);
          account = await keep(close);
        }
        isDone = true;
      })();
      let reads = 0;
      while (!isDone) {
        const loaded = await store.load(account.sessionId);
        expect(loaded).toEqual(committed.get(loaded?.seq ?? -1));
        reads += 1;
      }
      await writer;
      expect(reads).toBeGreaterThan(0);
    });

    it('names the row that does not have the expected form', async () => {
      const account = await withOpenPosition();
      const [position] = [...account.positions.keys()];
      const key = ledgerKeys.position(account.sessionId, position ?? '');
      await harness.items.write([{ kind: 'put', table: 'ledger', key, attributes: { version: 1, body: '{"id":"P"}' } }]);
      await expect(store.load(account.sessionId)).rejects.toMatchObject({ code: 'corrupt', context: { sk: key.sk } });

      await harness.items.write([{ kind: 'delete', table: 'ledger', key }]);
      await expect(store.load(account.sessionId)).rejects.toMatchObject({ code: 'corrupt', context: { sk: key.sk } });

      await harness.items.write([{ kind: 'put', table: 'ledger', key: ledgerKeys.journal(account.sessionId, 2), attributes: { body: 'not json' } }]);
      expect(await codeOf(rowsOf(account.sessionId))).toBe('corrupt');
      await harness.items.write([{ kind: 'delete', table: 'ledger', key: ledgerKeys.journal(account.sessionId, 2) }]);
      expect(await codeOf(rowsOf(account.sessionId))).toBe('corrupt');
    });

    it('refuses a commit that no single transaction can hold, and writes nothing of it', async () => {
      const account = await start();
      const commit = commitOf(
        account,
        'many',
        Array.from({ length: 120 }, (_, index) => equityMarked(START_MS + index)),
      );
      expect(await codeOf(store.commit(commit))).toBe('too_large');
      expect(await store.head(account.sessionId)).toBe(account.seq);
    });

    it('refuses a commit whose rows do not lead to its account', async () => {
      const account = await start();
      const commit = commitOf(account, 'odd', [equityMarked(START_MS + 1)]);
      expect(await codeOf(store.commit({ ...commit, rows: commit.rows.map((row) => ({ ...row, hash: 'x' })) }))).toBe('wrong_sequence');
      expect(await codeOf(store.commit({ ...commit, rows: [] }))).toBe('wrong_sequence');
      expect(await store.head(account.sessionId)).toBe(account.seq);
    });

    it('shares nothing with what it was given or gave out', async () => {
      const account = await withOpenPosition();
      const loaded = await store.load(account.sessionId);
      if (loaded === null) throw new Error('The session is not there');
      (loaded.positions as Map<string, unknown>).clear();
      (account.orders as Map<string, unknown>).clear();
      const again = await store.load(account.sessionId);
      expect(again?.positions.size).toBe(1);
      expect(again?.orders.size).toBe(1);
    });
  });
}
