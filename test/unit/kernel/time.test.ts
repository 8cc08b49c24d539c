import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { iso } from '../../../shared/kernel/time.ts';

const LAST_MS = 8.64e15;

describe('an instant on the wire', () => {
  it('is what the platform writes, at any time and in any order of asking', () => {
    const near = fc.integer({ min: 1.6e12, max: 1.6e12 + 2e8 });
    fc.assert(
      fc.property(fc.array(fc.oneof(near, fc.integer({ min: -LAST_MS, max: LAST_MS })), { minLength: 1, maxLength: 20 }), (instants) => {
        expect(instants.map(iso)).toEqual(instants.map((ms) => new Date(ms).toISOString()));
      }),
      { numRuns: 500 },
    );
  });

  it('is refused for what is no instant', () => {
    expect(() => iso(Number.NaN)).toThrow(RangeError);
    expect(() => iso(LAST_MS + 1)).toThrow(RangeError);
  });
});
