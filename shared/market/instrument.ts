import type { Decimal } from '../kernel/decimal.ts';
import type { EpochMs } from '../kernel/time.ts';
import type { OptionRight } from './black76.ts';

export type Market = 'NSE' | 'CRYPTO';
/** Where it trades; `binance` is Binance spot, `binance-futures` its USD-M futures. */
export type Venue = 'nse' | 'binance' | 'binance-futures' | 'deribit';
/** Money; coin too, in which inverse options are priced and paid. */
export type Currency = 'USD' | 'USDT' | 'INR' | 'BTC' | 'ETH';

/** In what a contract ends: the difference in money, or the underlying itself. */
export type Settlement = 'cash' | 'physical';

/** A future without an end, held near its underlying by funding payments. */
export interface PerpetualContract {
  readonly kind: 'perpetual';
  /** The symbol of what it is written on: BTC, NIFTY. */
  readonly underlying: string;
}

interface Expiring {
  readonly underlying: string;
  /** Date of expiry, `YYYY-MM-DD` where the exchange is. */
  readonly expiry: string;
  readonly expiryMs: EpochMs;
  readonly settlement: Settlement;
}

export interface FutureContract extends Expiring {
  readonly kind: 'future';
}

export interface OptionContract extends Expiring {
  readonly kind: 'option';
  readonly strike: number;
  readonly right: OptionRight;
  /** `inverse`: premium and payoff are in the underlying coin, max(S - K, 0) / S; `linear`: in money. */
  readonly payoff: 'linear' | 'inverse';
}

/** What a derivative promises. European options only. */
export type Contract = PerpetualContract | FutureContract | OptionContract;

/**
 * What can be traded, with the grids its venue enforces. Amounts are in the quote currency; quantities are shares or coin, of a
 * contract the units of its underlying (one lot of NIFTY is 65), and prices are for one such unit.
 */
export interface Instrument {
  /** The name users type: BTC, RELIANCE, BTC-PERP, NIFTY-2026-12-29 (a future), BTC-2026-12-25-90000-C (a call). */
  readonly symbol: string;
  /** The name the venue uses: BTCUSDT, RELIANCE. */
  readonly venueSymbol: string;
  readonly market: Market;
  readonly venue: Venue;
  readonly quote: Currency;
  /** Smallest price step, as a function of the price where the venue has price-dependent ticks. */
  readonly tickSize: (price: Decimal) => Decimal;
  /** Smallest quantity step; 1 for shares, the lot for contracts. */
  readonly lotStep: Decimal;
  readonly minNotional: Decimal;
  /** Whether a sale may open a position here, and until when it may stay open: of contracts as long as its margin is there. Crypto spot is long only. */
  readonly shortSale: 'never' | 'intraday' | 'margin';
  /** Null for shares and coin. */
  readonly contract: Contract | null;
}

/** An instrument that is a contract of this kind. */
export type InstrumentOf<C extends Contract> = Instrument & { readonly contract: C };
