import { describe, expect, it } from 'vitest';
import type { LedgerStore } from '../../../shared/engine/ports.ts';
import { verifyLedger } from '../../../shared/engine/verify-ledger.ts';
import type { Account } from '../../../shared/ledger/account.ts';
import type { Attributes } from '../../../shared/store/items.ts';
import { type Key, ledgerKeys } from '../../../shared/store/keys.ts';
import { createRows, type Rows } from '../../support/engine-world.ts';
import { commitOf, entryOrder, equityMarked, orderPlaced, roundTrip, START_MS, sessionStarted } from '../../support/ledger-fixtures.ts';

/** A session with two closed trades, an open position, a working entry and one that was rejected. */
async function traded(): Promise<{ readonly rows: Rows; readonly account: Account }> {
  const rows = createRows();
  let account: Account | null = null;
  const commit = async (id: string, events: Parameters<typeof commitOf>[2]): Promise<void> => {
    const made = commitOf(account, id, events);
    await rows.ledger.commit(made);
    account = made.after;
  };
  await commit('start', [sessionStarted('s')]);
  await commit('one', roundTrip({ id: 'E:1' }));
  await commit('two', roundTrip({ id: 'E:2', symbol: 'ETH' }, { entry: '100', exit: '98.5' }));
  await commit('three', [
    ...roundTrip({ id: 'E:3' }).slice(0, 2),
    orderPlaced(entryOrder({ id: 'E:4', symbol: 'SOL' })),
    orderPlaced(entryOrder({ id: 'E:5', symbol: 'DOT' })),
    { type: 'order-ended', atMs: START_MS + 5, orderId: 'E:5', state: 'rejected', reason: 'insufficient_cash: a test' },
    equityMarked(START_MS + 900_000),
  ]);
  if (account === null) throw new Error('not started');
  return { rows, account };
}

type Body = Readonly<Record<string, unknown>>;

async function tamper({ items }: Rows, key: Key, change: (body: Body) => Body, more: Attributes = {}): Promise<void> {
  const item = await items.get('ledger', key);
  if (typeof item?.attributes.body !== 'string') throw new Error(`No plain row at ${key.sk}`);
  const body = change(JSON.parse(item.attributes.body) as Body);
  await items.write([{ kind: 'put', table: 'ledger', key, attributes: { ...item.attributes, ...more, body: JSON.stringify(body) } }]);
}

const wholeNames = async (ledger: LedgerStore): Promise<readonly string[]> => (await verifyLedger(ledger, 's')).differences.map(({ what }) => what);

describe('a ledger that nobody touched', () => {
  it('is sound, and says what it is made of', async () => {
    const { rows, account } = await traded();
    expect(await verifyLedger(rows.ledger, 's')).toEqual({
      sessionId: 's',
      isSound: true,
      rows: account.seq,
      fills: 5,
      trades: 2,
      cash: '99802',
      journalHash: account.hash,
      differences: [],
    });
  });

  it('is sound although commits come while it is read', async () => {
    const { rows, account } = await traded();
    let latest = account;
    let commits = 0;
    const busy = new Proxy(rows.ledger, {
      get: (target, name: keyof LedgerStore) => {
        if (name === 'rows') {
          return async function* (sessionId: string, afterSeq: number) {
            await another();
            yield* target.rows(sessionId, afterSeq);
            await another();
          };
        }
        return async (...args: never[]) => {
          await another();
          return (target[name] as (...all: never[]) => unknown)(...args);
        };
      },
    });
    const another = async (): Promise<void> => {
      commits += 1;
      const made = commitOf(latest, `more ${commits}`, roundTrip({ id: `E:more:${commits}`, symbol: 'ADA' }));
      await rows.ledger.commit(made);
      latest = made.after;
    };
    const verification = await verifyLedger(busy, 's');
    expect(verification.differences).toEqual([]);
    expect(verification.isSound).toBe(true);
    expect(commits).toBeGreaterThan(3);
  });

  it('is unsound when there is no such session', async () => {
    expect(await verifyLedger(createRows().ledger, 'never')).toMatchObject({ isSound: false, rows: 0 });
  });
});

describe('a row that was changed behind the back of the ledger', () => {
  it.each<readonly [what: string, key: (account: Account) => Key, change: (body: Body) => Body, differences: readonly unknown[]]>([
    ['the cash of the head', () => ledgerKeys.head('s'), (body) => ({ ...body, cash: '1000000' }), ['account: cash']],
    ['an open position', () => ledgerKeys.position('s', 'P:E:3'), (body) => ({ ...body, quantity: '3' }), ['account: position P:E:3']],
    ['a working order', () => ledgerKeys.order('s', 'E:4'), (body) => ({ ...body, reserved: '1' }), ['account: order E:4', 'orders: E:4']],
    ['an order that has ended', () => ledgerKeys.order('s', 'E:5'), (body) => ({ ...body, quantity: '9' }), ['orders: E:5']],
    ['a trade', () => ledgerKeys.trade('s', 4), (body) => ({ ...body, exitPrice: '999' }), ['trades: trade 4']],
    [
      'a journal row',
      () => ledgerKeys.journal('s', 3),
      (body) => ({ ...body, fill: { ...(body.fill as Body), evidence: 'live' } }),
      expect.arrayContaining(['journal row 3: hash']) as never,
    ],
  ])('is found: %s', async (_, key, change, differences) => {
    const { rows, account } = await traded();
    await tamper(rows, key(account), change);
    expect(await wholeNames(rows.ledger)).toEqual(differences);
    expect((await verifyLedger(rows.ledger, 's')).isSound).toBe(false);
  });

  it('is found when an ended order says another end', async () => {
    const { rows } = await traded();
    await tamper(rows, ledgerKeys.order('s', 'E:5'), (body) => body, { state: 'filled' });
    expect(await wholeNames(rows.ledger)).toEqual(['orders: E:5']);
  });

  it('is found when a row is gone', async () => {
    const { rows } = await traded();
    await rows.items.write([{ kind: 'delete', table: 'ledger', key: ledgerKeys.trade('s', 4) }]);
    expect(await wholeNames(rows.ledger)).toEqual(['trades: trade 4']);
    await rows.items.write([{ kind: 'delete', table: 'ledger', key: ledgerKeys.journal('s', 5) }]);
    expect(await wholeNames(rows.ledger)).toEqual(expect.arrayContaining(['journal']));
  });

  it('is found when a journal row was added that no head knows', async () => {
    const { rows, account } = await traded();
    const { rows: more } = commitOf(account, 'more', [equityMarked(START_MS + 1_800_000)]);
    const [row] = more;
    if (row === undefined) throw new Error('no row');
    const { hash, seq, commandId, event } = row;
    const attributes = { seq, hash, commandId, type: event.type, body: JSON.stringify({ ...event, equity: '100000', exposure: '1' }) };
    await rows.items.write([{ kind: 'put', table: 'ledger', key: ledgerKeys.journal('s', seq), attributes }]);
    expect(await wholeNames(rows.ledger)).toEqual(['journal rows after the head']);
  });

  it('is found when the head is that of an earlier moment', async () => {
    const { rows } = await traded();
    const early = createRows();
    await early.ledger.commit(commitOf(null, 'start', [sessionStarted('s')]));
    const head = await early.items.get('ledger', ledgerKeys.head('s'));
    await rows.items.write([{ kind: 'put', table: 'ledger', key: ledgerKeys.head('s'), attributes: head?.attributes ?? {} }]);
    expect((await verifyLedger(rows.ledger, 's')).isSound).toBe(false);
  });
});
