import { describe, expect, it } from 'vitest';
import { StoreError } from '../../../shared/engine/ports.ts';
import { startSession, stopSession } from '../../../shared/engine/sessions.ts';
import { createVirtualClock } from '../../../shared/kernel/clock-virtual.ts';
import { decimal } from '../../../shared/kernel/decimal.ts';
import { packedBody, parseJson } from '../../../shared/store/body.ts';
import { LEDGER_FORMAT } from '../../../shared/store/format-number.ts';
import { equals, type Item, type Items } from '../../../shared/store/items.ts';
import { ledgerKeys } from '../../../shared/store/keys.ts';
import { bringForward, type Formats } from '../../../shared/store/ledger-format.ts';
import { createMemoryLedger } from '../../../shared/store/memory-ledger.ts';
import { contextOver, createRows, type Rows } from '../../support/engine-world.ts';
import { START_MS } from '../../support/ledger-fixtures.ts';

/** Ledgers with so many sessions, of which all but the last have ended. */
async function ledgerWith(count: number): Promise<Rows & { readonly ids: readonly string[] }> {
  const rows = createRows();
  const clock = createVirtualClock({ startMs: START_MS, speed: Number.POSITIVE_INFINITY });
  const context = contextOver(rows, clock);
  const ids: string[] = [];
  for (let i = 0; i < count; i++) {
    if (i > 0) await stopSession(context, { closePositions: true }, null);
    ids.push((await startSession(context, { startingCapital: decimal('1000'), strategies: null, riskLimits: {} }, null)).account.sessionId);
  }
  return { ...rows, ids };
}

const sessionRows = (items: Items): Promise<readonly Item[]> => items.query('ledger', ledgerKeys.sessions);

/** Gives sessions another number, or none: as the version wrote them that had no numbers. */
async function written(items: Items, formats: readonly (number | null)[]): Promise<void> {
  for (const [index, item] of (await sessionRows(items)).entries()) {
    const { format: _, ...plain } = item.attributes;
    const format = formats[index];
    const attributes = format === null || format === undefined ? plain : { ...plain, format };
    await items.write([{ kind: 'put', table: 'ledger', key: item, attributes }]);
  }
}

/** The head of a session as format 2 had it. */
async function withoutRecord(items: Items, sessionId: string): Promise<void> {
  const item = await items.get('ledger', ledgerKeys.head(sessionId));
  const { record: _, ...head } = parseJson(item?.attributes.body) as Readonly<Record<string, unknown>>;
  await items.write([{ kind: 'put', table: 'ledger', key: ledgerKeys.head(sessionId), attributes: { ...item?.attributes, body: packedBody(head) } }]);
}

const everything = async ({ items }: Rows, ids: readonly string[]): Promise<unknown> => [
  await sessionRows(items),
  ...(await Promise.all(ids.map((id) => items.query('ledger', { pk: `S#${id}`, from: '', to: '~' })))),
];

const failureOf = async (items: Items, formats?: Formats): Promise<StoreError> => {
  const error = await bringForward(items, formats).catch((thrown: unknown) => thrown);
  if (error instanceof StoreError) return error;
  throw new Error(`expected a refusal, got ${String(error)}`);
};

describe('a ledger', () => {
  it('of this version is opened as it is, and so is an empty one', async () => {
    const rows = await ledgerWith(2);
    const before = await everything(rows, rows.ids);
    expect(await bringForward(rows.items)).toEqual([]);
    expect(await everything(rows, rows.ids)).toEqual(before);
    expect((await sessionRows(rows.items)).map(({ attributes }) => attributes.format)).toEqual([LEDGER_FORMAT, LEDGER_FORMAT]);
    expect(await bringForward(createRows().items)).toEqual([]);
  });

  it('whose rows carry no number is refused in one sentence that says what to do, and nothing in it is changed', async () => {
    const rows = await ledgerWith(1);
    await written(rows.items, [null]);
    const before = await everything(rows, rows.ids);
    const { code, message } = await failureOf(rows.items);
    expect(code).toBe('format');
    expect(message).toMatch(
      /written by an older Nightdesk \(session S-\S+ is in format 1, this version reads 4\).*npm start -- --state ANOTHER_FOLDER/,
    );
    expect(message).toContain(`this version reads ${LEDGER_FORMAT})`);
    expect(message.split('\n')).toHaveLength(1);
    expect(await everything(rows, rows.ids)).toEqual(before);
  });

  it('of format 2, whose head lacks what the risk gate counts, is made anew from its journal', async () => {
    const rows = await ledgerWith(2);
    const before = await everything(rows, rows.ids);
    await written(rows.items, [2, 2]);
    for (const id of rows.ids) await withoutRecord(rows.items, id);
    await expect(createMemoryLedger(rows.items).load(rows.ids[0] ?? '')).rejects.toMatchObject({ code: 'corrupt' });
    expect(await bringForward(rows.items)).toEqual(rows.ids);
    expect(await everything(rows, rows.ids)).toEqual(before);
  });

  it('of a later version is refused: this one has to be updated', async () => {
    const rows = await ledgerWith(1);
    await written(rows.items, [LEDGER_FORMAT + 1]);
    expect((await failureOf(rows.items)).message).toMatch(/written by a newer Nightdesk .*update this version/);
  });
});

describe('a ledger that there is a way for', () => {
  const tried: string[] = [];
  const step = (from: number, to: number) => ({
    from,
    to,
    run: async (items: Items, sessionId: string): Promise<void> => {
      tried.push(`${sessionId} ${from}-${to}`);
      const key = ledgerKeys.head(sessionId);
      await items.write([
        {
          kind: 'update',
          table: 'ledger',
          key,
          attributes: { [`took${to}`]: 'yes' },
          when: equals({ status: String((await items.get('ledger', key))?.attributes.status) }),
        },
      ]);
    },
  });
  const formats: Formats = { format: 4, migrations: [step(3, 4), step(2, 3)] };

  it('goes it step by step, each session from where it is, once', async () => {
    const rows = await ledgerWith(3);
    const [first, second, third] = rows.ids;
    await written(rows.items, [2, 3, 4]);
    tried.length = 0;
    expect(await bringForward(rows.items, formats)).toEqual([first, second]);
    expect(tried).toEqual([`${first} 2-3`, `${first} 3-4`, `${second} 3-4`]);
    expect((await sessionRows(rows.items)).map(({ attributes }) => attributes.format)).toEqual([4, 4, 4]);
    expect((await rows.items.get('ledger', ledgerKeys.head(first ?? '')))?.attributes).toMatchObject({ took3: 'yes', took4: 'yes' });
    expect((await rows.items.get('ledger', ledgerKeys.head(third ?? '')))?.attributes).not.toHaveProperty('took4');
    expect(await bringForward(rows.items, formats)).toEqual([]);
  });

  it('is left as it was when one of its sessions has no way', async () => {
    const rows = await ledgerWith(2);
    await written(rows.items, [null, 3]);
    const before = await everything(rows, rows.ids);
    tried.length = 0;
    expect((await failureOf(rows.items, formats)).code).toBe('format');
    expect(tried).toEqual([]);
    expect(await everything(rows, rows.ids)).toEqual(before);
  });

  it('is taken forward by the next start when the one before died on the way', async () => {
    const rows = await ledgerWith(1);
    await written(rows.items, [2]);
    const dies: Formats = { format: 4, migrations: [step(2, 3), { from: 3, to: 4, run: () => Promise.reject(new Error('killed')) }] };
    await expect(bringForward(rows.items, dies)).rejects.toThrow('killed');
    expect(await bringForward(rows.items, formats)).toHaveLength(1);
  });
});
