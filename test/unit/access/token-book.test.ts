import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { tokenDigest, tokenFrom } from '../../../shared/access/token.ts';
import { bookFrom, bookText, EMPTY_BOOK, revoked, rotated, TokenBookError, verdictOf, withToken } from '../../../shared/access/token-book.ts';
import { DAY_MS, HOUR_MS } from '../../../shared/kernel/time.ts';

const NOW = Date.parse('2026-11-22T10:00:00Z');
const fresh = (): string => tokenFrom(randomBytes(32));
const idOf = (token: string): string => tokenDigest(token).slice(0, 8);
const codeOf = (task: () => unknown): string => {
  try {
    task();
  } catch (error) {
    if (error instanceof TokenBookError) return error.code;
    throw error;
  }
  return 'nothing was thrown';
};

describe('a book of tokens', () => {
  it('accepts the token that was written into it, and names it by its id', () => {
    const [token, other] = [fresh(), fresh()];
    const book = withToken(withToken(EMPTY_BOOK, token, NOW), other, NOW);
    expect(verdictOf(book, token, NOW)).toEqual({ accepted: true, id: idOf(token) });
    expect(verdictOf(book, other, NOW + 365 * DAY_MS)).toEqual({ accepted: true, id: idOf(other) });
  });

  it('accepts nothing when it is empty, and nothing that is not in it', () => {
    const book = withToken(EMPTY_BOOK, fresh(), NOW);
    expect(verdictOf(EMPTY_BOOK, fresh(), NOW)).toEqual({ accepted: false, why: 'unknown' });
    expect(verdictOf(book, fresh(), NOW)).toEqual({ accepted: false, why: 'unknown' });
    for (const text of ['', 'secret', book.tokens[0]?.sha256 ?? ''])
      expect(verdictOf(book, text, NOW)).toEqual({ accepted: false, why: 'malformed' });
  });

  it('keeps no token, in whatever form it is stored', () => {
    const token = fresh();
    const text = bookText(withToken(EMPTY_BOOK, token, NOW));
    for (let at = 0; at + 12 <= token.length; at++) if (at >= 10) expect(text).not.toContain(token.slice(at, at + 12));
    expect(bookFrom(text, 'here')).toEqual(withToken(EMPTY_BOOK, token, NOW));
  });

  it('accepts a rotated token until its grace is over, to the millisecond', () => {
    const [old, next] = [fresh(), fresh()];
    const book = rotated(withToken(EMPTY_BOOK, old, NOW), null, next, { nowMs: NOW, graceMs: HOUR_MS });
    expect(verdictOf(book, old, NOW + HOUR_MS - 1)).toMatchObject({ accepted: true });
    expect(verdictOf(book, old, NOW + HOUR_MS)).toEqual({ accepted: false, why: 'expired' });
    expect(verdictOf(book, next, NOW + HOUR_MS)).toMatchObject({ accepted: true });
  });

  it('without a grace accepts the old token no more', () => {
    const [old, next] = [fresh(), fresh()];
    const book = rotated(withToken(EMPTY_BOOK, old, NOW), null, next, { nowMs: NOW, graceMs: 0 });
    expect(verdictOf(book, old, NOW).accepted).toBe(false);
    expect(verdictOf(book, next, NOW).accepted).toBe(true);
  });

  it('does not lengthen the grace of a token that was rotated before', () => {
    const [first, second, third] = [fresh(), fresh(), fresh()];
    const once = rotated(withToken(EMPTY_BOOK, first, NOW), null, second, { nowMs: NOW, graceMs: HOUR_MS });
    const twice = rotated(once, null, third, { nowMs: NOW + 1_000, graceMs: DAY_MS });
    expect(verdictOf(twice, first, NOW + HOUR_MS).accepted).toBe(false);
    expect(codeOf(() => rotated(twice, idOf(first), fresh(), { nowMs: NOW + 1_000, graceMs: DAY_MS }))).toBe('unknown_token');
  });

  it('asks which token is meant when there are several, and rotates the one that is named', () => {
    const [one, other, next] = [fresh(), fresh(), fresh()];
    const book = withToken(withToken(EMPTY_BOOK, one, NOW), other, NOW);
    const when = { nowMs: NOW, graceMs: 0 };
    expect(codeOf(() => rotated(book, null, next, when))).toBe('which_token');
    expect(codeOf(() => rotated(EMPTY_BOOK, null, next, when))).toBe('no_token');
    const after = rotated(book, idOf(other), next, when);
    expect([one, other, next].map((token) => verdictOf(after, token, NOW).accepted)).toEqual([true, false, true]);
  });

  it('forgets a revoked token, or all of them', () => {
    const [one, other] = [fresh(), fresh()];
    const book = withToken(withToken(EMPTY_BOOK, one, NOW), other, NOW);
    const less = revoked(book, idOf(one), NOW);
    expect([one, other].map((token) => verdictOf(less, token, NOW).accepted)).toEqual([false, true]);
    expect(revoked(book, 'all', NOW)).toEqual(EMPTY_BOOK);
    expect(codeOf(() => revoked(book, '00000000', NOW))).toBe('unknown_token');
  });

  it('fits a standard parameter of SSM when it is full, and takes no more', () => {
    const full = Array.from({ length: 10 }, fresh).reduce((book, token) => withToken(book, token, NOW), EMPTY_BOOK);
    expect(Buffer.byteLength(bookText(full))).toBeLessThan(4_096);
    expect(codeOf(() => withToken(full, fresh(), NOW))).toBe('full');
  });

  it('makes room by the tokens that have expired', () => {
    let book = withToken(EMPTY_BOOK, fresh(), NOW);
    for (let turn = 1; turn <= 30; turn++) book = rotated(book, null, fresh(), { nowMs: NOW + turn * DAY_MS, graceMs: HOUR_MS });
    expect(book.tokens).toHaveLength(2);
  });

  it.each(['', 'null', '{"version":1}', '{"version":2,"tokens":[]}', '{"version":1,"tokens":[{"id":"x"}]}'])(
    'that is %j is refused as corrupt, without telling what it was',
    (text) => {
      expect(() => bookFrom(text, 'the file')).toThrow(/^the file does not hold a list of token hashes/);
    },
  );
});
