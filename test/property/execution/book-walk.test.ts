import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Taking } from '../../../shared/contracts/fill.ts';
import { type BookWalk, takenByPrice, walkBook } from '../../../shared/execution/book-walk.ts';
import { add, type Decimal, fromNumber, multiply, subtract, sum, toStep, ZERO } from '../../../shared/kernel/decimal.ts';
import type { BookLevel } from '../../../shared/market/order-book.ts';

const LOT = fromNumber(0.001);
// Levels hold fractions of a lot as well.
const units = fc.integer({ min: 1, max: 500_000 }).map((tenThousandths) => tenThousandths / 10_000);
const level = fc.tuple(fc.integer({ min: 9_000, max: 11_000 }), units).map(([cents, quantity]): BookLevel => ({ price: cents / 100, quantity }));
const side = fc.constantFrom<'buy' | 'sell'>('buy', 'sell');
const book = fc.tuple(side, fc.uniqueArray(level, { selector: ({ price }) => price, minLength: 1, maxLength: 12 })).map(([at, levels]) => ({
  side: at,
  levels: levels.toSorted((a, b) => (at === 'buy' ? a.price - b.price : b.price - a.price)),
}));
const quantity = fc.integer({ min: 1, max: 200_000_000 }).map((hundredThousandths) => fromNumber(hundredThousandths / 100_000));
const limit = fc.option(
  fc.integer({ min: 9_000, max: 11_000 }).map((cents) => fromNumber(cents / 100)),
  { nil: null },
);
const taken = (levels: readonly BookLevel[], at: Taking['side']): Taking => ({
  symbol: 'SOL',
  side: at,
  quantity: sum(levels.map((each) => fromNumber(each.quantity))),
  levels,
  atMs: 0,
});
const walks = fc.record({ book, quantity, limit, earlier: fc.array(quantity, { maxLength: 4 }) });

/** Takes orders out of one book one after the other, each remembering those before. */
function inTurn({ levels, side: at }: { levels: readonly BookLevel[]; side: Taking['side'] }, orders: readonly Decimal[], worst: Decimal | null) {
  const takings: Taking[] = [];
  return orders.map((wanted) => {
    const walk = walkBook(levels, { side: at, quantity: wanted, lotStep: LOT, limit: worst, takings });
    if (walk !== null) takings.push(taken(walk.levels, at));
    return { wanted, walk, takings: [...takings] };
  });
}

/** The walks of all orders that found something. */
const walksOf = (given: typeof walks extends fc.Arbitrary<infer T> ? T : never): readonly BookWalk[] =>
  inTurn(given.book, [...given.earlier, given.quantity], given.limit).flatMap(({ walk }) => (walk === null ? [] : [walk]));

const costOf = (levels: readonly BookLevel[]): Decimal => sum(levels.map(({ price, quantity: got }) => multiply(fromNumber(got), fromNumber(price))));

describe('a walk through a book', () => {
  it('gets no more than was asked, in whole lots, and as much as its levels say', () => {
    fc.assert(
      fc.property(walks, (given) => {
        for (const { wanted, walk } of inTurn(given.book, [...given.earlier, given.quantity], given.limit)) {
          if (walk === null) continue;
          expect(walk.quantity > 0n && walk.quantity <= wanted).toBe(true);
          if (wanted >= LOT) expect(toStep(walk.quantity, LOT, 'down')).toBe(walk.quantity);
          expect(sum(walk.levels.map((each) => fromNumber(each.quantity)))).toBe(walk.quantity);
        }
      }),
    );
  });

  it('never takes from a level more than stands there, over all that was taken from it', () => {
    fc.assert(
      fc.property(walks, (given) => {
        const standing = new Map(given.book.levels.map((each) => [each.price, fromNumber(each.quantity)]));
        const { takings } = inTurn(given.book, [...given.earlier, given.quantity], given.limit).at(-1) ?? { takings: [] };
        for (const [price, got] of takenByPrice(takings, given.book.side)) expect(got <= (standing.get(price) ?? ZERO)).toBe(true);
      }),
    );
  });

  it('is priced between its best and its worst level, within the limit, and never better than what its levels cost', () => {
    fc.assert(
      fc.property(walks, (given) => {
        const sign = given.book.side === 'buy' ? 1n : -1n;
        const isNoWorse = (a: Decimal, b: Decimal): boolean => sign * a <= sign * b;
        for (const walk of walksOf(given)) {
          const prices = walk.levels.map(({ price }) => fromNumber(price));
          const [best, worst] = [prices[0] as Decimal, prices.at(-1) as Decimal];
          expect(isNoWorse(best, walk.price) && isNoWorse(walk.price, worst)).toBe(true);
          expect(isNoWorse(worst, given.limit ?? worst)).toBe(true);
          const paid = multiply(walk.quantity, walk.price, sign === 1n ? 'up' : 'down');
          expect(isNoWorse(costOf(walk.levels), paid)).toBe(true);
        }
      }),
    );
  });

  it('leaves a better level only when less than a lot of it is left', () => {
    fc.assert(
      fc.property(walks, ({ book: { levels, side: at }, quantity: wanted, limit: worst }) => {
        const walk = walkBook(levels, { side: at, quantity: wanted, lotStep: LOT, limit: worst, takings: [] });
        const last = walk?.levels.at(-1)?.price;
        for (const each of levels.slice(
          0,
          Math.max(
            0,
            levels.findIndex(({ price }) => price === last),
          ),
        )) {
          const got = walk?.levels.find(({ price }) => price === each.price)?.quantity ?? 0;
          expect(subtract(fromNumber(each.quantity), fromNumber(got)) < LOT).toBe(true);
        }
      }),
    );
  });

  it('split in two gets as much as at once, for what all of it costs', () => {
    fc.assert(
      fc.property(walks, fc.integer({ min: 1, max: 1_000_000 }), ({ book: given, limit: worst }, lots) => {
        const [first, second] = [multiply(LOT, fromNumber(lots % 30_000 || 1)), multiply(LOT, fromNumber(Math.ceil(lots / 30)))];
        const [whole] = inTurn(given, [add(first, second)], worst);
        const parts = inTurn(given, [first, second], worst).flatMap(({ walk }) => (walk === null ? [] : [walk]));
        expect(sum(parts.map((part) => part.quantity))).toBe(whole?.walk?.quantity ?? ZERO);
        const cost = (levels: readonly BookLevel[]): Decimal =>
          sum(levels.map((each) => multiply(fromNumber(each.quantity), fromNumber(each.price))));
        expect(sum(parts.map((part) => cost(part.levels)))).toBe(cost(whole?.walk?.levels ?? []));
      }),
    );
  });
});
