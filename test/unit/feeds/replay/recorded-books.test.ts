import { describe, expect, it } from 'vitest';
import { recordedBooks } from '../../../../shared/feeds/replay/recorded-books.ts';
import type { OrderBook } from '../../../../shared/market/order-book.ts';
import { FRAME_MS, SPOT_SYMBOLS, trade, wrapped } from '../../../support/binance-frames.ts';

type Rows = readonly (readonly [price: string, quantity: string])[];

const change = (first: number, last: number, bids: Rows, asks: Rows = [], s = 'BTCUSDT'): string =>
  wrapped('btcusdt@depth@100ms', { e: 'depthUpdate', E: FRAME_MS + last, s, U: first, u: last, b: bids, a: asks });
const picture = (lastUpdateId: number, bids: Rows, asks: Rows): string => JSON.stringify({ lastUpdateId, bids, asks });

const reader = () => recordedBooks({ symbols: SPOT_SYMBOLS, source: 'replay', evidence: 'replay' });
/** What the texts give one after the other: `bids | asks` of a book, the reason of a refusal, or null. */
function readAll(...texts: readonly string[]): readonly (string | null)[] {
  const read = reader();
  return texts.map((text) => {
    const told = read(text, FRAME_MS);
    if (told === null) return null;
    return 'kind' in told ? told.reason : inWords(told);
  });
}
const inWords = ({ bids, asks }: OrderBook): string =>
  [bids, asks].map((side) => side.map(({ price, quantity }) => `${quantity}@${price}`).join(' ')).join(' | ');

const PICTURE = picture(
  100,
  [
    ['99', '1'],
    ['98', '2'],
    ['95', '3'],
  ],
  [
    ['101', '1'],
    ['104', '2'],
  ],
);

describe('recorded changes of a book', () => {
  it('are no book before a picture of it has come: what did not change was never told', () => {
    expect(readAll(change(90, 95, [['99', '1']], [['101', '1']]), change(96, 99, [['98', '1']]))).toEqual([null, null]);
  });

  it('are a book from the first one after the picture, with what those that came before the picture and are newer have changed', () => {
    const told = readAll(
      change(90, 99, [['99', '7']]),
      change(100, 103, [['98.5', '4']]),
      PICTURE,
      change(104, 104, [['99', '0']], [['101', '5']]),
      change(105, 106, [['95', '9']], [['101', '0']]),
    );
    expect(told).toEqual([null, null, null, '4@98.5 2@98 3@95 | 5@101 2@104', '4@98.5 2@98 9@95 | 2@104']);
  });

  it('belong to the picture whose number is among theirs, whichever symbol came first', () => {
    const eth = (first: number, last: number): string => change(first, last, [['9', '1']], [['11', '1']], 'ETHUSDT');
    expect(readAll(eth(500, 510), change(99, 101, []), PICTURE, eth(511, 512), change(102, 102, []))).toEqual([
      null,
      null,
      null,
      null,
      '1@99 2@98 3@95 | 1@101 2@104',
    ]);
  });

  it('are dropped when one is missing, until there is another picture', () => {
    const told = readAll(
      PICTURE,
      change(101, 101, []),
      change(103, 104, [['99', '2']]),
      change(105, 105, [['99', '3']]),
      picture(104, [['97', '1']], [['101', '1']]),
      change(106, 106, []),
    );
    expect(told).toEqual([null, '1@99 2@98 3@95 | 1@101 2@104', 'depth_gap', null, null, '3@99 1@97 | 1@101']);
  });

  it('that were heard before change nothing', () => {
    expect(readAll(PICTURE, change(99, 102, [['99', '2']]), change(99, 102, [['99', '5']]), change(103, 103, []))).toEqual([
      null,
      '2@99 2@98 3@95 | 1@101 2@104',
      null,
      '2@99 2@98 3@95 | 1@101 2@104',
    ]);
  });

  it('give no level beyond the worst price of the picture, and no book while the best price is there', () => {
    const told = readAll(
      PICTURE,
      change(101, 101, [['94', '8']], [['105', '8']]),
      change(
        102,
        102,
        [
          ['99', '0'],
          ['98', '0'],
          ['95', '0'],
        ],
        [['96', '1']],
      ),
      change(103, 103, [['95.5', '1']]),
    );
    expect(told).toEqual([null, '1@99 2@98 3@95 | 1@101 2@104', null, '1@95.5 | 1@96 1@101 2@104']);
  });

  it('have the time of the venue and the number of the last change', () => {
    const read = reader();
    read(PICTURE, FRAME_MS);
    expect(read(change(101, 105, []), FRAME_MS + 7)).toMatchObject({
      symbol: 'BTC',
      sequence: 105,
      exchangeMs: FRAME_MS + 105,
      receivedMs: FRAME_MS + 7,
      source: 'replay',
      evidence: 'replay',
    });
  });

  it.each([
    ['a number that falls', change(5, 4, []), 'bad_sequence'],
    ['a negative quantity', change(4, 5, [['99', '-1']]), 'bad_quantity'],
    ['a price of zero', change(4, 5, [], [['0', '1']]), 'bad_price'],
    ['a side that is no list', wrapped('x', { e: 'depthUpdate', E: FRAME_MS, s: 'BTCUSDT', U: 1, u: 2, b: {}, a: [] }), 'unknown_shape'],
    ['no time', wrapped('x', { e: 'depthUpdate', s: 'BTCUSDT', U: 1, u: 2, b: [], a: [] }), 'bad_stamp'],
    ['a picture that is crossed', picture(1, [['99', '1']], [['98', '1']]), 'crossed_book'],
  ])('with %s are refused', (_, text, reason) => {
    expect(readAll(text)).toEqual([reason]);
  });

  it('of other symbols, other frames and torn ones are left alone', () => {
    const others = [change(1, 2, [], [], 'LTCUSDT'), wrapped('btcusdt@trade', trade()), '{"e":"depthUpdate","U":', '[]'];
    expect(readAll(...others)).toEqual([null, null, null, null]);
  });
});
