import { describe, expect, it } from 'vitest';
import { createBinanceParser } from '../../shared/feeds/binance/binance-frame.ts';
import { createGate } from '../../shared/feeds/intake/validation.ts';
import { recordedBooks } from '../../shared/feeds/replay/recorded-books.ts';
import { readRecordedFrames } from '../../shared/feeds/replay/recorded-frames.ts';
import { faultOfBook, type OrderBook, topOf } from '../../shared/market/order-book.ts';
import type { BookTop } from '../../shared/market/price.ts';
import { SPOT_SYMBOLS } from '../support/binance-frames.ts';
import { NO_RECORDED_DATA, recordedFiles } from '../support/recorded-data.ts';

const frames = recordedFiles('binance-ws', /^hft_spot_.*\.log\.gz$/);
const isHere = frames.length > 0;

/** Books made of the recorded changes, and the tops of the venue's own stream of them, by symbol in the order of their numbers. */
async function play() {
  const told = { symbols: SPOT_SYMBOLS, source: 'binance', evidence: 'replay' } as const;
  const [parse, read] = [createBinanceParser(told), recordedBooks(told)];
  const [books, tops, refused]: [OrderBook[], BookTop[], string[]] = [[], [], []];
  for await (const { text, receivedMs } of readRecordedFrames(frames)) {
    const frame = parse(text, receivedMs);
    if (frame.kind === 'books') tops.push(...frame.books);
    const book = read(text, receivedMs);
    if (book === null) continue;
    if ('kind' in book) refused.push(book.reason);
    else books.push(book);
  }
  return { books: Map.groupBy(books, ({ symbol }) => symbol), tops: Map.groupBy(tops, ({ symbol }) => symbol), refused };
}

const numberOf = ({ sequence }: { readonly sequence?: number }): number => sequence ?? Number.NaN;
const pricesOf = (top: BookTop | null) => top && [top.bid, top.bidSize, top.ask, top.askSize];

describe.skipIf(!isHere)(`the recorded depth of 2024-08-08${isHere ? '' : ` (${NO_RECORDED_DATA})`}`, () => {
  it('gives books of up to twenty levels that the gate lets through, nearly ten a second, none of them crossed or unsorted', async () => {
    const { books, refused } = await play();
    expect(refused).toEqual([]);
    const gate = createGate();
    for (const [, ofSymbol] of books) {
      expect(ofSymbol.length).toBeGreaterThan(3_400);
      for (const book of ofSymbol) {
        expect(faultOfBook(book.bids, book.asks)).toBeNull();
        expect(gate.admitBook(book).ok).toBe(true);
      }
      expect(ofSymbol.filter(({ bids, asks }) => bids.length === 20 && asks.length === 20).length / ofSymbol.length).toBeGreaterThan(0.99);
    }
  });

  // No tolerance: both streams carry the numbers of one book, and the newest top up to a book's number is that book's.
  it("has at the top of every book exactly what the venue's bookTicker told last by the book's number, to the price and the size", async () => {
    const { books, tops } = await play();
    for (const [symbol, ofSymbol] of books) {
      const told = tops.get(symbol) ?? [];
      let at = 0;
      let compared = 0;
      for (const book of ofSymbol) {
        while (at + 1 < told.length && numberOf(told[at + 1] as BookTop) <= numberOf(book)) at++;
        const top = told[at] as BookTop;
        if (numberOf(top) > numberOf(book)) continue;
        expect(pricesOf(topOf(book)), `${symbol} ${book.sequence}`).toEqual(pricesOf(top));
        compared += 1;
      }
      expect(compared).toBe(ofSymbol.length);
    }
  });
});
