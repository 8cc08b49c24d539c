import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { black76, type OptionRight } from '../../../../shared/market/black76.ts';
import { impliedVolatility } from '../../../../shared/market/options/implied-volatility.ts';

const option = fc.record({
  right: fc.constantFrom<OptionRight>('call', 'put'),
  forward: fc.double({ min: 1e-3, max: 1e6, noNaN: true }),
  /** In deviations, so that far strikes come with small and large volatilities alike. */
  reach: fc.double({ min: -37, max: 37, noNaN: true }),
  volatility: fc.double({ min: 1e-4, max: 8, noNaN: true }),
  years: fc.oneof(fc.double({ min: 1e-6, max: 0.01, noNaN: true }), fc.double({ min: 0.01, max: 5, noNaN: true })),
  discount: fc.double({ min: 0.5, max: 1, noNaN: true }),
});

const priced = ({ right, forward, reach, volatility, years, discount }: typeof option extends fc.Arbitrary<infer T> ? T : never) => {
  const deviation = volatility * Math.sqrt(years);
  const strike = forward * Math.exp(Math.max(-20, Math.min(20, reach * deviation)));
  const at = (of: number): number => black76({ right, forward, strike, variance: of ** 2 * years, discount });
  return { right, forward, strike, years, discount, price: at(volatility), at };
};

describe('an implied volatility', () => {
  it('is the one that the price was made with: to 1e-8, or to the digits that the price has', () => {
    fc.assert(
      fc.property(option, (of) => {
        const { at, ...asked } = priced(of);
        const implied = impliedVolatility(asked);
        // What one last digit of the price is worth in volatility, by the price's own slope.
        const step = Math.max(of.volatility * 1e-4, 1e-12);
        const slope = (at(of.volatility + step) - at(of.volatility - step)) / (2 * step);
        const digit = 16 * Number.EPSILON * Math.max(asked.price, 1e-300);
        if (implied.volatility === null) {
          // Only where the price is its bound or its intrinsic value to the last digit does nothing come back.
          const intrinsic = of.discount * Math.max(0, of.right === 'call' ? of.forward - asked.strike : asked.strike - of.forward);
          const most = of.discount * (of.right === 'call' ? of.forward : asked.strike);
          const scale = Number.EPSILON * 16 * Math.max(of.forward, asked.strike);
          expect(Math.min(asked.price - intrinsic, most - asked.price)).toBeLessThanOrEqual(intrinsic === 0 ? Math.max(1e-300, 1e-15 * most) : scale);
          return;
        }
        const allowed = Math.max(1e-8, slope > 0 ? (8 * digit) / slope : Number.POSITIVE_INFINITY);
        expect(Math.abs(implied.volatility - of.volatility)).toBeLessThanOrEqual(allowed);
      }),
      { numRuns: 1_000 },
    );
  });

  it('is the same whatever unit the prices are in', () => {
    fc.assert(
      fc.property(option, fc.constantFrom(10, 1e-4, 82.5), (of, unit) => {
        // Near its bounds a price has too few digits left to tell the same volatility twice.
        fc.pre(Math.abs(of.reach) < 5 && of.volatility * Math.sqrt(of.years) < 3);
        const { at: _, ...asked } = priced({ ...of, right: of.reach > 0 ? 'call' : 'put' });
        const scaled = { ...asked, price: asked.price * unit, forward: asked.forward * unit, strike: asked.strike * unit };
        const [one, other] = [impliedVolatility(asked).volatility, impliedVolatility(scaled).volatility];
        if (one === null || other === null) expect(one).toBe(other);
        else expect(Math.abs(other / one - 1)).toBeLessThan(1e-9);
      }),
    );
  });

  it('rises with the price', () => {
    fc.assert(
      fc.property(option, fc.double({ min: 1.001, max: 3, noNaN: true }), (of, factor) => {
        const { at, ...asked } = priced({ ...of, right: of.reach > 0 ? 'call' : 'put' });
        const dearer = at(of.volatility * factor);
        fc.pre(dearer > asked.price);
        const [lower, higher] = [impliedVolatility(asked), impliedVolatility({ ...asked, price: dearer })];
        fc.pre(lower.volatility !== null && higher.volatility !== null);
        expect(higher.volatility ?? 0).toBeGreaterThanOrEqual((lower.volatility ?? 0) * (1 - 1e-9));
      }),
    );
  });
});

describe('a price that no volatility gives', () => {
  const call = { right: 'call', price: 10, forward: 100, strike: 95, years: 0.5, discount: 0.98 } as const;
  it.each([
    ['is below what exercise gives', { price: 4.8 }, 'below_intrinsic'],
    ['is what exercise gives', { price: 0.98 * 5 }, 'no_time_value'],
    ['of an option out of the money is nothing', { price: 0, strike: 110 }, 'no_time_value'],
    ['of a call is the underlying', { price: 98 }, 'above_bound'],
    ['of a put is its strike', { right: 'put', price: 0.98 * 95 }, 'above_bound'],
    ['is negative', { price: -1 }, 'not_a_price'],
    ['is not a number', { price: Number.NaN }, 'not_a_price'],
    ['comes without a forward', { forward: 0 }, 'not_a_price'],
    ['comes after expiry', { years: 0 }, 'expired'],
  ] as const)('%s', (_, change, reason) => {
    expect(impliedVolatility({ ...call, ...change })).toEqual({ volatility: null, reason });
  });
});
