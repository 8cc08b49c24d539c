import { booklessConcession } from '../../execution/slippage.ts';
import { toNumber } from '../../kernel/decimal.ts';
import type { EpochMs } from '../../kernel/time.ts';
import type { ContractQuote } from '../../market/derivative.ts';
import type { Instrument } from '../../market/instrument.ts';
import type { Book, BookedQuote } from './candidate.ts';

/** How fresh a quote must be, and what is assumed of a price without a book. */
export interface BookTerms {
  readonly nowMs: EpochMs;
  readonly maxQuoteAgeMs: number;
  /** Deviation of one-minute returns of the underlying, as a share of price. */
  readonly minuteVolatility: number;
}

type Sides = Pick<ContractQuote, 'bid' | 'ask' | 'last' | 'bidSize' | 'askSize'>;

/**
 * Both sides of a quote: of its book; of shares or coin that come from bars alone, around the last trade, as far away as an order
 * without a known book is filled (`booklessConcession`). Null for a crossed or one-sided book, and for a contract without one: its
 * mark is no price that could be had.
 */
export function bookOf({ bid, ask, last, bidSize, askSize }: Sides, instrument: Instrument, { minuteVolatility }: BookTerms): Book | null {
  if (bid !== null && ask !== null) return bid > 0 && ask >= bid ? { bid, ask, bidSize, askSize } : null;
  if (bid !== null || ask !== null || last === null || !(last > 0) || instrument.contract !== null) return null;
  const order = { instrument, price: last, quantity: toNumber(instrument.lotStep), minuteVolatility, minuteVolume: null };
  const { total } = booklessConcession(order);
  return { bid: last * (1 - total), ask: last * (1 + total), bidSize: null, askSize: null };
}

/** The quotes that can be traded at, of those given. */
export function booked<Quote extends ContractQuote>(quotes: readonly Quote[], terms: BookTerms): readonly BookedQuote<Quote>[] {
  return quotes.flatMap((quote) => bookedOrNull(quote, terms) ?? []);
}

/** A contract's quote with its book; null where it cannot be traded at, is too old, or is of an instant that is still to come. */
export function bookedOrNull<Quote extends ContractQuote>(quote: Quote, terms: BookTerms): BookedQuote<Quote> | null {
  const ageMs = terms.nowMs - quote.receivedMs;
  if (ageMs < 0 || ageMs > terms.maxQuoteAgeMs) return null;
  const book = bookOf(quote, quote.instrument, terms);
  return book === null ? null : { quote, book };
}
