import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CHARGE_FACTS, parseChargeFacts } from '../../../shared/config/charges.ts';
import { type ChargedFill, chargesFor } from '../../../shared/execution/charges.ts';
import { type Decimal, multiply, sum } from '../../../shared/kernel/decimal.ts';
import { dateOfDay, dayOfDate } from '../../../shared/market/ist.ts';
import { ON } from '../../support/charged-fills.ts';

/** Up to `most` with four places: products of two of them are exact. */
const fourPlaces = (most: bigint) => fc.bigInt({ min: 1n, max: most * 10_000n }).map((units) => (units * 10_000n) as Decimal);

const kinds = CHARGE_FACTS.rules.flatMap(({ venue, products }) => products.map((product) => ({ instrument: ON[venue], product })));

/** An order at one price of which only the quantity is open. */
type Order = Omit<ChargedFill, 'notional' | 'quantity' | 'underlyingNotional' | 'filledNotional'> & {
  readonly underlying: Decimal;
  readonly paidIn: 'asset-received' | 'bnb';
};

const order: fc.Arbitrary<Order> = fc
  .record({
    kind: fc.constantFrom(...kinds),
    side: fc.constantFrom('buy' as const, 'sell' as const),
    liquidity: fc.constantFrom('maker' as const, 'taker' as const),
    paidIn: fc.constantFrom('asset-received' as const, 'bnb' as const),
    price: fourPlaces(100_000n),
    underlying: fourPlaces(100_000n),
    dpChargedToday: fc.boolean(),
    atMs: fc.integer({ min: Date.parse('2015-01-01'), max: Date.parse('2027-12-31') }),
  })
  .map(({ kind, ...rest }) => ({ ...kind, ...rest }));

const quantities = fc.array(fourPlaces(10_000n), { minLength: 1, maxLength: 6 });

const charged = ({ underlying, paidIn, ...rest }: Order, quantity: Decimal, filledNotional?: Decimal) =>
  chargesFor(
    {
      ...rest,
      quantity,
      notional: multiply(quantity, rest.price),
      underlyingNotional: multiply(quantity, underlying),
      ...(filledNotional === undefined ? {} : { filledNotional }),
    },
    CHARGE_FACTS,
    paidIn,
  );

const distance = (a: bigint, b: bigint): bigint => (a < b ? b - a : a - b);

describe('charges', () => {
  it('are never negative and never fall when the order grows', () => {
    fc.assert(
      fc.property(order, fourPlaces(1_000_000n), fourPlaces(1_000_000n), (fill, a, b) => {
        const [small, large] = a < b ? [a, b] : [b, a];
        const smaller = charged(fill, small);
        const larger = charged(fill, large);
        expect(smaller.map(({ line }) => line)).toEqual(larger.map(({ line }) => line));
        for (const [i, { amount: least, taken }] of smaller.entries()) {
          expect(least >= 0n && (taken?.amount ?? 0n) >= 0n).toBe(true);
          expect((larger[i]?.amount ?? -1n) >= least).toBe(true);
        }
      }),
    );
  });

  it('of the fills of an order are not negative and add up to those of the whole order, but for the rounding of what is charged trade by trade', () => {
    fc.assert(
      fc.property(order, quantities, (fill, parts) => {
        let filled = 0n;
        const fills = parts.map((quantity) => {
          const charges = charged(fill, quantity, filled as Decimal);
          filled += multiply(quantity, fill.price);
          return charges;
        });
        const isByTrade = fill.instrument.venue === 'deribit' && ['option', 'exercise'].includes(fill.product);
        for (const [i, { line, amount, taken }] of charged(fill, sum(parts)).entries()) {
          const amounts = fills.map((charges) => charges[i]?.amount ?? (-1n as Decimal));
          expect(amounts.every((each) => each >= 0n)).toBe(true);
          if (taken !== undefined) {
            // Half of 1e-8 coin a fill and for the whole; its worth at the price, and half of 1e-8 of the quote likewise.
            const coin = sum(fills.map((charges) => charges[i]?.taken?.amount ?? (-1n as Decimal)));
            const roundings = BigInt(parts.length) + 1n;
            expect(2n * distance(coin, taken.amount) <= roundings).toBe(true);
            expect(2n * distance(sum(amounts), amount) <= roundings * (fill.price / 100_000_000n + 2n)).toBe(true);
          } else if (isByTrade) {
            expect(2n * distance(sum(amounts), amount) <= BigInt(parts.length) + 1n).toBe(true);
          } else {
            expect(sum(amounts), line).toBe(amount);
          }
        }
      }),
    );
  });

  it('of options on Deribit are at most an eighth of the premium of each trade', () => {
    fc.assert(
      fc.property(order, fourPlaces(10_000n), fc.constantFrom('option' as const, 'exercise' as const), (fill, quantity, product) => {
        const [fee] = charged({ ...fill, instrument: ON.deribit, product }, quantity);
        expect((fee?.amount ?? 0n) * 8n <= multiply(quantity, fill.price) + 4n).toBe(true);
      }),
    );
  });

  it('in coin leave the buyer 99.9 % of it, and are worth in quote currency what a seller pays', () => {
    fc.assert(
      fc.property(order, fourPlaces(10_000n), (fill, quantity) => {
        const spot: Order = { ...fill, instrument: ON.binance, product: 'spot', paidIn: 'asset-received' };
        const [bought] = charged({ ...spot, side: 'buy' }, quantity);
        const [sold] = charged({ ...spot, side: 'sell' }, quantity);
        // Four places of quantity make the coin taken exact to 1e-7.
        expect((bought?.taken?.amount ?? 0n) * 1_000n).toBe(quantity);
        expect(bought?.amount).toBe(sold?.amount);
      }),
    );
  });
});

describe('cost schedules', () => {
  const bounded = CHARGE_FACTS.rules.flatMap((rule, index) => (rule.to === null ? [] : [{ index, to: rule.to }]));

  it('are refused when a rule goes on into the days of the next', () => {
    fc.assert(
      fc.property(fc.constantFrom(...bounded), fc.integer({ min: 1, max: 4_000 }), ({ index, to }, days) => {
        const later = dateOfDay(dayOfDate(to) + days);
        const rules = CHARGE_FACTS.rules.map((rule, i) => (i === index ? { ...rule, to: later } : rule));
        expect(() => parseChargeFacts({ ...CHARGE_FACTS, rules })).toThrow(/two rules at once/);
      }),
    );
  });
});
