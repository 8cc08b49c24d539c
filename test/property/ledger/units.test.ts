import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { add, type Decimal, fromNumber, subtract, sum, text, ZERO } from '../../../shared/kernel/decimal.ts';
import type { BookLevel } from '../../../shared/market/order-book.ts';
import { balancesOf, type Matched, placed, type Standing } from '../../support/matched-orders.ts';

const LOT = fromNumber(0.001);
const EXIT = 'X:P:E:1:1';

const cents = (min: number, max: number) => fc.integer({ min, max }).map((value) => value / 100);
/** Sizes that hold fractions of a lot as well. */
const size = fc.integer({ min: 1, max: 30_000 }).map((value) => value / 10_000);
const sideOf = (falling: 1 | -1, min: number, max: number): fc.Arbitrary<readonly BookLevel[]> =>
  fc
    .uniqueArray(fc.record({ price: cents(min, max), quantity: size }), { selector: ({ price }) => price, minLength: 1, maxLength: 5 })
    .map((levels) => levels.toSorted((a, b) => falling * (b.price - a.price)));
const standing: fc.Arbitrary<Standing> = fc.oneof(
  fc.record({ last: cents(9_900, 10_100), bids: sideOf(1, 9_000, 9_999), asks: sideOf(-1, 10_001, 11_000) }),
  fc.record({ last: cents(9_000, 11_000), minuteVolume: fc.constantFrom(null, 0.5, 5, 40) }),
);
const lots = fc.integer({ min: 1, max: 6_000 }).map((count) => text((LOT * BigInt(count)) as Decimal));
const play = fc.record({
  quantity: lots,
  buying: fc.array(standing, { minLength: 1, maxLength: 6 }),
  selling: fc.array(standing, { minLength: 1, maxLength: 6 }),
});

/** At the end somebody takes all there is. */
const DEEP: Standing = { last: 100, bids: [{ price: 99.99, quantity: 1_000 }], asks: [{ price: 100.01, quantity: 1_000 }] };

/** Buys in as many parts as the market gives, closes, and sells the same way; `after` is told after every look. */
function played({ quantity, buying, selling }: typeof play extends fc.Arbitrary<infer T> ? T : never, after: (matched: Matched) => void): Matched {
  const matched = placed(quantity);
  const look = (orderId: string, there: Standing): void => {
    matched.look(orderId, there);
    after(matched);
  };
  for (const there of buying) look('E:1', there);
  if (matched.account().positions.size === 0) look('E:1', DEEP);
  matched.closeAtMarket('P:E:1');
  for (const there of [...selling, DEEP]) look(EXIT, there);
  return matched;
}

const unitsLost = (matched: Matched): Decimal => sum(matched.fills().map((fill) => fill.unitsLost));

describe('units', () => {
  it('are conserved through entries and exits in parts: what is held is what the books say, and the exit is for all of it', () => {
    fc.assert(
      fc.property(play, (given) => {
        played(given, (matched) => {
          const { positions, orders } = matched.account();
          const balances = balancesOf(matched.fills());
          const held = positions.get('P:E:1')?.quantity ?? ZERO;
          expect(balances['units:P:E:1 SOL'] ?? 0n).toBe(held);
          expect(add(held, unitsLost(matched))).toBe(-(balances['market SOL'] ?? 0n));
          const exit = orders.get(EXIT);
          if (exit !== undefined) expect(subtract(exit.quantity, exit.filledQuantity)).toBe(held);
        });
      }),
    );
  });

  it('all go: a position that is closed leaves nothing, and lost less than a lot beside the commission', () => {
    fc.assert(
      fc.property(play, (given) => {
        const matched = played(given, () => undefined);
        expect([...matched.account().positions.keys(), ...matched.account().orders.keys()]).toEqual([]);
        const [entries, exits] = ['entry', 'exit'].map((purpose) => matched.fills().filter((fill) => fill.purpose === purpose));
        const dust = sum((exits ?? []).map((fill) => fill.unitsLost));
        expect(dust < LOT).toBe(true);
        for (const fill of entries ?? []) {
          // A thousandth of each, rounded half-even.
          const off = 2n * (fill.quantity - 1_000n * fill.unitsLost);
          expect(off <= 1_000n && off >= -1_000n).toBe(true);
        }
      }),
    );
  });

  it('take their cost with them: what is realised is the change of cash, and what is charged is what the fills say, exactly', () => {
    fc.assert(
      fc.property(play, (given) => {
        const matched = played(given, () => undefined);
        const { cash, startingCapital, totals } = matched.account();
        expect(totals.realised).toBe(subtract(cash, startingCapital));
        expect(totals.charges).toBe(sum(matched.fills().flatMap((fill) => fill.charges.map(({ amount }) => amount))));
        expect(balancesOf(matched.fills())['position:P:E:1 USDT'] ?? 0n).toBe(0n);
        expect(totals.trades).toBe(1);
      }),
    );
  });
});
