import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { black76, type OptionRight } from '../../../shared/market/black76.ts';

/** Haug: "The complete guide to option pricing formulas", options on a spot price S with yield q: F = S exp((r - q) T). */
it.each([
  ['call', 65, 60, 0, 0.08, 0.25, 0.3, 2.1334],
  ['put', 95, 100, 0.05, 0.1, 0.5, 0.2, 2.4648],
  ['call', 19, 19, 0.1, 0.1, 0.75, 0.28, 1.7011],
  ['put', 70, 75, 0.05, 0.1, 0.5, 0.35, 4.087],
  ['call', 40, 42, 0.08, 0.04, 0.75, 0.35, 5.0975],
  ['call', 40, 42, 0, 0.1, 0.5, 0.2, 4.7594],
  ['put', 40, 42, 0, 0.1, 0.5, 0.2, 0.8086],
] as const)('the price of a %s of strike %d on %d is the published one', (right, strike, spot, q, r, years, volatility, price) => {
  const value = black76({
    right,
    forward: spot * Math.exp((r - q) * years),
    strike,
    variance: volatility ** 2 * years,
    discount: Math.exp(-r * years),
  });
  expect(value).toBeCloseTo(price, 4);
});

describe('the price of an option on a forward', () => {
  const input = fc.record({
    forward: fc.double({ min: 1, max: 1e5, noNaN: true }),
    moneyness: fc.double({ min: -1.5, max: 1.5, noNaN: true }),
    variance: fc.double({ min: 0, max: 2, noNaN: true }),
    discount: fc.double({ min: 0.5, max: 1, noNaN: true }),
  });
  const at = ({ forward, moneyness, variance, discount }: { forward: number; moneyness: number; variance: number; discount: number }) => {
    const strike = forward * Math.exp(moneyness);
    const value = (right: OptionRight, of = strike, more = 0): number => black76({ right, forward, strike: of, variance: variance + more, discount });
    return { strike, value };
  };

  it('keeps put-call parity, and lies between its intrinsic value and the most it can pay', () => {
    fc.assert(
      fc.property(input, (of) => {
        const { strike, value } = at(of);
        const { forward, discount } = of;
        const tolerance = 1e-12 * Math.max(forward, strike);
        expect(Math.abs(value('call') - value('put') - discount * (forward - strike))).toBeLessThanOrEqual(tolerance);
        for (const [right, sign, most] of [
          ['call', 1, forward],
          ['put', -1, strike],
        ] as const) {
          expect(value(right)).toBeGreaterThanOrEqual(discount * Math.max(0, sign * (forward - strike)) - tolerance);
          expect(value(right)).toBeLessThanOrEqual(discount * most + tolerance);
        }
      }),
    );
  });

  it('rises with variance, and a call falls with its strike', () => {
    fc.assert(
      fc.property(input, (of) => {
        const { strike, value } = at(of);
        const tolerance = 1e-12 * Math.max(of.forward, strike);
        expect(value('call', strike, 0.1)).toBeGreaterThanOrEqual(value('call') - tolerance);
        expect(value('call', strike * 1.01)).toBeLessThanOrEqual(value('call') + tolerance);
      }),
    );
  });

  it('is the discounted intrinsic value when nothing can happen any more', () => {
    expect(black76({ right: 'put', forward: 90, strike: 100, variance: 0, discount: 0.9 })).toBeCloseTo(9, 12);
    expect(black76({ right: 'call', forward: 90, strike: 100, variance: 0, discount: 0.9 })).toBe(0);
  });
});
