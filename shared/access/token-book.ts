import { timingSafeEqual } from 'node:crypto';
import * as z from 'zod';
import { NightdeskError } from '../kernel/errors.ts';
import { type EpochMs, iso } from '../kernel/time.ts';
import { isToken, tokenDigest } from './token.ts';

export class TokenBookError extends NightdeskError<'full' | 'unknown_token' | 'no_token' | 'which_token' | 'corrupt' | 'changed_meanwhile'> {}

/** A standard parameter of SSM holds 4 kB: this many entries fit with room to spare. */
const MAX_TOKENS = 10;
const ID_DIGITS = 8;

const entrySchema = z.strictObject({
  /** By which people and logs call a token: the beginning of its digest, which tells nobody the token. */
  id: z.string().regex(/^[0-9a-f]{8}$/),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  createdAt: z.iso.datetime(),
  /** Null until it is rotated. */
  expiresAt: z.iso.datetime().nullable(),
});
const bookSchema = z.strictObject({ version: z.literal(1), tokens: z.array(entrySchema).max(MAX_TOKENS) });

export type TokenEntry = Readonly<z.infer<typeof entrySchema>>;
/** The tokens that open the API: their digests, never themselves. */
export interface TokenBook {
  readonly version: 1;
  readonly tokens: readonly TokenEntry[];
}

export const EMPTY_BOOK: TokenBook = { version: 1, tokens: [] };

/** A book as it is stored. */
export const bookText = (book: TokenBook): string => JSON.stringify(book);

/** @throws TokenBookError `corrupt`, without the text, which is nobody's to log */
export function bookFrom(text: string, where: string): TokenBook {
  const parsed = bookSchema.safeParse(jsonOrNull(text));
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map(({ path, message }) => `${path.join('.') || 'whole'}: ${message}`);
  throw new TokenBookError('corrupt', `${where} does not hold a list of token hashes: ${faults.join('; ')}`, { where });
}

function jsonOrNull(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

export const isValidAt = ({ expiresAt }: TokenEntry, nowMs: EpochMs): boolean => expiresAt === null || nowMs < Date.parse(expiresAt);

/** How the book sees a token. */
export type Verdict =
  | { readonly accepted: true; readonly id: string }
  | { readonly accepted: false; readonly why: 'malformed' | 'unknown' | 'expired' };

/** Whether a token is accepted. Every entry is compared in constant time, and all of them, whichever is the one. */
export function verdictOf(book: TokenBook, token: string, nowMs: EpochMs): Verdict {
  if (!isToken(token)) return { accepted: false, why: 'malformed' };
  const digest = Buffer.from(tokenDigest(token), 'hex');
  const [found] = book.tokens.filter(({ sha256 }) => timingSafeEqual(Buffer.from(sha256, 'hex'), digest));
  if (found === undefined) return { accepted: false, why: 'unknown' };
  return isValidAt(found, nowMs) ? { accepted: true, id: found.id } : { accepted: false, why: 'expired' };
}

/** A book that accepts one token more. @throws TokenBookError `full` */
export function withToken(book: TokenBook, token: string, nowMs: EpochMs): TokenBook {
  const kept = book.tokens.filter((entry) => isValidAt(entry, nowMs));
  if (kept.length >= MAX_TOKENS) {
    throw new TokenBookError('full', `At most ${MAX_TOKENS} tokens are kept: revoke one first`, { ids: kept.map(({ id }) => id) });
  }
  const sha256 = tokenDigest(token);
  return { version: 1, tokens: [...kept, { id: sha256.slice(0, ID_DIGITS), sha256, createdAt: iso(nowMs), expiresAt: null }] };
}

/**
 * A book in which a new token takes the place of an old one, which is accepted for the grace period still.
 * @param id  the old one; null where there is only one that has no end
 * @throws TokenBookError `no_token`, `which_token`, `unknown_token`, `full`
 */
export function rotated(book: TokenBook, id: string | null, token: string, { nowMs, graceMs }: { nowMs: EpochMs; graceMs: number }): TokenBook {
  const old = rotatable(book, id, nowMs);
  const tokens = book.tokens.map((entry) => (entry.id === old.id ? { ...entry, expiresAt: iso(nowMs + graceMs) } : entry));
  return withToken({ version: 1, tokens }, token, nowMs);
}

function rotatable(book: TokenBook, id: string | null, nowMs: EpochMs): TokenEntry {
  const endless = book.tokens.filter(({ expiresAt }) => expiresAt === null);
  const ids = endless.map((entry) => entry.id);
  if (id !== null) {
    const named = endless.find((entry) => entry.id === id);
    if (named === undefined) throw unknownToken(id, book, nowMs);
    return named;
  }
  const [only, ...others] = endless;
  if (only === undefined) throw new TokenBookError('no_token', 'There is no token to rotate: create one');
  if (others.length > 0) throw new TokenBookError('which_token', `There are several tokens: name one of ${ids.join(', ')}`, { ids });
  return only;
}

/** A book without a token, or without any. @throws TokenBookError `unknown_token` */
export function revoked(book: TokenBook, id: string | 'all', nowMs: EpochMs): TokenBook {
  if (id === 'all') return EMPTY_BOOK;
  if (!book.tokens.some((entry) => entry.id === id)) throw unknownToken(id, book, nowMs);
  return { version: 1, tokens: book.tokens.filter((entry) => entry.id !== id) };
}

function unknownToken(id: string, book: TokenBook, nowMs: EpochMs): TokenBookError {
  const ids = book.tokens.filter((entry) => isValidAt(entry, nowMs)).map((entry) => entry.id);
  return new TokenBookError('unknown_token', `There is no token ${id}: there are ${ids.join(', ') || 'none'}`, { ids });
}
