import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ALL_SYMBOLS, instrumentBySymbol } from '../../../shared/config/instruments.ts';
import { type ChargedFill, chargesFor, totalOf } from '../../../shared/execution/charges.ts';
import { type Decimal, ONE } from '../../../shared/kernel/decimal.ts';

const amount = fc.bigInt({ min: 1n, max: 10n ** 17n }).map((units) => units as Decimal);
const order = fc
  .record({
    instrument: fc.constantFrom(...ALL_SYMBOLS).map((symbol) => instrumentBySymbol(symbol)),
    isIntraday: fc.boolean(),
    side: fc.constantFrom('buy' as const, 'sell' as const),
    atMs: fc.integer({ min: Date.parse('2015-01-01'), max: Date.parse('2027-12-31') }),
  })
  .map(({ instrument, isIntraday, side, atMs }): Omit<ChargedFill, 'notional'> => {
    const nse = isIntraday ? ('intraday' as const) : ('delivery' as const);
    return { instrument, side, atMs, quantity: ONE, product: instrument.market === 'CRYPTO' ? 'spot' : nse };
  });

describe('charges', () => {
  it('are never negative and never fall when the order grows', () => {
    fc.assert(
      fc.property(order, amount, amount, (fill, a, b) => {
        const [small, large] = a < b ? [a, b] : [b, a];
        const smaller = chargesFor({ ...fill, notional: small });
        const larger = chargesFor({ ...fill, notional: large });
        expect(smaller.map(({ line }) => line)).toEqual(larger.map(({ line }) => line));
        for (const [i, { amount: least }] of smaller.entries()) {
          expect(least >= 0n).toBe(true);
          expect((larger[i]?.amount ?? -1n) >= least).toBe(true);
        }
      }),
    );
  });

  it('of the fills of an order add up to those of the whole order', () => {
    fc.assert(
      fc.property(order, fc.array(amount, { minLength: 1, maxLength: 6 }), (fill, parts) => {
        let filled = 0n;
        let total = 0n;
        for (const notional of parts) {
          total += totalOf(chargesFor({ ...fill, notional, filledNotional: filled as Decimal }));
          filled += notional;
        }
        expect(total).toBe(totalOf(chargesFor({ ...fill, notional: filled as Decimal })));
      }),
    );
  });
});
