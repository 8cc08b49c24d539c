import { ALL_SYMBOLS, instrumentBySymbol, resolveSymbol } from '../../config/instruments.ts';
import { DEFAULT_LIMITS } from '../../config/risk.ts';
import type { QuotesAnswer } from '../../contracts/v8/market-data.ts';
import { fromNumber, text } from '../../kernel/decimal.ts';
import { type EpochMs, iso } from '../../kernel/time.ts';
import type { Quote } from '../../market/price.ts';
import type { EngineContext } from '../context.ts';
import { ageAt } from './instants.ts';

/**
 * The newest prices as the feed published them, with where they come from, how old they are and what other venues say.
 * @param symbols names separated by commas; all instruments when undefined
 * @throws InstrumentError `unknown_symbol`; StoreError when the market cannot be read
 */
export async function quotes(context: EngineContext, symbols: string | undefined): Promise<QuotesAnswer> {
  const nowMs = context.clock.now();
  const asked = symbols === undefined ? ALL_SYMBOLS : [...new Set(symbols.split(',').map((name) => resolveSymbol(name).symbol))];
  const snapshot = await context.market.snapshot(context.world.scope);
  const known = new Map((snapshot?.quotes ?? []).map((quote) => [quote.symbol, quote]));
  const account = await context.accounts.active();
  const maxAgeMs = (account?.limits ?? DEFAULT_LIMITS).maxPriceAgeMs;
  return {
    quotes: asked.flatMap((symbol) => {
      const quote = known.get(symbol);
      return quote === undefined ? [] : quoteAnswer(quote, nowMs, maxAgeMs);
    }),
    unknown: asked.filter((symbol) => !known.has(symbol)).map((symbol) => ({ symbol, reason: whyUnknown(context, symbol, snapshot === null) })),
    rates: (snapshot?.rates ?? []).map(({ currency, value, source, asOfMs }) => ({
      currency,
      usd: text(value),
      source,
      ageMs: ageAt(nowMs, asOfMs),
    })),
    timestamp: iso(nowMs),
  };
}

function quoteAnswer(quote: Quote, nowMs: EpochMs, maxAgeMs: number): QuotesAnswer['quotes'][number] {
  const { symbol, last, bid, ask, bidSize, askSize, exchangeMs, receivedMs, source, evidence, check } = quote;
  const { market, quote: currency } = instrumentBySymbol(symbol, nowMs);
  const ageMs = ageAt(nowMs, receivedMs);
  return {
    symbol,
    market,
    currency,
    last: exact(last),
    bid: exactOrNull(bid),
    ask: exactOrNull(ask),
    bidSize: exactOrNull(bidSize),
    askSize: exactOrNull(askSize),
    spreadBps: bid === null || ask === null ? null : roundTo((20_000 * (ask - bid)) / (ask + bid), 4),
    exchangeTime: iso(exchangeMs),
    receivedTime: iso(receivedMs),
    ageMs,
    isFresh: ageMs <= maxAgeMs,
    source,
    evidence,
    check: check === null ? null : { state: check.state, spreadBps: check.spreadBps, against: [...check.against], since: iso(check.sinceMs) },
  };
}

const exact = (value: number): string => text(fromNumber(value));
const exactOrNull = (value: number | null): string | null => (value === null ? null : exact(value));
const roundTo = (value: number, digits: number): number => Number(value.toFixed(digits));

function whyUnknown({ world }: EngineContext, symbol: string, isUnpublished: boolean): string {
  if (isUnpublished) return `No prices of ${world.scope} have been published yet`;
  const { market } = instrumentBySymbol(symbol);
  return world.markets.includes(market) ? 'No price has been received yet' : `${market} has no prices in ${world.scope}`;
}
