import { unreachable } from '../kernel/errors.ts';
import type { Action, Attributes, Item, Items, Value } from './items.ts';
import type { Key } from './keys.ts';
import type { TableName } from './tables.ts';

/** What was asked of one kind of row: its table and the part of its sort key before the first `#`. */
export interface Usage {
  readonly writeUnits: number;
  readonly readUnits: number;
  readonly writes: number;
  readonly reads: number;
  /** Of the rows that were written, and of those that were read: what units are counted from. */
  readonly writtenBytes: number;
  readonly readBytes: number;
}

export interface Meter {
  /** By kind of row, such as `market B` (minutes) or `ledger J` (journal). */
  readonly usage: () => ReadonlyMap<string, Usage>;
  readonly total: () => Usage;
  /** Begins to count anew. */
  readonly reset: () => void;
}

const WRITE_UNIT_BYTES = 1_024;
const READ_UNIT_BYTES = 4_096;
/** A step of a transaction is prepared and then done: each costs. */
const TRANSACTION_FACTOR = 2;
const NUMBER_BYTES = 1;
const LIST_BYTES = 3;

/**
 * Rows that count what they would cost on DynamoDB: a write unit for each started KB of the larger of the row before and
 * after, twice in a transaction (checks included); a read unit for each started 4 KB, reads being strong; a query by the
 * sum of its rows.
 * @see AWS, "DynamoDB read and write operations" and "Item sizes and formats" (developer guide, 2026)
 */
export function meteredItems(items: Items): { readonly items: Items; readonly meter: Meter } {
  const counted = new Map<string, Usage>();

  const count = (table: TableName, sk: string, more: Partial<Usage>): void => {
    const kind = `${table} ${sk.includes('#') ? sk.slice(0, sk.indexOf('#')) : sk}`;
    counted.set(kind, sum(counted.get(kind) ?? NOTHING, { ...NOTHING, ...more }));
  };
  const read = (table: TableName, sk: string, bytes: number): void =>
    count(table, sk, { reads: 1, readBytes: bytes, readUnits: Math.max(1, Math.ceil(bytes / READ_UNIT_BYTES)) });

  const write = async (action: Action, factor: number): Promise<void> => {
    const before = await items.get(action.table, action.key);
    const bytes = Math.max(before === null ? 0 : itemBytes(before, before.attributes), bytesAfter(action, before));
    const writeUnits = factor * Math.max(1, Math.ceil(bytes / WRITE_UNIT_BYTES));
    count(action.table, action.key.sk, { writes: 1, writtenBytes: bytes, writeUnits });
  };

  return {
    items: {
      get: async (table, key) => {
        const item = await items.get(table, key);
        read(table, key.sk, item === null ? 0 : itemBytes(item, item.attributes));
        return item;
      },
      getMany: async (table, keys) => {
        const found = await items.getMany(table, keys);
        for (const key of keys) {
          const item = found.find(({ pk, sk }) => pk === key.pk && sk === key.sk);
          read(table, key.sk, item === undefined ? 0 : itemBytes(item, item.attributes));
        }
        return found;
      },
      query: async (table, range, options) => {
        const found = await items.query(table, range, options);
        read(
          table,
          range.from,
          found.reduce((total, item) => total + itemBytes(item, item.attributes), 0),
        );
        return found;
      },
      write: async (actions) => {
        for (const action of actions) await write(action, actions.length > 1 ? TRANSACTION_FACTOR : 1);
        return items.write(actions);
      },
    },
    meter: {
      usage: () => new Map([...counted].sort(([a], [b]) => (a < b ? -1 : 1))),
      total: () => [...counted.values()].reduce(sum, NOTHING),
      reset: () => counted.clear(),
    },
  };
}

const NOTHING: Usage = { writeUnits: 0, readUnits: 0, writes: 0, reads: 0, writtenBytes: 0, readBytes: 0 };

const sum = (a: Usage, b: Usage): Usage => ({
  writeUnits: a.writeUnits + b.writeUnits,
  readUnits: a.readUnits + b.readUnits,
  writes: a.writes + b.writes,
  reads: a.reads + b.reads,
  writtenBytes: a.writtenBytes + b.writtenBytes,
  readBytes: a.readBytes + b.readBytes,
});

function bytesAfter(action: Action, before: Item | null): number {
  switch (action.kind) {
    case 'put':
      return itemBytes(action.key, action.attributes);
    case 'update':
      return itemBytes(action.key, { ...before?.attributes, ...action.attributes });
    case 'delete':
    case 'check':
      return 0;
    default:
      return unreachable(action);
  }
}

/** A row's size: names and values of all attributes, keys included. */
function itemBytes({ pk, sk }: Key, attributes: Attributes): number {
  const keys = Buffer.byteLength(pk) + Buffer.byteLength(sk) + 'pk'.length + 'sk'.length;
  return Object.entries(attributes).reduce((total, [name, value]) => total + Buffer.byteLength(name) + valueBytes(value), keys);
}

function valueBytes(value: Value): number {
  if (typeof value === 'string') return Buffer.byteLength(value);
  // About one byte for two digits and one more.
  if (typeof value === 'number') return NUMBER_BYTES + Math.ceil(String(Math.abs(value)).replace('.', '').length / 2);
  if (value instanceof Uint8Array) return value.byteLength;
  return value.reduce((total, text) => total + 1 + Buffer.byteLength(text), LIST_BYTES);
}
