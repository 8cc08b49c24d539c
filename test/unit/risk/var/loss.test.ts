import { describe, expect, it } from 'vitest';
import { quantileOfSorted, tailLoss } from '../../../../shared/risk/var/loss.ts';
import { RiskError } from '../../../../shared/risk/var/risk-error.ts';

describe('the tail loss of equally likely outcomes', () => {
  // empyrical (Apache-2.0), tests/test_stats.py, test_value_at_risk.
  it.each([
    { returns: [1, 2], cutoff: 0, expected: 1 },
    { returns: [1, 2], cutoff: 0.3, expected: 1.3 },
    { returns: [1, 2], cutoff: 1, expected: 2 },
    { returns: [1, 81, 82, 83, 84, 85], cutoff: 0.1, expected: 41 },
    { returns: [1, 81, 82, 83, 84, 85], cutoff: 0.2, expected: 81 },
    { returns: [1, 81, 82, 83, 84, 85], cutoff: 0.3, expected: 81.5 },
  ])('has the quantile $expected of empyrical at $cutoff', ({ returns, cutoff, expected }) => {
    expect(quantileOfSorted(Float64Array.from(returns), cutoff)).toBeCloseTo(expected, 12);
  });

  it('tells losses as positive amounts, and the shortfall as the mean of what is at least as bad', () => {
    const outcomes = Float64Array.from([5, -10, 3, -2, 1, 4, -30, 2, 6, 7, 8]);
    const { valueAtRisk, expectedShortfall } = tailLoss(outcomes, 0.9);
    expect(valueAtRisk).toBe(10);
    expect(expectedShortfall).toBe(20);
    expect(outcomes[1]).toBe(-10);
  });

  it('is never smaller for the shortfall than for the value at risk', () => {
    const outcomes = Float64Array.from({ length: 101 }, (_, i) => Math.sin(i) * i);
    for (const level of [0.9, 0.95, 0.99, 0.999]) {
      const { valueAtRisk, expectedShortfall } = tailLoss(outcomes, level);
      expect(expectedShortfall).toBeGreaterThanOrEqual(valueAtRisk);
    }
  });

  it('refuses a level that is no confidence, and no outcomes at all', () => {
    expect(() => tailLoss(Float64Array.from([1]), 95)).toThrow(RiskError);
    expect(() => tailLoss(new Float64Array(), 0.95)).toThrow(/at least one outcome/);
  });
});
