import type { QuoteExcerpt } from '../contracts/quote-excerpt.ts';
import type { Rate } from '../contracts/terms.ts';
import { ONE } from '../kernel/decimal.ts';
import type { EpochMs } from '../kernel/time.ts';
import type { PhaseView } from '../market/calendar.ts';
import type { InstrumentGroup } from '../market/calendar-facts.ts';
import type { Currency, Market } from '../market/instrument.ts';
import type { ListedRules } from '../market/listed-rules.ts';
import type { OrderBook } from '../market/order-book.ts';
import type { Quote } from '../market/price.ts';

/** Recent trading of a symbol, from its closed one-minute bars: what a fill's slippage and impact are judged by. */
export interface Tape {
  /** Realised volatility a minute over the last half hour, as a share of price; null while too few bars are known. */
  readonly volatility: number | null;
  /** Mean volume a minute over the last half hour, units of the base; null when it is not known. */
  readonly minuteVolume: number | null;
}

/** The market as known at one instant: all that `decide` may look at besides the account. */
export interface MarketView {
  readonly nowMs: EpochMs;
  readonly quote: (symbol: string) => Quote | null;
  /** The newest book with its depth; null where none was told lately, as where a source has the top of the book only. */
  readonly book: (symbol: string) => OrderBook | null;
  /** The last price of the last session before today's, in India's days; null for crypto, and where it is not known to mean anything. */
  readonly previousClose: (symbol: string) => number | null;
  readonly rate: (currency: Currency) => Rate | null;
  readonly tape: (symbol: string) => Tape;
  /** Of the market's shares or coin, or of a group of its instruments: derivatives have hours of their own. */
  readonly phase: (market: Market, group?: InstrumentGroup) => PhaseView;
  /** What the venue itself says of a symbol's grids and whether it trades; null where the shipped facts hold. */
  readonly rules: (symbol: string) => ListedRules | null;
}

/** The base currency's rate to itself. */
export const baseRate = (nowMs: EpochMs): Rate => ({ currency: 'USD', value: ONE, source: 'base currency', asOfMs: nowMs });

/** The part of a quote that is kept with a decision or a fill. */
export function excerpt(quote: Quote): QuoteExcerpt {
  const { last, bid, ask, bidSize, askSize, exchangeMs, receivedMs, source, evidence, check } = quote;
  const kept = { last, bid, ask, bidSize, askSize, exchangeMs, receivedMs, source, evidence };
  return check === null ? kept : { ...kept, check: { state: check.state, spreadBps: check.spreadBps, against: check.against } };
}
