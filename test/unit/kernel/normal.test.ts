import { describe, expect, it } from 'vitest';
import { normalCdf, normalDensity, scaledErfc } from '../../../shared/kernel/normal.ts';

/** Worked out with 60 to 90 digits by the series of erf and the continued fraction of erfc; the arguments straddle the ranges' joints. */
it.each([
  [0.1, 0.8964569799691267],
  [0.4, 0.6707877852947615],
  [0.46875, 0.6320696892495561],
  [0.5, 0.6156903441929259],
  [1, 0.427583576155807],
  [2, 0.25539567631050575],
  [3.5, 0.1552936556088943],
  [4, 0.13699945762506138],
  [4.5, 0.12248480427384142],
  [7.5, 0.07457369306287669],
  [12, 0.04685422101489376],
  [26, 0.021683584850562907],
  [100, 0.005641613782989433],
])('the scaled error function at %d is right to 1e-15 of itself', (x, value) => {
  expect(Math.abs(scaledErfc(x) / value - 1)).toBeLessThan(1e-15);
});

describe('the normal distribution', () => {
  it('halves at 0 and mirrors around it', () => {
    expect(normalCdf(0)).toBe(0.5);
    for (const x of [0.1, 0.6, 0.7, 1, 3, 6]) expect(normalCdf(x) + normalCdf(-x)).toBeCloseTo(1, 15);
  });

  it('keeps the digits of its tail where the plain difference from 1 has none', () => {
    // By the continued fraction of the tail with 60 digits.
    expect(Math.abs(normalCdf(-10) / 7.619853024160525e-24 - 1)).toBeLessThan(1e-14);
    expect(Math.abs(normalCdf(-37) / 5.725571222524577e-300 - 1)).toBeLessThan(1e-13);
  });

  it('has its density as slope', () => {
    for (const x of [-5, -2, -0.66, -0.3, 0.2, 1.5, 4]) expect((normalCdf(x + 1e-5) - normalCdf(x - 1e-5)) / 2e-5).toBeCloseTo(normalDensity(x), 9);
  });
});
