import { randomBytes } from 'node:crypto';
import { tokenFrom } from '../../shared/access/token.ts';
import { EMPTY_BOOK, withToken } from '../../shared/access/token-book.ts';
import type { TokenBookStore } from '../../shared/access/token-book-store.ts';

/** A token as the command makes it. */
export const freshToken = (): string => tokenFrom(randomBytes(32));

/** A store that holds these tokens. */
export function booksOf(...tokens: readonly string[]): Pick<TokenBookStore, 'read'> {
  const book = tokens.reduce((before, token) => withToken(before, token, 0), EMPTY_BOOK);
  return { read: async () => ({ book, version: 1 }) };
}
