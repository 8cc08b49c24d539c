import type { Evidence, Stamps } from './price.ts';

/** One price of a book with the units that stand there. */
export interface BookLevel {
  readonly price: number;
  readonly quantity: number;
}

/** The visible depth of a symbol, best price first on both sides. */
export interface OrderBook extends Stamps {
  readonly symbol: string;
  readonly bids: readonly BookLevel[];
  readonly asks: readonly BookLevel[];
  /** The venue's own rising number of this book; absent where the source has none. */
  readonly sequence?: number;
  readonly source: string;
  readonly evidence: Evidence;
}
