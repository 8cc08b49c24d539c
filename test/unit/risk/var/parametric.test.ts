import { describe, expect, it } from 'vitest';
import { normalQuantile } from '../../../../shared/kernel/normal.ts';
import { momentsOf } from '../../../../shared/risk/var/moments.ts';
import { cornishFisherQuantile, cornishFisherTailLoss, ewmaDeviation, normalTailLoss } from '../../../../shared/risk/var/parametric.ts';

describe('parametric value at risk', () => {
  it.each([
    [0.95, 1.6448536269514722, 2.062712807507],
    [0.99, 2.3263478740408408, 2.665214220345],
    [0.999, 3.090232306167813, 3.367090077063],
  ])('of a normal outcome at %d is %d deviations, and its shortfall %d', (level, z, shortfall) => {
    const { valueAtRisk, expectedShortfall } = normalTailLoss(100, level);
    expect(valueAtRisk / 100).toBeCloseTo(z, 7);
    expect(expectedShortfall / 100).toBeCloseTo(shortfall, 7);
  });

  it('by Cornish-Fisher is the normal one where the moments are normal', () => {
    const normal = cornishFisherTailLoss({ mean: 0, deviation: 1, skewness: 0, excessKurtosis: 0 }, 0.99);
    expect(normal?.valueAtRisk).toBeCloseTo(2.3263478740408408, 7);
    expect(normal?.expectedShortfall).toBeCloseTo(2.665214, 2);
  });

  it('by Cornish-Fisher follows the expansion term by term', () => {
    // z = -2.3263479, S = -0.5, K = 2: z + (z^2-1) S/6 + (z^3-3z) K/24 - (2z^3-5z) S^2/36, worked out by hand.
    const z = -2.3263478740408408;
    const byHand = z + ((z ** 2 - 1) * -0.5) / 6 + ((z ** 3 - 3 * z) * 2) / 24 - ((2 * z ** 3 - 5 * z) * 0.25) / 36;
    expect(byHand).toBeCloseTo(-3.0675, 4);
    expect(cornishFisherQuantile(z, -0.5, 2)).toBeCloseTo(byHand, 12);
  });

  it('by Cornish-Fisher has no answer where the expansion is no quantile', () => {
    expect(cornishFisherQuantile(-1.645, 3, 0)).toBeNull();
    expect(cornishFisherTailLoss({ mean: 0, deviation: 1, skewness: 3, excessKurtosis: 0 }, 0.95)).toBeNull();
  });

  it('knows the moments of a small sample', () => {
    const { mean, deviation, skewness, excessKurtosis } = momentsOf(Float64Array.from([2, 4, 4, 4, 5, 5, 7, 9]));
    expect(mean).toBe(5);
    expect(deviation).toBeCloseTo(Math.sqrt(32 / 7), 12);
    expect(skewness).toBeCloseTo(0.65625, 12);
    expect(excessKurtosis).toBeCloseTo(-0.21875, 12);
  });

  it('weighs what was yesterday more than what was before it', () => {
    expect(ewmaDeviation(Float64Array.from([1, 1, 1]))).toBeCloseTo(1, 12);
    expect(ewmaDeviation(Float64Array.from([0, 2]), 0.5)).toBeCloseTo(Math.sqrt(4 / 1.5), 12);
    expect(ewmaDeviation(Float64Array.from([2, 0]))).toBeLessThan(ewmaDeviation(Float64Array.from([0, 2])));
  });

  it('has quantiles that are symmetric and reach the far tails', () => {
    expect(normalQuantile(0.5)).toBeCloseTo(0, 12);
    for (const p of [0.3, 0.05, 0.01, 1e-6]) expect(normalQuantile(p)).toBeCloseTo(-normalQuantile(1 - p), 6);
    expect(normalQuantile(0)).toBe(Number.NEGATIVE_INFINITY);
  });
});
