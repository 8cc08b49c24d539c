import type { SnapshotQuote } from '../../contracts/market-snapshot.ts';
import type { Rate } from '../../contracts/terms.ts';
import type { EpochMs } from '../../kernel/time.ts';
import { bestRates } from '../../market/best-rates.ts';
import type { Desk } from '../desk.ts';
import type { PublishedMarket } from '../market-view.ts';

/**
 * What a backtest's feed published last. Most minutes nobody asks for a price: each is made when it is asked for first, which is
 * exact as long as that is before the next price comes. Who tells one in between has all made before (`make`).
 */
export interface Publication extends PublishedMarket {
  /** All that is known now is published. */
  readonly publish: (nowMs: EpochMs) => void;
  readonly make: () => void;
}

/**
 * @param bringUp tells the desk the last prices
 * @param ratesAt as they are known at an instant
 */
export function createPublication(
  desk: Pick<Desk, 'quotes' | 'published'>,
  bringUp: () => void,
  ratesAt: (nowMs: EpochMs) => readonly Rate[],
  startMs: EpochMs,
): Publication {
  let publishedMs = startMs;
  // Nothing has been published at the beginning.
  let quotes: ReadonlyMap<string, SnapshotQuote> | null = new Map();
  let rates: readonly Rate[] | null = [];
  const ratesNow = (): readonly Rate[] => {
    rates ??= bestRates(ratesAt(publishedMs), publishedMs);
    return rates;
  };
  return {
    publish: (nowMs) => {
      publishedMs = nowMs;
      quotes = null;
      rates = null;
    },
    make: () => {
      bringUp();
      quotes ??= new Map(desk.quotes(publishedMs).map((quote) => [quote.symbol, quote]));
    },
    quote: (symbol) => {
      if (quotes !== null) return quotes.get(symbol) ?? null;
      bringUp();
      return desk.published(symbol, publishedMs);
    },
    rates: ratesNow,
    rules: () => null,
  };
}
