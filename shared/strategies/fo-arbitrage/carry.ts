import { DAY_MS } from '../../kernel/time.ts';
import type { FutureQuote, PerpetualQuote } from '../../market/derivative.ts';
import { booked } from './books.ts';
import { type Book, type BookedQuote, type Candidate, legOf, middle, spotProduct, YEAR_MS } from './candidate.ts';
import { countedFunding } from './funding.ts';
import type { ArbitrageMarket } from './market.ts';

/**
 * Cash and carry (the underlying bought, its future sold) and the reverse, on every future and perpetual that has a book.
 *
 * A dated future ends at the price of the underlying, so the basis at the entry is the gain. A perpetual has no end: what it
 * gains is its premium, which funding drives to nothing, and the funding itself. The reverse sells the underlying short:
 * only where that may be kept open.
 */
export function carries(market: ArbitrageMarket): readonly Candidate[] {
  const { spot, chains, instrument } = market;
  if (spot === null) return [];
  const directions = instrument.shortSale === 'margin' ? ([1, -1] as const) : ([1] as const);
  return chains.flatMap((chain) => {
    const perpetuals = booked(chain.perpetual === null ? [] : [chain.perpetual], market);
    const futures = booked(chain.futures, market).filter(({ quote }) => isInReach(quote, market));
    return directions.flatMap((direction) => [
      ...futures.map((future) => datedCarry(market, spot, future, direction)),
      ...perpetuals.map((perpetual) => perpetualCarry(market, spot, perpetual, direction)),
    ]);
  });
}

/** Whether a future ends neither too soon nor too late. */
export function isInReach({ instrument: { contract } }: FutureQuote, { config, nowMs }: ArbitrageMarket): boolean {
  const daysLeft = (contract.expiryMs - nowMs) / DAY_MS;
  return daysLeft >= config.leastDaysToExpiry && daysLeft <= config.mostDaysToExpiry;
}

/** 1: the underlying is bought; -1: it is sold. */
type CarryDirection = 1 | -1;

function datedCarry(market: ArbitrageMarket, spot: Book, { quote, book }: BookedQuote<FutureQuote>, direction: CarryDirection): Candidate {
  const { instrument, nowMs } = market;
  const { contract } = quote.instrument;
  const isDelivered = contract.settlement === 'physical';
  const holdMs = contract.expiryMs - nowMs;
  const sides = sidesOf(direction);
  return {
    ...carryOf(market, spot, holdMs, direction),
    legs: [
      legOf(instrument, spotProduct(instrument), spot, sides.spot, isDelivered ? 'delivery' : 'market'),
      legOf(quote.instrument, 'future', book, sides.future, isDelivered ? 'delivery' : 'settlement'),
    ],
    gross: direction * (middle(book) - middle(spot)),
    funding: 0,
    isLocked: true,
    basis: ((middle(book) / middle(spot) - 1) * YEAR_MS) / holdMs,
    name: `${instrument.symbol} against ${quote.instrument.symbol}`,
  };
}

function perpetualCarry(market: ArbitrageMarket, spot: Book, { quote, book }: BookedQuote<PerpetualQuote>, direction: CarryDirection): Candidate {
  const { instrument, config, nowMs } = market;
  const holdMs = config.perpetualHoldingDays * DAY_MS;
  const sides = sidesOf(direction);
  const received = countedFunding(sides.future, quote, nowMs + holdMs, config.funding);
  return {
    ...carryOf(market, spot, holdMs, direction),
    legs: [
      legOf(instrument, spotProduct(instrument), spot, sides.spot, 'market'),
      legOf(quote.instrument, 'perpetual', book, sides.future, 'market'),
    ],
    gross: direction * (middle(book) - middle(spot)),
    funding: received * middle(book),
    isLocked: false,
    basis: ((middle(book) / middle(spot) - 1 + direction * received) * YEAR_MS) / holdMs,
    name: `${instrument.symbol} against ${quote.instrument.symbol}`,
  };
}

function sidesOf(direction: CarryDirection): { readonly spot: 'buy' | 'sell'; readonly future: 'buy' | 'sell' } {
  return direction === 1 ? { spot: 'buy', future: 'sell' } : { spot: 'sell', future: 'buy' };
}

function carryOf({ config, instrument }: ArbitrageMarket, spot: Book, holdMs: number, direction: CarryDirection) {
  return {
    structure: direction === 1 ? 'cash-and-carry' : 'reverse-cash-and-carry',
    borrowing: direction === 1 ? 0 : (config.borrowRate[instrument.market] * middle(spot) * holdMs) / YEAR_MS,
    holdMs,
    closeBeforeExpiryMs: null,
  } as const;
}
