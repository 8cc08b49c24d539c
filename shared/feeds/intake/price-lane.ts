import type { FeedSink } from '../../engine/market-source.ts';
import { hand, type Price } from '../replay/price-player.ts';

/** Prices on their way from a live connection to the engine. */
export interface PriceLane {
  /** Delivers at once when nothing waits, else after what came before. */
  readonly push: (price: Price) => void;
  /** Nothing is delivered after this resolves; what waits is dropped. Not to be awaited inside the sink, which it waits for. */
  readonly close: () => Promise<void>;
  readonly waiting: () => number;
  /** Tops of book, books and prices without a size that gave way to a newer one of their symbol before they were delivered. */
  readonly conflated: () => number;
}

export interface PriceLaneOptions {
  readonly sink: FeedSink;
  /**
   * Beyond this many waiting prices, of the tops of one symbol only the newest waits, of its books, and of its prices without a size
   * (those of tickers, which are samples). Trades always wait.
   */
  readonly mostWaiting: number;
  /** Hears of a price that the engine failed on; the next ones are delivered nevertheless. */
  readonly onError: (error: unknown) => void;
}

interface Place {
  price: Price | null;
}

/** Delivers strictly in order, one price at a time: the next one waits until the engine is done with the one before. */
export function createPriceLane({ sink, mostWaiting, onError }: PriceLaneOptions): PriceLane {
  const newestTops = new Map<string, Place>();
  const newestBooks = new Map<string, Place>();
  const newestSamples = new Map<string, Place>();
  let queue: Place[] = [];
  let head = 0;
  let waiting = 0;
  let conflated = 0;
  let isClosed = false;
  let working: Promise<void> | null = null;

  function push(price: Price): void {
    if (isClosed) return;
    const place: Place = { price };
    if (price.kind === 'top') giveWay(newestTops, price.top.symbol, place);
    else if (price.kind === 'depth') giveWay(newestBooks, price.book.symbol, place);
    else if (price.tick.quantity === 0) giveWay(newestSamples, price.tick.symbol, place);
    queue.push(place);
    waiting++;
    if (queue.length > 2 * waiting + mostWaiting) tidy();
    if (working === null) drain();
  }

  function giveWay(newest: Map<string, Place>, symbol: string, place: Place): void {
    const older = newest.get(symbol);
    newest.set(symbol, place);
    if (older === undefined || older.price === null || waiting < mostWaiting) return;
    older.price = null;
    waiting--;
    conflated++;
  }

  /** Forgets what was delivered or gave way. */
  function tidy(): void {
    queue = queue.slice(head).filter(({ price }) => price !== null);
    head = 0;
  }

  /** Works without a promise until the engine gives one. */
  function drain(): void {
    for (let price = next(); price !== null; price = next()) {
      const done = deliver(price);
      if (done === null) continue;
      working = done.then(() => {
        working = null;
        drain();
      });
      return;
    }
  }

  function next(): Price | null {
    while (head < queue.length && !isClosed) {
      const place = queue[head++] as Place;
      const { price } = place;
      place.price = null;
      if (price === null) continue;
      waiting--;
      return price;
    }
    queue = [];
    head = 0;
    return null;
  }

  function deliver(price: Price): Promise<void> | null {
    try {
      const handled = hand(sink, price);
      return handled === undefined ? null : handled.catch(onError);
    } catch (error) {
      onError(error);
      return null;
    }
  }

  return {
    push,
    async close() {
      isClosed = true;
      await working;
    },
    waiting: () => waiting,
    conflated: () => conflated,
  };
}
