import type { BookLevel } from '../../market/order-book.ts';

/** Both sides of a book at one number of the venue, best price first. */
export interface BookPicture {
  readonly sequence: number;
  readonly bids: readonly BookLevel[];
  readonly asks: readonly BookLevel[];
}

/** What became of levels between two numbers of the venue, both inclusive: a quantity of zero takes a level away. */
export interface BookChange {
  readonly firstSequence: number;
  readonly lastSequence: number;
  readonly bids: readonly BookLevel[];
  readonly asks: readonly BookLevel[];
}

/** A book that is known from a picture and from every change since. */
export interface ChangedBook {
  readonly sequence: () => number;
  /** Takes in the change that follows on the last one. */
  readonly change: (change: BookChange) => void;
  /**
   * The best levels of a side, at most so many. None that lies beyond the worst price of the picture: there, levels that have not
   * changed since were never told, and those that were would stand beside holes that nobody knows of.
   */
  readonly bids: (most: number) => readonly BookLevel[];
  readonly asks: (most: number) => readonly BookLevel[];
}

interface Side {
  readonly levels: BookLevel[];
  /** 1 where prices fall from the best one on, -1 where they rise. */
  readonly falling: 1 | -1;
  /** The worst price of the picture; null where it had none: then nothing is known. */
  readonly reach: number | null;
}

/** A book that begins with a picture of it. */
export function changedBook(picture: BookPicture): ChangedBook {
  const bids = sideOf(picture.bids, 1);
  const asks = sideOf(picture.asks, -1);
  let { sequence } = picture;
  return {
    sequence: () => sequence,
    change(change) {
      for (const level of change.bids) put(bids, level);
      for (const level of change.asks) put(asks, level);
      sequence = change.lastSequence;
    },
    bids: (most) => within(bids, most),
    asks: (most) => within(asks, most),
  };
}

const sideOf = (levels: readonly BookLevel[], falling: Side['falling']): Side => ({
  levels: [...levels],
  falling,
  reach: levels.at(-1)?.price ?? null,
});

function put({ levels, falling }: Side, level: BookLevel): void {
  const place = placeOf(levels, level.price, falling);
  const isThere = levels[place]?.price === level.price;
  if (level.quantity > 0) levels.splice(place, isThere ? 1 : 0, level);
  else if (isThere) levels.splice(place, 1);
}

/** Where the price stands, or would. */
function placeOf(levels: readonly BookLevel[], price: number, falling: Side['falling']): number {
  let low = 0;
  let high = levels.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (((levels[middle] as BookLevel).price - price) * falling > 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

function within({ levels, falling, reach }: Side, most: number): readonly BookLevel[] {
  const best = levels.slice(0, most);
  return reach === null ? [] : best.filter(({ price }) => (price - reach) * falling >= 0);
}
