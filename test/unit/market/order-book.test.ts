import { describe, expect, it } from 'vitest';
import { type BookLevel, faultOfBook, topOf } from '../../../shared/market/order-book.ts';

const side = (...levels: readonly (readonly [price: number, quantity: number])[]): readonly BookLevel[] =>
  levels.map(([price, quantity]) => ({ price, quantity }));
const BIDS = side([99, 1], [98, 5]);
const ASKS = side([101, 2], [102, 7]);

describe('the levels of a book', () => {
  it.each([
    ['both sides, best first', BIDS, ASKS, null],
    ['one side, as at a price band', BIDS, [], null],
    ['no side', [], [], 'empty_book'],
    ['bids that rise', side([98, 1], [99, 1]), ASKS, 'unsorted_book'],
    ['asks that fall', BIDS, side([102, 1], [101, 1]), 'unsorted_book'],
    ['a price that stands twice', side([99, 1], [99, 2]), ASKS, 'unsorted_book'],
    ['a bid above the ask', side([101.5, 1]), ASKS, 'crossed_book'],
    ['a bid at the ask', side([101, 1]), ASKS, 'crossed_book'],
    ['a price of zero behind the best one', side([99, 1], [0, 1]), ASKS, 'bad_price'],
    ['a price of NaN', BIDS, side([Number.NaN, 1]), 'bad_price'],
    ['an infinite price', BIDS, side([Number.POSITIVE_INFINITY, 1]), 'bad_price'],
    ['nothing at a level', side([99, 0]), ASKS, 'bad_quantity'],
    ['an infinite quantity', BIDS, side([101, Number.POSITIVE_INFINITY]), 'bad_quantity'],
  ])('with %s are judged', (_, bids, asks, fault) => {
    expect(faultOfBook(bids, asks)).toBe(fault);
  });
});

it('the top of a book is its best prices with what stands there, under the stamps of the book; a book with one side has none', () => {
  const told = { symbol: 'BTC', sequence: 7, exchangeMs: 1, receivedMs: 2, source: 'test', evidence: 'live' } as const;
  expect(topOf({ ...told, bids: BIDS, asks: ASKS })).toEqual({ ...told, bid: 99, ask: 101, bidSize: 1, askSize: 2 });
  expect(topOf({ ...told, bids: BIDS, asks: [] })).toBeNull();
});
