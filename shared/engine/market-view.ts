import { NSE_CALENDAR } from '../config/nse-calendar.ts';
import type { MarketSnapshot } from '../contracts/market-snapshot.ts';
import type { Rate } from '../contracts/terms.ts';
import type { EpochMs } from '../kernel/time.ts';
import { bestRates } from '../market/best-rates.ts';
import { marketPhase } from '../market/calendar.ts';
import type { Currency, Market } from '../market/instrument.ts';
import type { Quote } from '../market/price.ts';
import { baseRate, type MarketView } from './view.ts';

/** The market as the feed published it: for every function but the feed itself. */
export function viewOf(snapshot: MarketSnapshot | null, nowMs: EpochMs): MarketView {
  const quotes = new Map<string, Quote>((snapshot?.quotes ?? []).map((quote) => [quote.symbol, quote]));
  const rates = new Map<Currency, Rate>(bestRates(snapshot?.rates ?? [], nowMs).map((rate) => [rate.currency, rate]));
  const rules = new Map((snapshot?.rules ?? []).map((each) => [each.symbol, each]));
  return {
    nowMs,
    quote: (symbol) => quotes.get(symbol) ?? null,
    rate: (currency) => (currency === 'USD' ? baseRate(nowMs) : (rates.get(currency) ?? null)),
    tape: () => ({ volatility: null, minuteVolume: null }),
    phase: (market: Market) => marketPhase(NSE_CALENDAR, market, nowMs),
    rules: (symbol) => rules.get(symbol) ?? null,
  };
}
