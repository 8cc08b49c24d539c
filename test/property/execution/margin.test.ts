import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { OptionLeg, SharesLeg } from '../../../shared/execution/margin/leg.ts';
import { type MarginPosition, marginOf } from '../../../shared/execution/margin/margin-of.ts';
import { isFullyHedged, maxLoss } from '../../../shared/execution/margin/max-loss.ts';
import type { NseOptionLeg, ScannedLeg } from '../../../shared/execution/margin/nse-scan.ts';
import type { MarginRequirement } from '../../../shared/execution/margin/requirement.ts';
import { subtract, sum, toNumber } from '../../../shared/kernel/decimal.ts';
import { black76 } from '../../../shared/market/black76.ts';

const atMs = Date.parse('2026-10-06T05:00:00Z');
const DAY_MS = 86_400_000;
const UNDERLYING = 1_000;

const direction = fc.constantFrom('long' as const, 'short' as const);
const expiryMs = fc.constantFrom(0.2, 1, 21, 48).map((days) => atMs + days * DAY_MS);
const oneExpiry = fc.constant(atMs + 21 * DAY_MS);
const quantity = fc.integer({ min: 1, max: 20 }).map((lots) => lots * 25);

/** Options at prices of one volatility, so that premiums do not contradict each other. */
const optionOf = (expiry: fc.Arbitrary<number>): fc.Arbitrary<NseOptionLeg> =>
  fc
    .record({
      right: fc.constantFrom('call' as const, 'put' as const),
      direction,
      strike: fc.integer({ min: 70, max: 130 }).map((tens) => tens * 10),
      iv: fc.constantFrom(0.12, 0.2, 0.45),
      quantity,
      expiryMs: expiry,
    })
    .map((leg) => {
      const variance = (leg.iv ** 2 * (leg.expiryMs - atMs)) / (365 * DAY_MS);
      const price = black76({ right: leg.right, forward: UNDERLYING, strike: leg.strike, variance, discount: 1 });
      return { ...leg, kind: 'option', forward: UNDERLYING, price };
    });

const future = fc
  .record({ direction, quantity, expiryMs, price: fc.integer({ min: 980, max: 1_020 }) })
  .map((leg): ScannedLeg => ({ kind: 'future', ...leg }));
const shares = quantity.map((units): SharesLeg => ({ kind: 'equity', quantity: units, price: UNDERLYING }));

const nse = (legs: readonly (ScannedLeg | SharesLeg)[], dailyVolatility: number | null, isIndex: boolean): MarginPosition => ({
  regime: 'nse-derivatives',
  isIndex,
  underlyingPrice: UNDERLYING,
  dailyVolatility,
  legs,
});
const deribit = (legs: readonly OptionLeg[]): MarginPosition => ({
  regime: 'deribit',
  underlyingPrice: UNDERLYING,
  legs: legs.map((leg) => ({ ...leg, price: leg.price / UNDERLYING })),
});
const regT = (legs: readonly (OptionLeg | SharesLeg)[], isIndex: boolean): MarginPosition => ({
  regime: 'reg-t',
  account: 'margin',
  isIndex,
  underlyingPrice: UNDERLYING,
  legs,
});

type Position = Extract<MarginPosition, { readonly legs: unknown }>;

/** Positions of several legs in every regime that has them. */
const positionOf = (expiry: fc.Arbitrary<number>): fc.Arbitrary<Position> => {
  const options = fc.array(optionOf(expiry), { minLength: 1, maxLength: 5 });
  const withShares = fc.array(fc.oneof({ weight: 4, arbitrary: optionOf(expiry) }, shares), { minLength: 1, maxLength: 5 });
  const scanned = fc.array(fc.oneof({ weight: 3, arbitrary: optionOf(expiry) }, future, shares), { minLength: 1, maxLength: 5 });
  const dailyVolatility = fc.constantFrom(null, 0.005, 0.02, 0.04);
  return fc.oneof(
    fc.tuple(scanned, dailyVolatility, fc.boolean()).map((args) => nse(...args)),
    options.map(deribit),
    fc.tuple(withShares, fc.boolean()).map((args) => regT(...args)),
  ) as fc.Arbitrary<Position>;
};

const eachLegOf = (position: Position): readonly MarginRequirement[] =>
  position.legs.map((leg) => marginOf({ ...position, legs: [leg] } as MarginPosition, atMs));
const total = (margins: readonly MarginRequirement[], figure: 'initial' | 'maintenance' | 'deposit'): number =>
  margins.reduce((all, margin) => all + toNumber(margin[figure]), 0);

/** More than half a minor unit for each rounded amount: of paise and cents, or of the eighth place of a coin. */
const CENTS = 0.1;
const roundingOf = ({ regime }: MarginPosition): number => (regime === 'deribit' ? 1e-6 : CENTS);

describe('margin', () => {
  it('is never negative, is the sum of its parts, and keeps no more than it asked', () => {
    fc.assert(
      fc.property(positionOf(expiryMs), (position) => {
        const margin = marginOf(position, atMs);
        for (const amount of [margin.initial, margin.maintenance, margin.deposit, margin.proceeds]) expect(amount >= 0n).toBe(true);
        expect(margin.initial).toBe(sum(margin.parts.map(({ amount }) => amount)));
        expect(margin.maintenance <= margin.initial).toBe(true);
        expect(margin.deposit >= subtract(margin.initial, margin.proceeds)).toBe(true);
      }),
    );
  });

  it('of legs together never exceeds that of each alone', () => {
    fc.assert(
      fc.property(positionOf(expiryMs), (position) => {
        const together = marginOf(position, atMs);
        const apart = eachLegOf(position);
        for (const figure of ['initial', 'deposit', 'maintenance'] as const) {
          expect(toNumber(together[figure])).toBeLessThanOrEqual(total(apart, figure) + roundingOf(position));
        }
      }),
    );
  });

  it('of a position that is fully hedged at one expiry never exceeds its maximum loss, or the premium it costs', () => {
    let hedged = 0;
    fc.assert(
      fc.property(fc.array(optionOf(oneExpiry), { minLength: 2, maxLength: 5 }), fc.boolean(), (legs, isIndex) => {
        const loss = maxLoss(legs);
        if (!isFullyHedged(legs) || loss === null) return;
        hedged += 1;
        const cost = legs.reduce((all, leg) => all + (leg.direction === 'long' ? 1 : -1) * leg.quantity * leg.price, 0);
        const most = Math.max(loss, cost, 0) + CENTS;
        expect(toNumber(marginOf(nse(legs, 0.03, isIndex), atMs).deposit)).toBeLessThanOrEqual(most);
        expect(toNumber(marginOf(regT(legs, isIndex), atMs).deposit)).toBeLessThanOrEqual(most);
        expect(toNumber(marginOf(deribit(legs), atMs).deposit) * UNDERLYING).toBeLessThanOrEqual(most);
      }),
      { numRuns: 300 },
    );
    expect(hedged).toBeGreaterThan(30);
  });

  it('grows as the quantity does', () => {
    fc.assert(
      fc.property(positionOf(expiryMs), fc.integer({ min: 2, max: 10 }), (position, factor) => {
        const one = marginOf(position, atMs);
        const legs = position.legs.map((leg) => ({ ...leg, quantity: leg.quantity * factor }));
        const many = marginOf({ ...position, legs } as MarginPosition, atMs);
        for (const figure of ['initial', 'maintenance', 'proceeds'] as const) {
          expect(Math.abs(toNumber(many[figure]) - factor * toNumber(one[figure]))).toBeLessThan(roundingOf(position) * factor);
        }
      }),
    );
  });

  it('of a linear contract grows as the quantity does within a bracket, and faster beyond it', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 2, max: 10 }), direction, (size, factor, side) => {
        const ask = (units: number) =>
          marginOf({ regime: 'binance-usdm', symbol: 'BTCUSDT', direction: side, quantity: units, price: 80_000, leverage: 4 }, atMs);
        const [one, many] = [ask(size / 100), ask((size * factor) / 100)];
        expect(toNumber(many.initial)).toBeCloseTo(factor * toNumber(one.initial), 6);
        const grown = toNumber(many.maintenance) - factor * toNumber(one.maintenance);
        if (((size * factor) / 100) * 80_000 <= 50_000) expect(grown).toBeCloseTo(0, 6);
        else expect(grown).toBeGreaterThan(-1e-6);
      }),
    );
  });
});
