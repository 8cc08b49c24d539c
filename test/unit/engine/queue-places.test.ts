import { describe, expect, it } from 'vitest';
import { afterTrade, standingAt } from '../../../shared/engine/queue-places.ts';
import type { OrderBook } from '../../../shared/market/order-book.ts';
import { bareQuote, tickOf, viewOfSketch } from '../../support/engine-fixtures.ts';
import { START_MS } from '../../support/ledger-fixtures.ts';

const BOOK: OrderBook = {
  symbol: 'BTC',
  bids: [
    { price: 99.9, quantity: 3 },
    { price: 99.7, quantity: 8 },
  ],
  asks: [
    { price: 100.1, quantity: 2 },
    { price: 100.4, quantity: 6 },
  ],
  exchangeMs: START_MS,
  receivedMs: START_MS,
  source: 'test',
  evidence: 'simulated',
};
const quote = bareQuote('BTC', 100, START_MS, { bid: 99.9, ask: 100.1, bidSize: 4, askSize: 5 });
const withBook = viewOfSketch({ quotes: [quote], books: [BOOK] });
const withTop = viewOfSketch({ quotes: [quote] });

describe('what stands at a price before us', () => {
  it.each([
    ['at a level of the book', 'buy', 99.7, 8],
    ['at the best of our side', 'sell', 100.1, 2],
    ['between two levels: nobody', 'buy', 99.8, 0],
    ['better than the best: nobody', 'buy', 99.95, 0],
    ['better than the best to sell: nobody', 'sell', 100.05, 0],
    ['beyond the visible depth: unknown', 'buy', 99.6, null],
    ['beyond the visible depth to sell: unknown', 'sell', 100.5, null],
  ] as const)('is told by the book %s', (_, side, price, units) => {
    expect(standingAt(withBook, 'BTC', side, price)).toBe(units);
  });

  it.each([
    ['at the touch', 'buy', 99.9, 4],
    ['at the touch to sell', 'sell', 100.1, 5],
    ['better than the touch: nobody', 'buy', 100, 0],
    ['better than the touch to sell: nobody', 'sell', 100, 0],
    ['behind the touch: unknown', 'buy', 99.8, null],
    ['behind the touch to sell: unknown', 'sell', 100.2, null],
  ] as const)('is told by the quote where no depth is known %s', (_, side, price, units) => {
    expect(standingAt(withTop, 'BTC', side, price)).toBe(units);
  });

  it('is unknown where sizes are not told, where there is no book, and where there is no quote', () => {
    const unsized = viewOfSketch({ quotes: [bareQuote('BTC', 100, START_MS, { bid: 99.9, ask: 100.1 })] });
    expect(standingAt(unsized, 'BTC', 'buy', 99.9)).toBeNull();
    expect(standingAt(viewOfSketch({ quotes: [bareQuote('BTC', 100, START_MS)] }), 'BTC', 'buy', 99.9)).toBeNull();
    expect(standingAt(viewOfSketch(), 'BTC', 'buy', 99.9)).toBeNull();
  });
});

describe('what stands before us after a trade at our price', () => {
  const trade = (quantity: number) => tickOf('BTC', 99.9, START_MS, { quantity });

  it.each([
    ['moves us up by its size', 5, 5, 2, 3],
    ['brings us to the front', 5, 5, 5, 0],
    ['is ours by what exceeds those before us', 5, 5, 7, -2],
    ['counts those gone who have left', 9, 3, 2, 3],
    ['is not taken off twice where the book has been told of it first', 5, 3, 2, 3],
    ['does not count those who came behind us', 5, 90, 2, 3],
    ['trusts what was known where nothing is told now', 5, null, 2, 3],
  ])('%s', (_, ahead, standing, quantity, left) => {
    expect(afterTrade(ahead, standing, trade(quantity))).toBe(left);
  });

  it('is unknown where it was, and after a point of a bar: that is no trade of its size', () => {
    expect(afterTrade(null, 5, trade(2))).toBeNull();
    expect(afterTrade(5, 5, { ...trade(2), motion: 'sweep' })).toBeNull();
    expect(afterTrade(5, 5, trade(0))).toBeNull();
  });
});
