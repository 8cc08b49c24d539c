import { HOUR_MS } from '../../kernel/time.ts';
import type { DerivativeChain, FutureQuote, PerpetualQuote } from '../../market/derivative.ts';
import { booked } from './books.ts';
import { type BookedQuote, type Candidate, legOf, middle, YEAR_MS } from './candidate.ts';
import { isInReach } from './carry.ts';
import { countedFunding } from './funding.ts';
import type { ArbitrageMarket } from './market.ts';

/**
 * Spreads between neighbouring months of one underlying, and between its perpetual and a dated future: the dear one sold, the
 * cheap one bought. The far month is dear when it stands above what the near one is worth carried on to its date at a rate that
 * nothing else pays
 *
 *   far > near * exp((g + a) * (T far - T near)),  g the largest of the riskless rate and the carries between all other months
 *
 * and cheap below that with the smallest of them, less a. The allowance a is what months differ by without being wrong. A share's
 * cheap far month tells of a dividend: at NSE it is not bought. Nothing locks the gain; the legs are closed before the near month
 * ends.
 */
export function calendars(market: ArbitrageMarket): readonly Candidate[] {
  return market.chains.flatMap((chain) => {
    const futures = booked(chain.futures, market).filter(({ quote }) => isInReach(quote, market));
    const perpetuals = booked(chain.perpetual === null ? [] : [chain.perpetual], market);
    return [
      ...betweenMonths(market, chain, futures),
      ...perpetuals.flatMap((perpetual) => futures.flatMap((future) => againstPerpetual(market, perpetual, future))),
    ];
  });
}

type Month = BookedQuote<FutureQuote>;

const expiryOf = ({ quote }: Month): number => quote.instrument.contract.expiryMs;

/** Each pair of neighbours against the carries between all others, the underlying being the first month. */
function betweenMonths(market: ArbitrageMarket, { spot }: DerivativeChain, months: readonly Month[]): readonly Candidate[] {
  const points = [{ atMs: market.nowMs, price: spot }, ...months.map((month) => ({ atMs: expiryOf(month), price: middle(month.book) }))];
  const carries = points.slice(1).map((to, i) => {
    const from = points[i] ?? to;
    return (Math.log(to.price / from.price) * YEAR_MS) / (to.atMs - from.atMs);
  });
  return months.slice(1).flatMap((far, i) => {
    const others = [market.riskFree, ...carries.filter((_, j) => j !== i + 1)];
    return spreadOf(market, months[i] ?? far, far, others);
  });
}

/** Both directions of a pair of months; none when the near one ends before the legs could be closed. */
function spreadOf(market: ArbitrageMarket, near: Month, far: Month, others: readonly number[]): readonly Candidate[] {
  const { nowMs, config, instrument } = market;
  const closeBeforeExpiryMs = config.closeBeforeExpiryHours * HOUR_MS;
  const holdMs = expiryOf(near) - closeBeforeExpiryMs - nowMs;
  if (holdMs <= 0) return [];
  const [nearPrice, farPrice] = [middle(near.book), middle(far.book)];
  const years = (expiryOf(far) - expiryOf(near)) / YEAR_MS;
  const allowance = config.calendarAllowance[instrument.market];
  const high = nearPrice * Math.exp((Math.max(...others) + allowance) * years);
  const low = nearPrice * Math.exp((Math.min(...others) - allowance) * years);
  const directions = instrument.market === 'NSE' ? ([1] as const) : ([1, -1] as const);
  return directions.map((direction) => ({
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
    basis: (farPrice / nearPrice - 1) / years,
    closeBeforeExpiryMs,
    name: `${near.quote.instrument.symbol} against ${far.quote.instrument.symbol}`,
  }));
}

/** Both directions of a perpetual and a dated future, held to the end of the dated one: both then stand at the index. */
function againstPerpetual(market: ArbitrageMarket, perpetual: BookedQuote<PerpetualQuote>, future: Month): readonly Candidate[] {
  const holdMs = expiryOf(future) - market.nowMs;
  const [perpetualPrice, futurePrice] = [middle(perpetual.book), middle(future.book)];
  return ([1, -1] as const).map((direction) => ({
    structure: 'calendar-spread',
    legs: [
      legOf(perpetual.quote.instrument, 'perpetual', perpetual.book, direction === 1 ? 'buy' : 'sell', 'market'),
      legOf(future.quote.instrument, 'future', future.book, direction === 1 ? 'sell' : 'buy', 'settlement'),
    ],
    gross: direction * (futurePrice - perpetualPrice),
    funding: perpetualPrice * countedFunding(direction === 1 ? 'buy' : 'sell', perpetual.quote, expiryOf(future), market.config.funding),
    borrowing: 0,
    holdMs,
    isLocked: false,
    basis: ((futurePrice / perpetualPrice - 1) * YEAR_MS) / holdMs,
    closeBeforeExpiryMs: null,
    name: `${perpetual.quote.instrument.symbol} against ${future.quote.instrument.symbol}`,
  }));
}
