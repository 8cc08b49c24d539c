import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalJson, wire } from '../../../shared/kernel/canonical-json.ts';

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
