import { type Page, StoreError } from '../engine/ports.ts';
import type { Item, Items } from './items.ts';
import type { KeyRange } from './keys.ts';

/** Which page of a list. */
export interface PageRequest {
  readonly limit: number;
  readonly cursor: string | null;
}

/**
 * A page of a range, newest first. One more row than asked for tells whether there is a next page.
 * @throws StoreError `bad_cursor`
 */
export async function newestFirst(items: Items, range: KeyRange, { limit, cursor }: PageRequest): Promise<Page<Item>> {
  const after = cursor === null ? null : sortKeyOf(cursor, range);
  const found = await items.query('ledger', range, { newestFirst: true, limit: limit + 1, after });
  const page = found.slice(0, limit);
  const last = page.at(-1);
  return { items: page, next: found.length > limit && last !== undefined ? cursorOf(last.sk) : null };
}

/** A page of what its rows say. */
export const mapPage = <T>(page: Page<Item>, read: (item: Item) => T): Page<T> => ({ items: page.items.map(read), next: page.next });

const cursorOf = (sk: string): string => Buffer.from(sk, 'utf8').toString('base64url');

function sortKeyOf(cursor: string, range: KeyRange): string {
  const sk = Buffer.from(cursor, 'base64url').toString('utf8');
  if (sk < range.from || sk > range.to || cursorOf(sk) !== cursor)
    throw new StoreError('bad_cursor', `No page of this list gave the cursor ${JSON.stringify(cursor)}`, { cursor });
  return sk;
}
