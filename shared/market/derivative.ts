import type { EpochMs } from '../kernel/time.ts';
import type { Contract, Currency, FutureContract, InstrumentOf, OptionContract, PerpetualContract, Venue } from './instrument.ts';
import type { Evidence } from './price.ts';

/** A contract with its price, in its quote currency for one unit of the underlying. A side that nobody offers is null. */
export interface ContractQuote<C extends Contract = Contract> {
  readonly instrument: InstrumentOf<C>;
  readonly bid: number | null;
  readonly ask: number | null;
  readonly last: number | null;
  /** The price by which the venue itself values positions; null where it tells none. */
  readonly mark: number | null;
  /** What stands at the touch, units of the underlying; null where it is not told. */
  readonly bidSize: number | null;
  readonly askSize: number | null;
  readonly receivedMs: EpochMs;
}

export interface PerpetualQuote extends ContractQuote<PerpetualContract> {
  /** Price of the underlying that funding holds it to. */
  readonly index: number;
  /** What longs pay to shorts for the running interval, as a share of the mark value; negative when shorts pay. */
  readonly fundingRate: number;
  readonly nextFundingMs: EpochMs;
  readonly fundingIntervalMs: number;
}

export type FutureQuote = ContractQuote<FutureContract>;

export interface OptionQuote extends ContractQuote<OptionContract> {
  /** Volatility a year that the mark implies, as a share (0.12 = 12 %); null where there is none. */
  readonly iv: number | null;
  /** Price of the underlying for delivery at this option's expiry, in money. */
  readonly underlyingPrice: number;
}

/** All that trades on one underlying at one venue at an instant. */
export interface DerivativeChain {
  readonly underlying: string;
  readonly venue: Venue;
  /** That of the prices of the underlying and its futures; an inverse option's own price is in coin. */
  readonly currency: Currency;
  readonly atMs: EpochMs;
  /** Last price of the underlying itself: the index where there is one. */
  readonly spot: number;
  /** Units of the underlying in one contract. */
  readonly lotSize: number;
  readonly perpetual: PerpetualQuote | null;
  /** By expiry. */
  readonly futures: readonly FutureQuote[];
  /** By expiry, strike, call before put. */
  readonly options: readonly OptionQuote[];
  readonly source: string;
  readonly evidence: Evidence;
}

/** A funding payment of a perpetual that has taken place. */
export interface Funding {
  readonly atMs: EpochMs;
  /** What longs paid to shorts, as a share of the value at the mark. */
  readonly rate: number;
  /** Mark price at which it was paid. */
  readonly mark: number;
}

/** What an underlying's contracts of one expiry were settled at. */
export interface Delivery {
  readonly expiryMs: EpochMs;
  /** In money, for one unit of the underlying. */
  readonly price: number;
  readonly source: string;
}

/** What has been settled on an underlying lately, oldest first. */
export interface Settled {
  readonly fundings: readonly Funding[];
  readonly deliveries: readonly Delivery[];
}

export const NOTHING_SETTLED: Settled = { fundings: [], deliveries: [] };

/** Every quoted contract of a chain. */
export const contractsOf = ({ perpetual, futures, options }: DerivativeChain): readonly ContractQuote[] => [
  ...(perpetual === null ? [] : [perpetual]),
  ...futures,
  ...options,
];

/** At-the-money volatility of 30 days on a day, as a share a year. */
export interface DailyIv {
  readonly dayMs: EpochMs;
  readonly iv: number;
}

/** Compares options into the order of a chain: by expiry, strike, call before put. */
export function byExpiryStrikeRight({ instrument: { contract: a } }: OptionQuote, { instrument: { contract: b } }: OptionQuote): number {
  return a.expiryMs - b.expiryMs || a.strike - b.strike || (a.right === b.right ? 0 : a.right === 'call' ? -1 : 1);
}
