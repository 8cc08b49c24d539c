import { NSE_CALENDAR } from '../config/nse-calendar.ts';
import type { MarketSnapshot, SnapshotQuote } from '../contracts/market-snapshot.ts';
import type { Rate } from '../contracts/terms.ts';
import type { EpochMs } from '../kernel/time.ts';
import { bestRates } from '../market/best-rates.ts';
import { marketPhase } from '../market/calendar.ts';
import { coinRate, isCoin } from '../market/coin-rate.ts';
import type { Currency, Market } from '../market/instrument.ts';
import { istDayOf } from '../market/ist.ts';
import { closeOf, previousCloseAt } from './previous-close.ts';
import { baseRate, type MarketView } from './view.ts';

/** What a feed has published, by symbol. */
export interface PublishedMarket {
  readonly quote: (symbol: string) => SnapshotQuote | null;
  readonly rates: () => readonly Rate[];
  readonly rules: MarketView['rules'];
}

/** The market as the feed published it: for every function but the feed itself. */
export function viewOf(snapshot: Pick<MarketSnapshot, 'quotes' | 'rates' | 'rules'> | null, nowMs: EpochMs): MarketView {
  // Most views are looked at without a question about a price.
  const quotes = once(() => new Map<string, SnapshotQuote>((snapshot?.quotes ?? []).map((quote) => [quote.symbol, quote])));
  const rules = once(() => new Map((snapshot?.rules ?? []).map((each) => [each.symbol, each])));
  const published: PublishedMarket = {
    quote: (symbol) => quotes().get(symbol) ?? null,
    rates: () => snapshot?.rates ?? [],
    rules: (symbol) => rules().get(symbol) ?? null,
  };
  return viewOfPublished(published, nowMs);
}

/** The same of what is read symbol by symbol. */
export function viewOfPublished(published: PublishedMarket, nowMs: EpochMs): MarketView {
  const rates = once(() => new Map<Currency, Rate>(bestRates(published.rates(), nowMs).map((rate) => [rate.currency, rate])));
  return {
    nowMs,
    quote: published.quote,
    book: () => null,
    previousClose: (symbol) => previousCloseIn(published.quote(symbol), nowMs),
    rate: (currency) => {
      if (isCoin(currency)) return coinRate(currency, published.quote(currency), rates().get('USDT') ?? null);
      return currency === 'USD' ? baseRate(nowMs) : (rates().get(currency) ?? null);
    },
    tape: () => ({ volatility: null, minuteVolume: null }),
    phase: (market: Market, group) => marketPhase(NSE_CALENDAR, market, nowMs, group),
    rules: published.rules,
  };
}

/** A value that is worked out when it is asked for first. */
function once<Value>(make: () => Value): () => Value {
  let made: { readonly value: Value } | null = null;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}

/** A snapshot that was published on an earlier day has in its last price what is the close before today. */
function previousCloseIn(quote: SnapshotQuote | null, nowMs: EpochMs): number | null {
  if (quote === null) return null;
  const isOfToday = istDayOf(quote.exchangeMs) >= istDayOf(nowMs);
  return isOfToday ? (quote.previousClose ?? null) : previousCloseAt(quote.symbol, [closeOf(quote)], nowMs);
}
