import { type BookTop, type Evidence, isPrice, isSize, type Stamps } from './price.ts';

/** One price of a book with the units that stand there. */
export interface BookLevel {
  readonly price: number;
  readonly quantity: number;
}

/** The visible depth of a symbol, best price first on both sides. A side may be empty: a share at its price band has buyers only. */
export interface OrderBook extends Stamps {
  readonly symbol: string;
  readonly bids: readonly BookLevel[];
  readonly asks: readonly BookLevel[];
  /** The venue's own rising number of this book; absent where the source has none. */
  readonly sequence?: number;
  readonly source: string;
  readonly evidence: Evidence;
}

/** The best prices of a book with what stands there; null where a side is empty. */
export function topOf({ bids, asks, ...told }: OrderBook): BookTop | null {
  const [bid, ask] = [bids[0], asks[0]];
  if (bid === undefined || ask === undefined) return null;
  return { ...told, bid: bid.price, ask: ask.price, bidSize: bid.quantity, askSize: ask.quantity };
}

/** Why levels cannot be a book. */
export type BookFault = 'bad_price' | 'bad_quantity' | 'unsorted_book' | 'crossed_book' | 'empty_book';

/** What is wrong with the levels of a book: prices and quantities are positive and finite, each price stands once, the best one first. */
export function faultOfBook(bids: readonly BookLevel[], asks: readonly BookLevel[]): BookFault | null {
  const fault = faultOfSide(bids, 1) ?? faultOfSide(asks, -1);
  if (fault !== null) return fault;
  const [bid, ask] = [bids[0], asks[0]];
  if (bid === undefined && ask === undefined) return 'empty_book';
  return bid !== undefined && ask !== undefined && bid.price >= ask.price ? 'crossed_book' : null;
}

/** `falling`: 1 for bids, whose prices fall, -1 for asks. */
function faultOfSide(levels: readonly BookLevel[], falling: 1 | -1): BookFault | null {
  let before: number | null = null;
  for (const { price, quantity } of levels) {
    if (!isPrice(price)) return 'bad_price';
    if (!isSize(quantity)) return 'bad_quantity';
    if (before !== null && (before - price) * falling <= 0) return 'unsorted_book';
    before = price;
  }
  return null;
}
