import { unreachable } from '../kernel/errors.ts';
import { type Action, type Attributes, assertOneTransaction, type Condition, type Item, type Items } from './items.ts';
import type { Key, KeyRange } from './keys.ts';
import type { TableName } from './tables.ts';

/** Rows of one partition and kind, their sort keys kept in order. */
interface Collection {
  readonly sortKeys: string[];
  readonly rows: Map<string, Attributes>;
}

/** Tables in memory, with the conditions and the all-or-nothing of the real ones. Rows are immutable values and may be shared. */
export function createMemoryItems(): Items {
  const tables: Record<TableName, Map<string, Collection>> = { ledger: new Map(), market: new Map() };

  const collection = (table: TableName, key: Key): Collection => {
    // A kind is the part of the sort key before its first `#`, so that a row of one kind never moves those of another.
    const name = `${key.pk}\n${key.sk.slice(0, key.sk.indexOf('#') + 1)}`;
    const found = tables[table].get(name);
    if (found !== undefined) return found;
    const created: Collection = { sortKeys: [], rows: new Map() };
    tables[table].set(name, created);
    return created;
  };
  const rowAt = (table: TableName, key: Key): Attributes | undefined => collection(table, key).rows.get(key.sk);
  const put = (table: TableName, key: Key, attributes: Attributes): void => {
    const { sortKeys, rows } = collection(table, key);
    if (!rows.has(key.sk)) sortKeys.splice(firstAtLeast(sortKeys, key.sk), 0, key.sk);
    rows.set(key.sk, attributes);
  };
  const remove = (table: TableName, key: Key): void => {
    const { sortKeys, rows } = collection(table, key);
    if (rows.delete(key.sk)) sortKeys.splice(firstAtLeast(sortKeys, key.sk), 1);
  };
  const perform = (action: Action): void => {
    switch (action.kind) {
      case 'put':
        put(action.table, action.key, action.attributes);
        break;
      case 'update':
        put(action.table, action.key, { ...rowAt(action.table, action.key), ...action.attributes });
        break;
      case 'delete':
        remove(action.table, action.key);
        break;
      case 'check':
        break;
      default:
        unreachable(action);
    }
  };

  return {
    get: async (table, key) => itemOf(key, rowAt(table, key)),
    getMany: async (table, keys) => keys.map((key) => itemOf(key, rowAt(table, key))).filter((item) => item !== null),
    query: async (table, range, { newestFirst = false, limit = Number.POSITIVE_INFINITY, after = null } = {}) => {
      const { sortKeys, rows } = collection(table, { pk: range.pk, sk: range.from });
      const found = sortKeysIn(sortKeys, range, newestFirst, after).slice(0, limit);
      return found.map((sk) => itemOf({ pk: range.pk, sk }, rows.get(sk))).filter((item) => item !== null);
    },
    write: async (actions) => {
      assertOneTransaction(actions);
      const failed = [...actions.keys()].filter((index) => {
        const action = actions[index];
        return action?.when !== undefined && !holds(action.when, rowAt(action.table, action.key));
      });
      if (failed.length === 0) for (const action of actions) perform(action);
      return failed;
    },
  };
}

function holds(condition: Condition, row: Attributes | undefined): boolean {
  if (condition.kind === 'absent') return row === undefined;
  return row !== undefined && Object.entries(condition.attributes).every(([name, value]) => row[name] === value);
}

const itemOf = (key: Key, attributes: Attributes | undefined): Item | null =>
  attributes === undefined ? null : { pk: key.pk, sk: key.sk, attributes };

function sortKeysIn(sortKeys: readonly string[], range: KeyRange, newestFirst: boolean, after: string | null): readonly string[] {
  const start = firstAtLeast(sortKeys, range.from);
  const end = firstAtLeast(sortKeys, `${range.to}\u0000`);
  if (newestFirst) {
    const before = after === null ? end : Math.min(end, firstAtLeast(sortKeys, after));
    return sortKeys.slice(start, before).reverse();
  }
  return sortKeys.slice(after === null ? start : Math.max(start, firstAtLeast(sortKeys, `${after}\u0000`)), end);
}

/** Index of the first sort key that is not less than `sk`. */
function firstAtLeast(sortKeys: readonly string[], sk: string): number {
  let low = 0;
  let high = sortKeys.length;
  // Rows mostly arrive in order: at the end.
  if (high > 0 && (sortKeys[high - 1] ?? '') < sk) return high;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sortKeys[middle] ?? '') < sk) low = middle + 1;
    else high = middle;
  }
  return low;
}
