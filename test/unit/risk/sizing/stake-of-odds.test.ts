import { describe, expect, it } from 'vitest';
import { kellyShare } from '../../../../shared/risk/sizing/kelly.ts';
import { stakeOfOdds } from '../../../../shared/risk/sizing/stake-of-odds.ts';

describe('the stake of odds', () => {
  it('is nothing at break-even, all of it on a certain trade, less than nothing below', () => {
    expect(stakeOfOdds(0.4, 0.4)).toBe(0);
    expect(stakeOfOdds(1, 0.4)).toBe(1);
    expect(stakeOfOdds(0.3, 0.4)).toBeLessThan(0);
    expect(stakeOfOdds(0.99, 1)).toBeLessThan(0);
  });

  it("is Kelly's for a bet that loses one unit or wins so many", () => {
    // Thorp's example: at even money a chance of .53 stakes .06.
    expect(stakeOfOdds(0.53, 0.5)).toBeCloseTo(0.06, 12);
    for (const b of [1, 2, 2.4]) expect(stakeOfOdds(0.7, 1 / (1 + b))).toBeCloseTo(kellyShare(0.7, b, 1), 12);
  });
});
