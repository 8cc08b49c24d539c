import { instrumentBySymbol } from '../../shared/config/instruments.ts';
import type { ChainSource } from '../../shared/engine/ports.ts';
import type { ContractQuote, Delivery, DerivativeChain, Funding, FutureQuote, OptionQuote, PerpetualQuote } from '../../shared/market/derivative.ts';
import type { Contract, Currency, Instrument, InstrumentOf, Venue } from '../../shared/market/instrument.ts';

/** Chains with a few contracts, as a feed would tell them. */
export interface ChainSketch {
  readonly underlying?: string;
  readonly venue?: Venue;
  readonly currency?: Currency;
  readonly spot?: number;
  readonly atMs: number;
  /** Bid and ask by symbol; the mark is their middle. Volatility and forward of options are as `iv` and `spot`, unless given. */
  readonly books: Readonly<Record<string, readonly [bid: number | null, ask: number | null, iv?: number]>>;
  readonly fundings?: readonly Funding[];
  readonly deliveries?: readonly Delivery[];
  readonly fundingRate?: number;
  /** What stands on each side, units of the underlying. */
  readonly size?: number;
}

export function chainSource(sketches: readonly ChainSketch[]): ChainSource {
  const of = (underlying: string): readonly ChainSketch[] => sketches.filter((sketch) => (sketch.underlying ?? 'BTC') === underlying);
  return {
    underlyings: [...new Set(sketches.map((sketch) => sketch.underlying ?? 'BTC'))],
    chains: (underlying) => of(underlying).map(chainOf),
    settled: (underlying) => ({
      fundings: of(underlying).flatMap(({ fundings = [] }) => fundings),
      deliveries: of(underlying).flatMap(({ deliveries = [] }) => deliveries),
    }),
  };
}

function chainOf(sketch: ChainSketch): DerivativeChain {
  const { underlying = 'BTC', venue = 'binance-futures', currency = 'USDT', spot = 80_000, atMs, fundingRate = 0.0001, size = 100 } = sketch;
  const quotes = Object.entries(sketch.books).map(([symbol, [bid, ask, iv = 0.5]]) => {
    const instrument = instrumentBySymbol(symbol, atMs) as Instrument;
    const mark = bid !== null && ask !== null ? (bid + ask) / 2 : (bid ?? ask);
    return { iv, quote: { instrument, bid, ask, last: mark, mark, bidSize: size, askSize: size, receivedMs: atMs } };
  });
  const kind = <C extends Contract>(wanted: C['kind']) => quotes.filter(({ quote }) => quote.instrument.contract?.kind === wanted);
  const as = <C extends Contract>(quote: Omit<ContractQuote, 'instrument'> & { readonly instrument: Instrument }): ContractQuote<C> => ({
    ...quote,
    instrument: quote.instrument as InstrumentOf<C>,
  });
  const [perpetual] = kind('perpetual');
  const funding = { index: spot, fundingRate, nextFundingMs: atMs + 3_600_000, fundingIntervalMs: 8 * 3_600_000 };
  return {
    underlying,
    venue,
    currency,
    atMs,
    spot,
    lotSize: 1,
    perpetual: perpetual === undefined ? null : ({ ...as(perpetual.quote), ...funding } as PerpetualQuote),
    futures: kind('future').map(({ quote }) => as(quote) as FutureQuote),
    options: kind('option').map(({ quote, iv }) => ({ ...as(quote), iv, underlyingPrice: spot }) as OptionQuote),
    source: 'test',
    evidence: 'simulated',
  };
}
