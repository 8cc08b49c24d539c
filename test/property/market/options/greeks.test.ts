import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { OptionRight } from '../../../../shared/market/black76.ts';
import { type CarriedOption, generalisedGreeks } from '../../../../shared/market/options/greeks.ts';

const option = fc.record({
  right: fc.constantFrom<OptionRight>('call', 'put'),
  spot: fc.double({ min: 20, max: 200, noNaN: true }),
  strike: fc.double({ min: 50, max: 150, noNaN: true }),
  years: fc.double({ min: 0.05, max: 2, noNaN: true }),
  rate: fc.double({ min: -0.02, max: 0.15, noNaN: true }),
  carry: fc.double({ min: -0.1, max: 0.15, noNaN: true }),
  volatility: fc.double({ min: 0.1, max: 1.5, noNaN: true }),
});

/** Slope of the price by central difference. */
const slope = (of: CarriedOption, change: (of: CarriedOption, by: number) => CarriedOption, by: number): number =>
  (generalisedGreeks(change(of, by)).price - generalisedGreeks(change(of, -by)).price) / (2 * by);

describe('the greeks of an option', () => {
  it('are the slopes of its price', () => {
    fc.assert(
      fc.property(option, (of) => {
        const { delta, vega, theta, rho } = generalisedGreeks(of);
        const near = (value: number, by: number): void => expect(Math.abs(value - by)).toBeLessThan(1e-5 * Math.max(1, Math.abs(by)) + 1e-5);
        near(
          slope(of, (at, by) => ({ ...at, spot: at.spot + by }), 1e-3),
          delta,
        );
        near(
          slope(of, (at, by) => ({ ...at, volatility: at.volatility + by }), 1e-5),
          vega,
        );
        near(-slope(of, (at, by) => ({ ...at, years: at.years + by }), 1e-6), theta);
        near(
          slope(of, (at, by) => ({ ...at, rate: at.rate + by, carry: at.carry === 0 ? 0 : at.carry + by }), 1e-6),
          rho,
        );
      }),
    );
  });

  it('have a gamma that is the slope of the delta', () => {
    fc.assert(
      fc.property(option, (of) => {
        const [up, down] = [1e-3, -1e-3].map((by) => generalisedGreeks({ ...of, spot: of.spot + by }).delta);
        expect(((up ?? 0) - (down ?? 0)) / 2e-3).toBeCloseTo(generalisedGreeks(of).gamma, 5);
      }),
    );
  });

  it('of a call and its put differ as a forward contract does, and share gamma and vega', () => {
    fc.assert(
      fc.property(option, (of) => {
        const [call, put] = [generalisedGreeks({ ...of, right: 'call' }), generalisedGreeks({ ...of, right: 'put' })];
        const [carried, discount] = [Math.exp((of.carry - of.rate) * of.years), Math.exp(-of.rate * of.years)];
        expect(call.price - put.price).toBeCloseTo(of.spot * carried - of.strike * discount, 9);
        expect(call.delta - put.delta).toBeCloseTo(carried, 12);
        expect(call.gamma).toBe(put.gamma);
        expect(call.vega).toBe(put.vega);
      }),
    );
  });

  it('do not depend on the unit of price, but as a slope does', () => {
    fc.assert(
      fc.property(option, (of) => {
        const [one, ten] = [generalisedGreeks(of), generalisedGreeks({ ...of, spot: of.spot * 10, strike: of.strike * 10 })];
        expect(ten.price / 10).toBeCloseTo(one.price, 9);
        expect(ten.delta).toBeCloseTo(one.delta, 10);
        expect(ten.gamma * 10).toBeCloseTo(one.gamma, 10);
        expect(ten.vega / 10).toBeCloseTo(one.vega, 9);
        expect(ten.theta / 10).toBeCloseTo(one.theta, 9);
      }),
    );
  });

  it.each([
    ['call', 110, 1],
    ['call', 90, 0],
    ['put', 90, -1],
    ['put', 110, 0],
  ] as const)('of a %s at expiry with the spot at %d are a step', (right, spot, delta) => {
    const greeks = generalisedGreeks({ right, spot, strike: 100, years: 0, rate: 0.05, carry: 0.05, volatility: 0.3 });
    expect(greeks).toMatchObject({ price: Math.abs(delta) * 10, gamma: 0, vega: 0 });
    expect(greeks.delta).toBeCloseTo(delta, 15);
  });
});
