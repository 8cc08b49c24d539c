import fc from 'fast-check';
import { expect, it } from 'vitest';
import { recordedBooks } from '../../../../shared/feeds/replay/recorded-books.ts';
import { faultOfBook } from '../../../../shared/market/order-book.ts';
import { SPOT_SYMBOLS, wrapped } from '../../../support/binance-frames.ts';

const FIRST = 1_000;
/** Prices around 100 whose best ones move: every bid below the middle, every ask above it. */
const step = fc.record({
  middle: fc.integer({ min: 95, max: 105 }),
  told: fc.array(fc.record({ price: fc.integer({ min: 80, max: 120 }), quantity: fc.integer({ min: 0, max: 3 }) }), { maxLength: 12 }),
});

interface Held {
  readonly bids: Map<number, number>;
  readonly asks: Map<number, number>;
}

/** What a venue does at a step: quantities are placed, and whatever stands on the wrong side of the middle trades away. */
function happen({ bids, asks }: Held, { middle, told }: { middle: number; told: readonly { price: number; quantity: number }[] }) {
  const changed = { b: new Map<number, number>(), a: new Map<number, number>() };
  const set = (side: Map<number, number>, log: Map<number, number>, price: number, quantity: number): void => {
    if (quantity > 0) side.set(price, quantity);
    else side.delete(price);
    log.set(price, quantity);
  };
  for (const price of [...bids.keys()]) if (price >= middle) set(bids, changed.b, price, 0);
  for (const price of [...asks.keys()]) if (price <= middle) set(asks, changed.a, price, 0);
  for (const { price, quantity } of told) {
    if (price < middle) set(bids, changed.b, price, quantity);
    if (price > middle) set(asks, changed.a, price, quantity);
  }
  return { b: rowsOf(changed.b), a: rowsOf(changed.a) };
}

const rowsOf = (side: ReadonlyMap<number, number>): readonly (readonly [string, string])[] =>
  [...side].map(([price, quantity]) => [String(price), String(quantity)]);
const levelsOf = (side: ReadonlyMap<number, number>, falling: 1 | -1) =>
  [...side].map(([price, quantity]) => ({ price, quantity })).sort((a, b) => (b.price - a.price) * falling);

it('a book made of a picture and changes is what the venue holds, as far as the picture reached, and is never crossed or unsorted', () => {
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 40 }), (steps) => {
      const read = recordedBooks({ symbols: SPOT_SYMBOLS, source: 'replay', evidence: 'replay' });
      const held: Held = { bids: new Map(), asks: new Map() };
      for (let away = 1; away <= 10; away++) {
        held.bids.set(100 - away, 1);
        held.asks.set(100 + away, 1);
      }
      // What lies beyond the picture stands there too, and is not told.
      const [bids, asks] = [levelsOf(held.bids, 1), levelsOf(held.asks, -1)];
      const rows = (side: typeof bids) => side.map(({ price, quantity }) => [String(price), String(quantity)]);
      held.bids.set(85, 9);
      held.asks.set(115, 9);
      read(JSON.stringify({ lastUpdateId: FIRST, bids: rows(bids), asks: rows(asks) }), 0);
      for (const [index, one] of steps.entries()) {
        const { b, a } = happen(held, one);
        const number = FIRST + 1 + index;
        const book = read(wrapped('btcusdt@depth', { e: 'depthUpdate', E: 1 + index, s: 'BTCUSDT', U: number, u: number, b, a }), index);
        const within = {
          bids: levelsOf(held.bids, 1).filter(({ price }) => price >= 90),
          asks: levelsOf(held.asks, -1).filter(({ price }) => price <= 110),
        };
        if (within.bids.length === 0 || within.asks.length === 0) {
          expect(book).toBeNull();
          continue;
        }
        expect(book).toMatchObject({ bids: within.bids.slice(0, 20), asks: within.asks.slice(0, 20), sequence: number });
        if (book !== null && !('kind' in book)) expect(faultOfBook(book.bids, book.asks)).toBeNull();
      }
    }),
  );
});
