import { instrumentBySymbol } from '../../shared/config/instruments.ts';
import { NSE_CALENDAR } from '../../shared/config/nse-calendar.ts';
import { createChart } from '../../shared/indicators/chart.ts';
import { HOUR_MS } from '../../shared/kernel/time.ts';
import type { DerivativeChain, FutureQuote, OptionQuote, PerpetualQuote } from '../../shared/market/derivative.ts';
import type { FutureContract, Instrument, InstrumentOf, OptionContract, PerpetualContract, Venue } from '../../shared/market/instrument.ts';
import type { DerivativesView, StrategyView } from '../../shared/strategies/strategy.ts';

/** A book around a middle: half the spread on each side, and the same size on both. */
export interface TestBook {
  readonly middle: number;
  readonly half?: number;
  readonly size?: number | null;
}

const sides = ({ middle, half = 0, size = 1e9 }: TestBook) => ({ bid: middle - half, ask: middle + half, bidSize: size, askSize: size });

const quoteOf = (book: TestBook, receivedMs: number) => ({ ...sides(book), last: null, mark: book.middle, receivedMs });

export function futureQuote(symbol: string, book: TestBook, receivedMs: number): FutureQuote {
  return { instrument: instrumentBySymbol(symbol, receivedMs) as InstrumentOf<FutureContract>, ...quoteOf(book, receivedMs) };
}

export function optionQuote(symbol: string, book: TestBook, forward: number, receivedMs: number): OptionQuote {
  const instrument = instrumentBySymbol(symbol, receivedMs) as InstrumentOf<OptionContract>;
  return { instrument, ...quoteOf(book, receivedMs), iv: 0.5, underlyingPrice: forward };
}

export function perpetualQuote(symbol: string, book: TestBook, fundingRate: number, receivedMs: number): PerpetualQuote {
  const instrument = instrumentBySymbol(symbol, receivedMs) as InstrumentOf<PerpetualContract>;
  const fundingIntervalMs = 8 * HOUR_MS;
  const nextFundingMs = receivedMs - (receivedMs % fundingIntervalMs) + fundingIntervalMs;
  return { instrument, ...quoteOf(book, receivedMs), index: book.middle, fundingRate, nextFundingMs, fundingIntervalMs };
}

export type TestChain = Partial<Pick<DerivativeChain, 'perpetual' | 'futures' | 'options'>> & { readonly venue: Venue; readonly spot: number };

/** A view of an underlying with these chains, whose chart is cold. */
export function arbitrageView(instrument: Instrument, nowMs: number, spot: TestBook | null, chains: readonly TestChain[]): StrategyView {
  const derivatives: DerivativesView = {
    chains: chains.map((chain) => ({
      underlying: instrument.symbol,
      currency: instrument.quote,
      atMs: nowMs,
      lotSize: 1,
      perpetual: null,
      futures: [],
      options: [],
      source: 'test',
      evidence: 'simulated',
      ...chain,
    })),
    ivHistory: [],
    spot: spot === null ? null : { ...sides(spot), last: spot.middle },
  };
  return { instrument, nowMs, chart: createChart(instrument), derivatives, calendar: NSE_CALENDAR };
}
