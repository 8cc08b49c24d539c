import { DAY_MS } from '../../kernel/time.ts';
import type { DerivativeChain, FutureQuote, OptionQuote } from '../../market/derivative.ts';
import type { Instrument } from '../../market/instrument.ts';
import { booked } from './books.ts';
import { type Book, type BookedQuote, beyondSpreads, type Candidate, type CandidateLeg, legOf, middle, spotProduct, YEAR_MS } from './candidate.ts';
import type { ArbitrageMarket } from './market.ts';

type Option = BookedQuote<OptionQuote>;

/** A call and a put of one strike and expiry: together a future made of options. */
interface Pair {
  readonly call: Option;
  readonly put: Option;
}

/** What stands against the options: the future of their expiry, or the underlying itself. */
interface Hedge {
  readonly instrument: Instrument;
  readonly book: Book;
  readonly isSpot: boolean;
}

/**
 * Conversions (hedge bought, call sold, put bought) and reversals (the other way round) at every strike whose call, put and hedge
 * have books. At expiry a conversion has paid F and received K, whatever the price is, so that it gains
 *
 *   linear:  C - P - (F - K)
 *   inverse: the smaller of S (c - p) - (F - K) and F (c - p) - (F - K)
 *
 * with F the price of the hedge and S that of the coin now. The second is the parity of inverse options, c - p = 1 - K / F, held by
 * who keeps the premium in coin; the first by who turns it into money when it is paid, as this account does. The time value of the
 * premium that is laid out is judged with the capital. A reversal on the underlying itself needs a short sale.
 *
 * Fees hardly differ between strikes, so the few that leave most beyond their books' spreads are the ones to judge.
 */
export function parities(market: ArbitrageMarket): readonly Candidate[] {
  const found = market.chains.flatMap((chain) => pairsOf(market, chain).flatMap((pair) => candidatesOf(market, chain, pair)));
  return found
    .map((candidate) => ({ candidate, left: beyondSpreads(candidate) }))
    .toSorted((a, b) => b.left - a.left)
    .slice(0, JUDGED)
    .map(({ candidate }) => candidate);
}

const JUDGED = 4;

function pairsOf(market: ArbitrageMarket, { options }: DerivativeChain): readonly Pair[] {
  const { config, nowMs } = market;
  const least = nowMs + config.leastDaysToExpiry * DAY_MS;
  const most = nowMs + config.mostDaysToExpiry * DAY_MS;
  const inReach = options.filter(({ instrument: { contract } }) => contract.expiryMs >= least && contract.expiryMs <= most);
  const byName = Map.groupBy(booked(inReach, market), ({ quote }) => {
    const { expiryMs, strike } = quote.instrument.contract;
    return `${expiryMs} ${strike}`;
  });
  return [...byName.values()].flatMap((same) => {
    const call = same.find(({ quote }) => quote.instrument.contract.right === 'call');
    const put = same.find(({ quote }) => quote.instrument.contract.right === 'put');
    return call === undefined || put === undefined ? [] : [{ call, put }];
  });
}

function candidatesOf(market: ArbitrageMarket, chain: DerivativeChain, pair: Pair): readonly Candidate[] {
  const hedge = hedgeOf(market, pair.call.quote.instrument.contract.expiryMs);
  if (hedge === null) return [];
  const isShortSale = hedge.isSpot && hedge.instrument.shortSale !== 'margin';
  return (isShortSale ? ([1] as const) : ([1, -1] as const)).map((direction) => candidateOf(market, chain, pair, hedge, direction));
}

/** The future that ends with the options, on whichever venue; else the underlying. */
function hedgeOf(market: ArbitrageMarket, expiryMs: number): Hedge | null {
  const { chains, spot, instrument } = market;
  const futures: readonly FutureQuote[] = chains.flatMap((chain) => chain.futures.filter((quote) => quote.instrument.contract.expiryMs === expiryMs));
  const [future] = booked(futures, market);
  if (future !== undefined) return { instrument: future.quote.instrument, book: future.book, isSpot: false };
  return spot === null ? null : { instrument, book: spot, isSpot: true };
}

/** 1: a conversion; -1: a reversal. */
function candidateOf(market: ArbitrageMarket, chain: DerivativeChain, { call, put }: Pair, hedge: Hedge, direction: 1 | -1): Candidate {
  const { contract, symbol } = call.quote.instrument;
  const holdMs = contract.expiryMs - market.nowMs;
  const worth = contract.payoff === 'inverse' ? chain.spot : 1;
  const price = middle(hedge.book);
  const premium = middle(call.book) - middle(put.book);
  const gains = [worth, contract.payoff === 'inverse' && !hedge.isSpot ? price : worth].map((each) => each * premium - (price - contract.strike));
  const way = (bought: boolean): 'buy' | 'sell' => (bought === (direction === 1) ? 'buy' : 'sell');
  return {
    structure: 'put-call-parity',
    legs: [hedgeLeg(hedge, contract.settlement === 'physical', way(true)), optionLeg(call, worth, way(false)), optionLeg(put, worth, way(true))],
    gross: Math.min(...gains.map((gain) => direction * gain)),
    funding: 0,
    borrowing: hedge.isSpot && direction === -1 ? (market.config.borrowRate[hedge.instrument.market] * price * holdMs) / YEAR_MS : 0,
    holdMs,
    isLocked: true,
    basis: null,
    closeBeforeExpiryMs: null,
    name: `${direction === 1 ? 'conversion' : 'reversal'} of ${symbol} and its put on ${hedge.instrument.symbol}`,
  };
}

function hedgeLeg({ instrument, book, isSpot }: Hedge, isPhysical: boolean, side: 'buy' | 'sell'): CandidateLeg {
  if (!isSpot) return legOf(instrument, 'future', book, side, 'settlement');
  return legOf(instrument, spotProduct(instrument), book, side, isPhysical ? 'delivery' : 'market');
}

const optionLeg = ({ quote, book }: Option, worth: number, side: 'buy' | 'sell'): CandidateLeg => ({
  ...legOf(quote.instrument, 'option', book, side, 'exercise'),
  worth,
  option: { contract: quote.instrument.contract, iv: quote.iv ?? 0, forward: quote.underlyingPrice },
});
