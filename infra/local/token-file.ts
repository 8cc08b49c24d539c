import { closeSync, fstatSync, mkdirSync, openSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { bookFrom, bookText } from '../../shared/access/token-book.ts';
import type { TokenBookStore } from '../../shared/access/token-book-store.ts';
import { NightdeskError } from '../../shared/kernel/errors.ts';

class TokenFileError extends NightdeskError<'open_to_others'> {}

const OWNER_ONLY = 0o600;
const OTHERS = 0o077;

/** The file in the state folder that takes the place of the SSM parameter. */
export const tokenFileIn = (stateDir: string): string => join(stateDir, 'api-tokens.json');

/** The hashes of the tokens in a file that only its owner may read or write. */
export function fileTokenBook(file: string): TokenBookStore {
  const where = `the file ${file}`;
  return {
    where,
    read: async () => {
      const text = readPrivate(file);
      return text === null ? null : { book: bookFrom(text, where), version: 0 };
    },
    write: async (book) => {
      mkdirSync(dirname(file), { recursive: true });
      // Written beside and put in place: the host never reads half a book.
      const draft = `${file}.${process.pid}`;
      writeFileSync(draft, `${bookText(book)}\n`, { mode: OWNER_ONLY, flag: 'wx' });
      renameSync(draft, file);
    },
  };
}

/** Null where there is no file. @throws TokenFileError when others may read or change it */
function readPrivate(file: string): string | null {
  const descriptor = openOrNull(file);
  if (descriptor === null) return null;
  try {
    const { mode } = fstatSync(descriptor);
    if ((mode & OTHERS) !== 0) {
      throw new TokenFileError(
        'open_to_others',
        `${file} is open to others (mode ${(mode & 0o777).toString(8)}): whoever writes it opens the API. Say chmod 600 ${file}`,
        {
          file,
        },
      );
    }
    return readFileSync(descriptor, 'utf8');
  } finally {
    closeSync(descriptor);
  }
}

function openOrNull(file: string): number | null {
  try {
    return openSync(file, 'r');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
}
