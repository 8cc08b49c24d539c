import type { EpochMs } from '../kernel/time.ts';
import type { OptionRight } from './black76.ts';
import type { Evidence } from './price.ts';

/** The two sides of a contract's book. A side that nobody offers is null. */
interface TwoSided {
  readonly bid: number | null;
  readonly ask: number;
  readonly last: number;
}

export interface FutureQuote extends TwoSided {
  /** Date of expiry, `YYYY-MM-DD` where the exchange is. */
  readonly expiry: string;
  readonly expiryMs: EpochMs;
}

export interface OptionQuote extends TwoSided {
  readonly expiry: string;
  readonly expiryMs: EpochMs;
  readonly strike: number;
  readonly right: OptionRight;
  /** Volatility a year that the middle of the book implies, as a share (0.12 = 12 %). */
  readonly iv: number;
}

/** All that trades on one underlying at an instant. Prices are per unit of the underlying; contracts are whole lots. */
export interface DerivativeChain {
  readonly underlying: string;
  readonly atMs: EpochMs;
  /** Last price of the underlying itself. */
  readonly spot: number;
  /** Units of the underlying in one contract. */
  readonly lotSize: number;
  /** By expiry. */
  readonly futures: readonly FutureQuote[];
  /** By expiry, strike, call before put. */
  readonly options: readonly OptionQuote[];
  readonly source: string;
  readonly evidence: Evidence;
}
