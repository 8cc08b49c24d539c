import { DAY_MS, type EpochMs } from '../../kernel/time.ts';
import type { DerivativeChain, FutureQuote, OptionQuote } from '../../market/derivative.ts';
import type { Instrument } from '../../market/instrument.ts';
import { booked, bookedOrNull } from './books.ts';
import { type Book, type BookedQuote, type Candidate, type CandidateLeg, halfOf, legOf, middle, spotProduct, YEAR_MS } from './candidate.ts';
import type { ArbitrageMarket } from './market.ts';

type Option = BookedQuote<OptionQuote>;

/** A call and a put of one strike and expiry: together a future made of options. */
interface Pair {
  readonly call: Option;
  readonly put: Option;
}

type Incomplete = { -readonly [Right in keyof Pair]?: Pair[Right] };

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
  const best: Parity[] = [];
  for (const chain of market.chains) {
    for (const [expiryMs, pairs] of pairsOf(market, chain)) {
      const hedge = hedgeOf(market, expiryMs);
      if (hedge === null) continue;
      const directions = hedge.isSpot && hedge.instrument.shortSale !== 'margin' ? CONVERSION : BOTH_WAYS;
      for (const pair of pairs) for (const direction of directions) keepIfBest(best, parityOf(market, chain, pair, hedge, direction));
    }
  }
  return best.map(candidateOf);
}

const JUDGED = 4;
const CONVERSION = [1] as const;
const BOTH_WAYS = [1, -1] as const;

/** Keeps the few that leave most, most first; of equal ones the first that was found. */
function keepIfBest(best: Parity[], found: Parity): void {
  let place = best.length;
  while (place > 0 && found.left > (best[place - 1] as Parity).left) place--;
  if (place === JUDGED) return;
  best.splice(place, 0, found);
  if (best.length > JUDGED) best.pop();
}

/** Calls and puts of one strike that have books, by expiry. */
function pairsOf(market: ArbitrageMarket, { options }: DerivativeChain): ReadonlyMap<EpochMs, readonly Pair[]> {
  const { config, nowMs } = market;
  const least = nowMs + config.leastDaysToExpiry * DAY_MS;
  const most = nowMs + config.mostDaysToExpiry * DAY_MS;
  const byExpiry = new Map<EpochMs, Map<number, Incomplete>>();
  for (const quote of options) {
    const { expiryMs, strike, right } = quote.instrument.contract;
    if (expiryMs < least || expiryMs > most) continue;
    const option = bookedOrNull(quote, market);
    if (option === null) continue;
    const byStrike = byExpiry.get(expiryMs) ?? new Map<number, Incomplete>();
    byExpiry.set(expiryMs, byStrike);
    const pair = byStrike.get(strike) ?? {};
    pair[right] ??= option;
    byStrike.set(strike, pair);
  }
  return new Map([...byExpiry].map(([expiryMs, byStrike]) => [expiryMs, [...byStrike.values()].filter(isWhole)]));
}

const isWhole = (pair: Incomplete): pair is Pair => pair.call !== undefined && pair.put !== undefined;

/** The future that ends with the options, on whichever venue; else the underlying. */
function hedgeOf(market: ArbitrageMarket, expiryMs: number): Hedge | null {
  const { chains, spot, instrument } = market;
  const futures: readonly FutureQuote[] = chains.flatMap((chain) => chain.futures.filter((quote) => quote.instrument.contract.expiryMs === expiryMs));
  const [future] = booked(futures, market);
  if (future !== undefined) return { instrument: future.quote.instrument, book: future.book, isSpot: false };
  return spot === null ? null : { instrument, book: spot, isSpot: true };
}

/** A pair against its hedge, with what it would gain. A chain has a thousand of them: candidates are made of the best. */
interface Parity extends Pick<Candidate, 'gross' | 'borrowing' | 'holdMs'> {
  readonly pair: Pair;
  readonly hedge: Hedge;
  /** 1: a conversion; -1: a reversal. */
  readonly direction: 1 | -1;
  /** Worth of one of the options' currency in that of the chain. */
  readonly worth: number;
  /** `beyondSpreads` of its candidate. */
  readonly left: number;
}

function parityOf(market: ArbitrageMarket, chain: DerivativeChain, pair: Pair, hedge: Hedge, direction: 1 | -1): Parity {
  const { call, put } = pair;
  const { expiryMs, payoff, strike } = call.quote.instrument.contract;
  const holdMs = expiryMs - market.nowMs;
  const worth = payoff === 'inverse' ? chain.spot : 1;
  const price = middle(hedge.book);
  const premium = middle(call.book) - middle(put.book);
  const paidNow = direction * (worth * premium - (price - strike));
  const keptInCoin = payoff === 'inverse' && !hedge.isSpot ? direction * (price * premium - (price - strike)) : paidNow;
  const gross = Math.min(paidNow, keptInCoin);
  const borrowing = hedge.isSpot && direction === -1 ? (market.config.borrowRate[hedge.instrument.market] * price * holdMs) / YEAR_MS : 0;
  const spreads = halfOf(hedge.book, 1) + halfOf(call.book, worth) + halfOf(put.book, worth);
  return { pair, hedge, direction, worth, gross, borrowing, holdMs, left: gross - borrowing - spreads };
}

function candidateOf({ pair: { call, put }, hedge, direction, worth, gross, borrowing, holdMs }: Parity): Candidate {
  const { contract, symbol } = call.quote.instrument;
  const way = (bought: boolean): 'buy' | 'sell' => (bought === (direction === 1) ? 'buy' : 'sell');
  return {
    structure: 'put-call-parity',
    legs: [hedgeLeg(hedge, contract.settlement === 'physical', way(true)), optionLeg(call, worth, way(false)), optionLeg(put, worth, way(true))],
    gross,
    funding: 0,
    borrowing,
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
