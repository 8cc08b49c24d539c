import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalJson, wire } from '../../../shared/kernel/canonical-json.ts';
import { type Decimal, text } from '../../../shared/kernel/decimal.ts';

const anyJson = fc.jsonValue({ noUnicodeString: false }).map((value) => JSON.parse(JSON.stringify(value)) as unknown);

/** The same value with the members of every object put in the opposite order. */
function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, member]) => [key, reversed(member)]),
  );
}

/** The wire value as its definition says it. */
function sorted(value: unknown): unknown {
  if (typeof value === 'bigint') return text(value as Decimal);
  if (Array.isArray(value)) return value.map(sorted);
  if (value === null || typeof value !== 'object') return value;
  const members = Object.keys(value)
    .sort()
    .map((key) => [key, sorted((value as Record<string, unknown>)[key])]);
  return Object.fromEntries(members);
}

describe('canonical JSON', () => {
  it('gives equal values equal bytes, in whatever order they were built', () => {
    fc.assert(
      fc.property(anyJson, (value) => {
        expect(canonicalJson(reversed(value))).toBe(canonicalJson(value));
      }),
    );
  });

  it('reads back as the value, so that different values give different bytes', () => {
    fc.assert(
      fc.property(anyJson, (value) => {
        expect(JSON.parse(canonicalJson(value))).toEqual(value);
      }),
    );
  });

  it('puts the keys in the order that sort gives, whatever the value is', () => {
    const odd = fc.constantFrom(
      '"',
      '\\',
      '\u0000',
      '\u001f',
      ' ',
      '\u007f',
      '\u2028',
      '\ud800',
      '\udfff',
      '\ud83d\ude00',
      'a',
      '0',
      '1',
      '__proto__',
      '-',
    );
    const name = fc.oneof(
      fc.array(odd, { maxLength: 4 }).map((parts) => parts.join('')),
      fc.integer({ min: 0, max: 30 }).map(String),
      fc.string(),
    );
    const { value: anything } = fc.letrec<{ value: unknown }>((tie) => ({
      value: fc.oneof(
        { maxDepth: 4, withCrossShrink: true },
        fc.constantFrom<unknown>(
          null,
          undefined,
          true,
          false,
          0,
          -0,
          Number.NaN,
          Number.POSITIVE_INFINITY,
          1e21,
          5e-324,
          () => 1,
          Symbol('s'),
          new Date(0),
        ),
        fc.double(),
        fc.bigInt({ min: -(10n ** 20n), max: 10n ** 20n }),
        name,
        fc.uint8Array({ maxLength: 3 }),
        fc.array(tie('value'), { maxLength: 5 }),
        fc.array(fc.tuple(name, tie('value')), { maxLength: 60 }).map((members) => Object.fromEntries(members)),
      ),
    }));
    fc.assert(
      fc.property(anything, (value) => {
        expect(canonicalJson(value)).toBe(JSON.stringify(sorted(value)));
      }),
      { numRuns: 1_000 },
    );
  });

  it('loses no member, whatever it is called', () => {
    expect(canonicalJson(JSON.parse('[{"__proto__":null,"b":1,"a":2}]'))).toBe('[{"__proto__":null,"a":2,"b":1}]');
  });

  it('changes nothing the second time', () => {
    fc.assert(
      fc.property(anyJson, (value) => {
        expect(canonicalJson(wire(value))).toBe(canonicalJson(value));
      }),
    );
  });
});
