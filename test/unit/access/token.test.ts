import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isToken, TOKEN_PATTERN, TokenError, tokenDigest, tokenFrom } from '../../../shared/access/token.ts';

const secret = fc.uint8Array({ minLength: 32, maxLength: 32 });

describe('a token', () => {
  it('always has the form that a secret scanner looks for, whatever was drawn', () => {
    fc.assert(
      fc.property(secret, (random) => {
        const token = tokenFrom(random);
        expect(token).toHaveLength('nightdesk_'.length + 43 + 6);
        expect(isToken(token)).toBe(true);
        const inText = `curl -H "Authorization: Bearer ${token}" https://desk.example`;
        expect([...inText.matchAll(TOKEN_PATTERN)].map(([found]) => found)).toEqual([token]);
      }),
    );
  });

  it('is another one for every other secret: nothing of the 256 bits is lost', () => {
    fc.assert(fc.property(secret, secret, (one, other) => (Buffer.compare(one, other) === 0) === (tokenFrom(one) === tokenFrom(other))));
    expect(tokenFrom(new Uint8Array(32).fill(255))).not.toBe(tokenFrom(new Uint8Array(32).fill(254)));
  });

  it('with one character changed is none, so that a misread one is known without asking', () => {
    fc.assert(
      fc.property(secret, fc.nat(48), fc.constantFrom(...'0Az9'), (random, place, digit) => {
        const token = tokenFrom(random);
        const at = 'nightdesk_'.length + place;
        const changed = `${token.slice(0, at)}${digit}${token.slice(at + 1)}`;
        expect(isToken(changed)).toBe(changed === token);
      }),
    );
  });

  it.each(['', 'nightdesk_', `nightdesk_${'0'.repeat(49)}`, `x${tokenFrom(randomBytes(32))}`, `${tokenFrom(randomBytes(32))}\n`])(
    'is not %j',
    (text) => {
      expect(isToken(text)).toBe(false);
    },
  );

  it('is made of 32 random bytes and of no fewer', () => {
    expect(() => tokenFrom(randomBytes(31))).toThrow(TokenError);
  });

  it('cannot be told from what is kept of it', () => {
    const token = tokenFrom(randomBytes(32));
    expect(tokenDigest(token)).toMatch(/^[0-9a-f]{64}$/);
    expect(tokenDigest(token)).not.toContain(token.slice(10, 20));
  });
});
