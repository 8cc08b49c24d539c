import type { Product } from '../../config/charges.ts';
import { type Decimal, toNumber } from '../../kernel/decimal.ts';
import { DAY_MS } from '../../kernel/time.ts';
import type { ContractQuote } from '../../market/derivative.ts';
import type { Instrument, OptionContract } from '../../market/instrument.ts';
import type { StructureName } from '../strategy.ts';

/**
 * How a leg ends when the structure is held to its horizon: `market` is closed there; `settlement` is paid its difference by the
 * venue; `delivery` gives or takes shares through the clearing house; `exercise` is an option that ends in the money, or dies.
 */
export type LegEnd = 'market' | 'settlement' | 'delivery' | 'exercise';

/** A leg with both sides of its book. Prices are in the leg's own currency. */
export interface CandidateLeg {
  readonly instrument: Instrument;
  readonly product: Product;
  readonly side: 'buy' | 'sell';
  readonly bid: number;
  readonly ask: number;
  /** What stands on the side that is met, units of the underlying; null where it is not told. */
  readonly size: number | null;
  /** Worth of one of the leg's currency in that of the structure: the coin's price for an option paid in coin. */
  readonly worth: number;
  readonly end: LegEnd;
  /** What an option promises, with its volatility a year and forward, for its margin; null for other legs. */
  readonly option: { readonly contract: OptionContract; readonly iv: number; readonly forward: number } | null;
}

/** Legs that may be worth more together than apart. Amounts are for one unit of the underlying, in the currency of its chain. */
export interface Candidate {
  readonly structure: StructureName;
  readonly legs: readonly CandidateLeg[];
  /** Gain until the horizon when every leg is opened and closed at the middle of its book, without any cost. */
  readonly gross: number;
  /** Funding expected until the horizon; negative when it is paid. */
  readonly funding: number;
  /** What borrowing the underlying costs until the horizon. */
  readonly borrowing: number;
  readonly holdMs: number;
  /** Whether the gain is certain once both legs are there: they end at the same instant at the same price. */
  readonly isLocked: boolean;
  /** Simple basis a year between the legs, as a share; null where the structure has none. */
  readonly basis: number | null;
  /** The legs are closed so long before the nearest expiry; null when they are held to it. */
  readonly closeBeforeExpiryMs: number | null;
  readonly name: string;
}

export const YEAR_MS = 365 * DAY_MS;

export const middle = ({ bid, ask }: Pick<CandidateLeg, 'bid' | 'ask'>): number => (bid + ask) / 2;
/** The price that the leg meets when it is opened. */
export const entryPrice = (leg: CandidateLeg): number => (leg.side === 'buy' ? leg.ask : leg.bid);
/** Half the spread of a book, in the currency of the structure. */
export const halfOf = ({ bid, ask }: Pick<CandidateLeg, 'bid' | 'ask'>, worth: number): number => (worth * (ask - bid)) / 2;
export const halfSpread = (leg: CandidateLeg): number => halfOf(leg, leg.worth);

/** Both sides of a quote, where there are both. */
export interface Book {
  readonly bid: number;
  readonly ask: number;
  readonly bidSize: number | null;
  readonly askSize: number | null;
}

/** A contract whose quote can be traded at. */
export interface BookedQuote<Quote extends ContractQuote> {
  readonly quote: Quote;
  readonly book: Book;
}

/** A leg of a quote, bought or sold. */
export function legOf(
  instrument: Instrument,
  product: Product,
  { bid, ask, bidSize, askSize }: Book,
  side: 'buy' | 'sell',
  end: LegEnd,
): CandidateLeg {
  return { instrument, product, side, bid, ask, size: side === 'buy' ? askSize : bidSize, worth: 1, end, option: null };
}

/** What shares or coin are traded as. */
export const spotProduct = ({ market }: Instrument): Product => (market === 'NSE' ? 'delivery' : 'spot');

/** The smallest size that every leg can trade: the least common multiple of their steps, in units of the underlying. */
export function unitOf(legs: readonly CandidateLeg[]): number {
  return toNumber(legs.map(({ instrument }) => instrument.lotStep).reduce(commonMultiple));
}

const commonMultiple = (a: Decimal, b: Decimal): Decimal => ((a / commonDivisor(a, b)) * b) as Decimal;

function commonDivisor(a: bigint, b: bigint): bigint {
  return b === 0n ? a : commonDivisor(b, a % b);
}

/** What is left of a candidate's gain, before every fee, once each leg has crossed half its spread: the least that it costs. */
export const beyondSpreads = ({ gross, funding, borrowing, legs }: Candidate): number =>
  gross + funding - borrowing - legs.reduce((sum, leg) => sum + halfSpread(leg), 0);
