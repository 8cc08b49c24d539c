import { StoreError } from '../engine/ports.ts';
import type { Key, KeyRange } from './keys.ts';
import type { TableName } from './tables.ts';

/** What an attribute may hold. Everything deep is text (JSON) or bytes (JSON, gzipped). */
export type Value = string | number | Uint8Array | readonly string[];

export type Attributes = Readonly<Record<string, Value>>;

/** One row. */
export interface Item extends Key {
  readonly attributes: Attributes;
}

/** A claim about the row at a key: that it is not there, or that it is and these attributes have these values. */
export type Condition = { readonly kind: 'absent' } | { readonly kind: 'equals'; readonly attributes: Readonly<Record<string, string | number>> };

/** One step of a write. `update` sets the named attributes and leaves the others, and never names a key. */
export type Action =
  | { readonly kind: 'put'; readonly table: TableName; readonly key: Key; readonly attributes: Attributes; readonly when?: Condition }
  | { readonly kind: 'update'; readonly table: TableName; readonly key: Key; readonly attributes: Attributes; readonly when: Condition }
  | { readonly kind: 'delete'; readonly table: TableName; readonly key: Key; readonly when?: Condition }
  | { readonly kind: 'check'; readonly table: TableName; readonly key: Key; readonly when: Condition };

/** What DynamoDB takes in one transaction. */
export const MAX_ACTIONS = 100;

/**
 * Rows under keys, as DynamoDB has them: the one thing that the ledger and the market are written over, so that the table
 * in memory and the one on AWS cannot differ in anything but how a row gets in and out. Reads are strong.
 */
export interface Items {
  get(table: TableName, key: Key): Promise<Item | null>;
  /** The rows that are there, in no order that means anything. */
  getMany(table: TableName, keys: readonly Key[]): Promise<readonly Item[]>;
  /** Rows of a range in the order of their sort keys: all of them, or the first `limit` after the sort key `after`. */
  query(table: TableName, range: KeyRange, options?: QueryOptions): Promise<readonly Item[]>;
  /**
   * Does all the steps or none.
   * @returns the indices of the steps whose condition failed; empty when everything was written
   * @throws StoreError `unavailable`, `unknown`, `too_large`
   */
  write(actions: readonly Action[]): Promise<readonly number[]>;
}

export interface QueryOptions {
  readonly newestFirst?: boolean;
  readonly limit?: number;
  readonly after?: string | null;
}

export const absent: Condition = { kind: 'absent' };
export const equals = (attributes: Readonly<Record<string, string | number>>): Condition => ({ kind: 'equals', attributes });

/** @throws StoreError `too_large` when the actions do not fit in one transaction */
export function assertOneTransaction(actions: readonly Action[]): void {
  if (actions.length > MAX_ACTIONS) {
    throw new StoreError('too_large', `One transaction takes at most ${MAX_ACTIONS} steps, received ${actions.length}`, { steps: actions.length });
  }
  const seen = new Set<string>();
  for (const { table, key } of actions) {
    const name = `${table} ${key.pk} ${key.sk}`;
    if (seen.has(name)) throw new StoreError('too_large', `One transaction touches a row once, received two steps for ${name}`, { key });
    seen.add(name);
  }
}
