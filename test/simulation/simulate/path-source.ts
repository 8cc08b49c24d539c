import type { FeedSink, MarketSource } from '../../../shared/engine/market-source.ts';
import { assumedUsdtRate, inrRate } from '../../../shared/feeds/rates/rates.ts';
import { type EpochMs, MINUTE_MS } from '../../../shared/kernel/time.ts';
import { topOf } from '../../../shared/market/order-book.ts';
import type { PathPrice, PricePath } from './price-path.ts';

/** The seed's market as one feed hears it. */
export interface PathSource {
  readonly source: MarketSource;
  /** Prices come in: one after the other is taken, each when what the one before has caused is done. */
  readonly hear: (prices: readonly PathPrice[]) => void;
}

/** @param trueMs the true time: prices do not come by the clock of the process that hears them */
export function createPathSource(path: PricePath, trueMs: () => EpochMs, onError: (error: unknown) => void): PathSource {
  let sink: FeedSink | null = null;
  let taken: Promise<void> = Promise.resolve();
  const take = async ({ tick, book }: PathPrice): Promise<void> => {
    try {
      if (book !== null && book.asks.length > 1) sink?.depth(book);
      else if (book !== null) tellTop(book);
      await sink?.tick(tick);
    } catch (error) {
      onError(error);
    }
  };
  const tellTop = (book: NonNullable<PathPrice['book']>): void => {
    const top = topOf(book);
    if (top !== null) sink?.top(top);
  };
  return {
    hear: (prices) => {
      for (const price of prices) taken = taken.then(() => take(price));
    },
    source: {
      name: 'path',
      markets: ['CRYPTO', 'NSE'],
      evidence: 'simulated',
      start: async (to) => {
        sink = to;
      },
      stop: async () => {
        sink = null;
      },
      // A clock that is ahead asks for minutes that have not ended: nothing is known of them.
      closeMinute: (minuteMs) => (minuteMs + MINUTE_MS <= trueMs() ? path.bars(minuteMs) : []),
      cursor: () => null,
      states: () => [],
      rates: () => [assumedUsdtRate(trueMs()), inrRate(85.5, 'path', trueMs())],
      minutes: async function* (fromMs, toMs) {
        for (let ms = Math.max(fromMs, path.fromMs); ms < toMs && ms + MINUTE_MS <= trueMs(); ms += MINUTE_MS) yield* path.bars(ms);
      },
      quarters: async () => new Map(),
    },
  };
}
