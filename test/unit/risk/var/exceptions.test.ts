import { describe, expect, it } from 'vitest';
import { testExceptions } from '../../../../shared/risk/var/exceptions.ts';

/** Days of which those at the given places were passed. */
const daysWith = (days: number, places: readonly number[]): boolean[] => Array.from({ length: days }, (_, i) => places.includes(i));

describe('the tests of a value at risk', () => {
  it("find J.P. Morgan's 20 exceptions in 252 days of 1998 at 95 % too many, and clustered", () => {
    // Jorion, "Value at risk", 3rd edition, chapter 6: LR of coverage 3.91; 6 of the 20 follow an exception: independence 9.53, conditional 13.44.
    const clusters = [10, 11, 30, 31, 50, 51, 70, 71, 90, 91, 110, 111, 130, 140, 150, 160, 170, 180, 190, 200];
    const { exceptions, expected, coverage, independence, conditional } = testExceptions(daysWith(253, clusters).slice(0, 252), 0.95);
    expect(exceptions).toBe(20);
    expect(expected).toBeCloseTo(12.6, 10);
    expect(coverage.statistic).toBeCloseTo(3.91, 2);
    expect(coverage.pValue).toBeCloseTo(0.048, 3);
    expect(independence?.statistic).toBeCloseTo(9.53, 1);
    expect(conditional?.statistic).toBeCloseTo(13.44, 1);
    expect(conditional?.pValue).toBeLessThan(0.01);
  });

  // Kupiec (1995), table for T = 255, p = 0.01: fewer than 7 exceptions are not rejected at 5 %; for T = 510 more than 1 and fewer than 11.
  it.each([
    [255, 6, true],
    [255, 7, false],
    [510, 1, false],
    [510, 2, true],
    [510, 10, true],
    [510, 11, false],
  ])('over %d days keep a 99 %% figure with %d exceptions: %s', (days, exceptions, isKept) => {
    const places = Array.from({ length: exceptions }, (_, i) => 3 + i * 20);
    expect(testExceptions(daysWith(days, places), 0.99).coverage.pValue >= 0.05).toBe(isKept);
  });

  it('have an answer without any exception, and for a single day', () => {
    const none = testExceptions(daysWith(100, []), 0.95);
    expect(none.coverage.statistic).toBeCloseTo(-2 * 100 * Math.log(0.95), 10);
    expect(none.independence?.pValue).toBe(1);
    expect(testExceptions([true], 0.95).independence).toBeNull();
  });
});
