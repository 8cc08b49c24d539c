import { parseContractSymbol } from '../../market/contract-symbol.ts';
import {
  type ContractQuote,
  contractsOf,
  type DailyIv,
  type DerivativeChain,
  NOTHING_SETTLED,
  type OptionQuote,
  type Settled,
} from '../../market/derivative.ts';
import type { Quote } from '../../market/price.ts';
import type { ChainSource } from '../ports.ts';
import type { MarketView } from '../view.ts';

/** A contract as it is quoted, with the chain that it is quoted in. */
export interface QuotedContract {
  readonly quote: ContractQuote;
  readonly chain: DerivativeChain;
}

/** What contracts add to a view. */
export interface Contracts {
  readonly chains: (underlying: string) => readonly DerivativeChain[];
  /** A contract by its symbol; null where it is not quoted. */
  readonly contract: (symbol: string) => QuotedContract | null;
  readonly settled: (underlying: string) => Settled;
  /** Volatility of the days before, newest last; empty where nobody has kept it. */
  readonly ivHistory: (underlying: string) => readonly DailyIv[];
}

export type ContractsView = MarketView & Contracts;

/**
 * A view with the contracts that a source quotes. A contract's quote is the newer one of the view's own and the chain's, so that
 * what nobody held until now can be ordered. Chains are read once a view.
 */
export function withContracts<View extends Pick<MarketView, 'nowMs' | 'quote'>>(view: View, source: ChainSource | null): View & Contracts {
  if (source === null) return { ...view, ...NO_CONTRACTS };
  const known = new Map<string, readonly DerivativeChain[]>();
  const isKnown = (underlying: string): boolean => source.underlyings.includes(underlying);
  const chains = (underlying: string): readonly DerivativeChain[] => {
    const found = known.get(underlying) ?? (isKnown(underlying) ? source.chains(underlying, view.nowMs) : []);
    known.set(underlying, found);
    return found;
  };
  const contract = (symbol: string): QuotedContract | null => {
    const underlying = parseContractSymbol(symbol)?.underlying;
    if (underlying === undefined) return null;
    for (const chain of chains(underlying)) {
      const quote = quotesOf(chain).get(symbol);
      // Of two venues that quote the same symbol the first is meant.
      if (quote !== undefined) return { quote, chain };
    }
    return null;
  };
  return {
    ...view,
    chains,
    contract,
    settled: (underlying) => (isKnown(underlying) ? source.settled(underlying, view.nowMs) : NOTHING_SETTLED),
    ivHistory: (underlying) => (isKnown(underlying) ? (source.ivHistory?.(underlying, view.nowMs) ?? []) : []),
    quote: (symbol) => newer(view.quote(symbol), contract(symbol)),
  };
}

const NO_CONTRACTS: Contracts = { chains: () => [], contract: () => null, settled: () => NOTHING_SETTLED, ivHistory: () => [] };

/** A recorded chain of a thousand contracts is looked into at every second and price while it stands. */
const QUOTES = new WeakMap<DerivativeChain, ReadonlyMap<string, ContractQuote>>();

function quotesOf(chain: DerivativeChain): ReadonlyMap<string, ContractQuote> {
  const known = QUOTES.get(chain);
  if (known !== undefined) return known;
  const quotes = new Map(
    contractsOf(chain)
      .map((quote) => [quote.instrument.symbol, quote] as const)
      .reverse(),
  );
  QUOTES.set(chain, quotes);
  return quotes;
}

function newer(own: Quote | null, quoted: QuotedContract | null): Quote | null {
  const told = quoted === null ? null : contractQuote(quoted);
  // Of the same one the chain has the whole: the desk takes a book that has stood for long from a quote.
  return told === null || (own !== null && own.receivedMs > told.receivedMs) ? own : told;
}

/**
 * A contract's price as every other symbol's: positions in it are valued at its mark, as their venue does, and where it tells
 * none at the middle of the book or the last trade. Null where nobody has told a price.
 */
function contractQuote({ quote, chain }: QuotedContract): Quote | null {
  const { bid, ask, bidSize, askSize, receivedMs, instrument } = quote;
  const last = quote.mark ?? (bid !== null && ask !== null ? (bid + ask) / 2 : (quote.last ?? bid ?? ask));
  if (last === null || last <= 0) return null;
  const { source, evidence } = chain;
  return { symbol: instrument.symbol, last, bid, ask, bidSize, askSize, exchangeMs: receivedMs, receivedMs, source, evidence, check: null };
}

/** An option's own quote, with its volatility; null where it is not quoted, and for what is no option. */
export function optionQuoteOf(symbol: string, view: ContractsView): OptionQuote | null {
  const quoted = view.contract(symbol);
  return quoted?.chain.options.find(({ instrument }) => instrument.symbol === symbol) ?? null;
}
