import { describe, expect, it } from 'vitest';
import { figures, known, undefinedBecause } from '../../../shared/performance/figure.ts';
import { maxDrawdown, sharpeRatio, sortinoRatio } from '../../../shared/performance/return-ratios.ts';

const DAILY = { periodsPerYear: 365 };

describe('the Sharpe ratio', () => {
  it('is the mean over the sample deviation, annualised', () => {
    // mean 0.01, deviation sqrt((0.01^2 + 0 + 0.01^2) / 2) = 0.01
    expect(sharpeRatio([0, 0.01, 0.02], DAILY).value).toBeCloseTo(Math.sqrt(365), 12);
    expect(sharpeRatio([0, 0.01, 0.02], { periodsPerYear: 252, requiredReturn: 0.01 }).value).toBeCloseTo(0, 12);
  });

  it.each([
    ['no returns', [], 'needs at least 2 returns, has 0'],
    ['one return', [0.1], 'needs at least 2 returns, has 1'],
    ['returns that do not vary, although floats would', [0.1, 0.1, 0.1, 0.1, 0.1, 0.1], 'the returns do not vary'],
  ])('is undefined for %s', (_what, returns, reason) => {
    expect(sharpeRatio(returns, DAILY)).toEqual({ value: null, reason });
  });
});

describe('the Sortino ratio', () => {
  it('counts periods above the required return as zero, over all periods', () => {
    // mean 0.005, downside sqrt(0.01^2 / 4) = 0.005
    expect(sortinoRatio([-0.01, 0.01, 0.01, 0.01], DAILY).value).toBeCloseTo(Math.sqrt(365), 12);
  });

  it('is undefined where nothing fell short, not infinite', () => {
    expect(sortinoRatio([0, 0.01], DAILY)).toEqual({ value: null, reason: 'no return was below the required one' });
    expect(sortinoRatio([-0.01], DAILY)).toEqual({ value: null, reason: 'needs at least 2 returns, has 1' });
  });
});

describe('the maximum drawdown', () => {
  it('is the deepest fall from a peak, compounded, the beginning included', () => {
    expect(maxDrawdown([0.1, -0.5, 0.2, -0.3]).value).toBeCloseTo(1 - 0.5 * 1.2 * 0.7, 12);
    expect(maxDrawdown([-0.2, 0.5]).value).toBeCloseTo(0.2, 12);
    expect(maxDrawdown([0.1, 0.1])).toEqual({ value: 0, reason: null });
    expect(maxDrawdown([])).toEqual({ value: null, reason: 'needs at least 1 return, has 0' });
  });

  it('stays at 1 once everything is lost', () => {
    expect(maxDrawdown([0.5, -1, 0.3])).toEqual({ value: 1, reason: null });
  });
});

describe('a figure', () => {
  it('is never NaN or infinite', () => {
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
      expect(() => known(value)).toThrow('A figure must be finite');
    }
  });

  it('goes on the wire as a number, or as null with its reason beside', () => {
    expect(figures({ a: known(0), b: undefinedBecause('too few') })).toEqual({ a: 0, b: null, reasons: { b: 'too few' } });
  });
});
