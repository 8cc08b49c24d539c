import { HOUR_MS } from '../../kernel/time.ts';
import type { DerivativeChain, FutureQuote, PerpetualQuote } from '../../market/derivative.ts';
import { booked } from './books.ts';
import { type BookedQuote, type Candidate, legOf, middle, YEAR_MS } from './candidate.ts';
import { isInReach } from './carry.ts';
import { expectedFunding } from './funding.ts';
import type { ArbitrageMarket } from './market.ts';

/**
 * Spreads between two futures of one underlying, and between its perpetual and a dated one: the dear one sold, the cheap one
 * bought. The far month is dear when it stands above what the near one is worth carried on to its date
 *
 *   far > near * exp(g * (T far - T near)),  g the larger of the riskless rate and the carry that the near month itself pays
 *
 * and cheap when it stands below that with the smaller of the two: a market that pays more than the riskless rate on every month
 * alike offers no spread. Nothing locks the gain; the legs are closed before the near month ends.
 */
export function calendars(market: ArbitrageMarket): readonly Candidate[] {
  return market.chains.flatMap((chain) => {
    const futures = booked(chain.futures, market).filter(({ quote }) => isInReach(quote, market));
    const perpetuals = booked(chain.perpetual === null ? [] : [chain.perpetual], market);
    const months = futures.flatMap((near, i) => futures.slice(i + 1).flatMap((far) => betweenMonths(market, chain, near, far)));
    return [...months, ...perpetuals.flatMap((perpetual) => futures.flatMap((future) => againstPerpetual(market, perpetual, future)))];
  });
}

type Month = BookedQuote<FutureQuote>;

const expiryOf = ({ quote }: Month): number => quote.instrument.contract.expiryMs;

/** Both directions of a pair of months; none when the near one ends before the legs could be closed. */
function betweenMonths(market: ArbitrageMarket, { spot }: DerivativeChain, near: Month, far: Month): readonly Candidate[] {
  const { nowMs, riskFree, config } = market;
  const closeBeforeExpiryMs = config.closeBeforeExpiryHours * HOUR_MS;
  const holdMs = expiryOf(near) - closeBeforeExpiryMs - nowMs;
  if (holdMs <= 0) return [];
  const [nearPrice, farPrice] = [middle(near.book), middle(far.book)];
  const carry = (Math.log(nearPrice / spot) * YEAR_MS) / (expiryOf(near) - nowMs);
  const years = (expiryOf(far) - expiryOf(near)) / YEAR_MS;
  const [low, high] = [Math.min(riskFree, carry), Math.max(riskFree, carry)].map((rate) => nearPrice * Math.exp(rate * years)) as [number, number];
  const basis = (farPrice / nearPrice - 1) / years;
  return ([1, -1] as const).map((direction) => ({
    structure: 'calendar-spread',
    legs: [
      legOf(near.quote.instrument, 'future', near.book, direction === 1 ? 'buy' : 'sell', 'market'),
      legOf(far.quote.instrument, 'future', far.book, direction === 1 ? 'sell' : 'buy', 'market'),
    ],
    gross: direction === 1 ? farPrice - high : low - farPrice,
    funding: 0,
    borrowing: 0,
    holdMs,
    isLocked: false,
    basis,
    closeBeforeExpiryMs,
    name: `${near.quote.instrument.symbol} against ${far.quote.instrument.symbol}`,
  }));
}

/** Both directions of a perpetual and a dated future, held to the end of the dated one: both then stand at the index. */
function againstPerpetual(market: ArbitrageMarket, perpetual: BookedQuote<PerpetualQuote>, future: Month): readonly Candidate[] {
  const holdMs = expiryOf(future) - market.nowMs;
  const [perpetualPrice, futurePrice] = [middle(perpetual.book), middle(future.book)];
  const received = expectedFunding(perpetual.quote, expiryOf(future), market.config.fundingPersistence) * perpetualPrice;
  return ([1, -1] as const).map((direction) => ({
    structure: 'calendar-spread',
    legs: [
      legOf(perpetual.quote.instrument, 'perpetual', perpetual.book, direction === 1 ? 'buy' : 'sell', 'market'),
      legOf(future.quote.instrument, 'future', future.book, direction === 1 ? 'sell' : 'buy', 'settlement'),
    ],
    gross: direction * (futurePrice - perpetualPrice),
    funding: -direction * received,
    borrowing: 0,
    holdMs,
    isLocked: false,
    basis: ((futurePrice / perpetualPrice - 1) * YEAR_MS) / holdMs,
    closeBeforeExpiryMs: null,
    name: `${perpetual.quote.instrument.symbol} against ${future.quote.instrument.symbol}`,
  }));
}
