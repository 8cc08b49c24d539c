import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createGate } from '../../../../shared/feeds/intake/validation.ts';
import type { BookLevel, OrderBook } from '../../../../shared/market/order-book.ts';

const number = fc.oneof(fc.integer({ min: 90, max: 110 }), fc.constantFrom(0, -1, Number.NaN, Number.POSITIVE_INFINITY));
const side = fc.array(fc.record({ price: number, quantity: fc.oneof(fc.constant(1), number) }), { maxLength: 5 });
const sorted = (falling: 1 | -1, from: number) =>
  fc
    .uniqueArray(fc.integer({ min: 0, max: 20 }), { maxLength: 5 })
    .map((away) => away.sort((a, b) => a - b).map((by): BookLevel => ({ price: from - falling * by, quantity: 1 + by })));

const isFalling = (levels: readonly BookLevel[], falling: 1 | -1): boolean =>
  levels.every(({ price, quantity }, i) => {
    const before = levels[i - 1]?.price ?? price + falling;
    return price > 0 && quantity > 0 && Number.isFinite(price) && Number.isFinite(quantity) && (before - price) * falling > 0;
  });

it('a book that the gate lets through has positive levels, is sorted and is not crossed; another one is counted', () => {
  const books = fc.oneof(fc.tuple(side, side), fc.tuple(sorted(1, 100), sorted(-1, 101)));
  fc.assert(
    fc.property(fc.array(books, { maxLength: 20 }), (told) => {
      const gate = createGate();
      let [through, refused] = [0, 0];
      for (const [bids, asks] of told) {
        const book: OrderBook = { symbol: 'BTC', bids, asks, exchangeMs: 1_000, receivedMs: 1_000, source: 's', evidence: 'live' };
        const isGood =
          isFalling(bids, 1) &&
          isFalling(asks, -1) &&
          bids.length + asks.length > 0 &&
          (bids[0]?.price ?? 0) < (asks[0]?.price ?? Number.POSITIVE_INFINITY);
        expect(gate.admitBook(book).ok).toBe(isGood);
        if (isGood) through += 1;
        else refused += 1;
      }
      const { admitted = 0, ...others } = gate.counters().s ?? {};
      expect(admitted).toBe(through);
      expect(Object.values(others).reduce((total, count) => total + count, 0)).toBe(refused);
    }),
  );
});
