import type { TokenBook } from './token-book.ts';

/** Where the hashes of the API's tokens are kept. */
export interface TokenBookStore {
  /** In words, for the person at the terminal. */
  readonly where: string;
  /** Null where nothing was ever stored. @throws when the store cannot be read, or holds something else */
  readonly read: () => Promise<StoredBook | null>;
  /**
   * Stores a book in place of what was read.
   * @throws TokenBookError `changed_meanwhile` when somebody else has stored one since
   */
  readonly write: (book: TokenBook, over: StoredBook | null) => Promise<void>;
}

export interface StoredBook {
  readonly book: TokenBook;
  /** Counts the writes where the store does; 0 where it does not. */
  readonly version: number;
}
