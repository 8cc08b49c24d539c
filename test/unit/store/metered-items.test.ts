import { beforeEach, describe, expect, it } from 'vitest';
import { absent, type Items } from '../../../shared/store/items.ts';
import { createMemoryItems } from '../../../shared/store/memory-items.ts';
import { type Meter, meteredItems } from '../../../shared/store/metered-items.ts';

const key = { pk: 'p', sk: 'K#1' };
const ofBytes = (bytes: number) => ({ a: 'x'.repeat(bytes - 'a'.length - 'pk'.length - 'sk'.length - key.pk.length - key.sk.length) });

describe('metered rows', () => {
  let items: Items;
  let meter: Meter;
  beforeEach(() => {
    ({ items, meter } = meteredItems(createMemoryItems()));
  });

  it.each([
    [1, 10],
    [1, 1_024],
    [2, 1_025],
    [5, 4_097],
  ])('count %d write units for a row of %d bytes', async (units, bytes) => {
    await items.write([{ kind: 'put', table: 'market', key, attributes: ofBytes(bytes) }]);
    expect(meter.total()).toMatchObject({ writes: 1, writeUnits: units, reads: 0, readUnits: 0, writtenBytes: bytes, readBytes: 0 });
  });

  it('count every step of a transaction twice, its checks too', async () => {
    await items.write([{ kind: 'put', table: 'market', key, attributes: ofBytes(2_000) }]);
    meter.reset();
    await items.write([
      { kind: 'check', table: 'market', key: { pk: 'p', sk: 'none' }, when: absent },
      { kind: 'put', table: 'market', key: { pk: 'p', sk: 'K#2' }, attributes: ofBytes(1_000) },
      { kind: 'check', table: 'market', key, when: { kind: 'equals', attributes: { a: ofBytes(2_000).a } } },
    ]);
    expect(meter.total()).toMatchObject({ writes: 3, writeUnits: 2 + 2 + 4 });
  });

  it('count an update by the larger of the row before and after', async () => {
    await items.write([{ kind: 'put', table: 'market', key, attributes: ofBytes(3_000) }]);
    meter.reset();
    await items.write([{ kind: 'update', table: 'market', key, attributes: { a: 'small' }, when: { kind: 'equals', attributes: {} } }]);
    expect(meter.total().writeUnits).toBe(3);
  });

  it('count strong reads by started 4 KB: a query by the sum of its rows, a batch row by row, nothing found as one', async () => {
    for (const n of [1, 2, 3]) await items.write([{ kind: 'put', table: 'market', key: { pk: 'p', sk: `K#${n}` }, attributes: ofBytes(3_000) }]);
    meter.reset();
    await items.query('market', { pk: 'p', from: 'K#1', to: 'K#3' });
    expect(meter.total()).toMatchObject({ reads: 1, readUnits: 3 });
    meter.reset();
    await items.getMany('market', [key, { pk: 'p', sk: 'K#9' }]);
    expect(meter.total()).toMatchObject({ reads: 2, readUnits: 2 });
    expect([...meter.usage().keys()]).toEqual(['market K']);
  });
});
