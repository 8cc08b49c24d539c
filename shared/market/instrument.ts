import type { Decimal } from '../kernel/decimal.ts';

export type Market = 'NSE' | 'CRYPTO';
/** Where it trades; `binance` is Binance spot, `binance-futures` its USD-M futures. */
export type Venue = 'nse' | 'binance' | 'binance-futures' | 'deribit';
export type Currency = 'USD' | 'USDT' | 'INR';

/** What can be traded, with the grids its venue enforces. Amounts are in the quote currency, quantities in shares or coin. */
export interface Instrument {
  /** The name users type: BTC, RELIANCE. */
  readonly symbol: string;
  /** The name the venue uses: BTCUSDT, RELIANCE. */
  readonly venueSymbol: string;
  readonly market: Market;
  readonly venue: Venue;
  readonly quote: Currency;
  /** Smallest price step, as a function of the price where the venue has price-dependent ticks. */
  readonly tickSize: (price: Decimal) => Decimal;
  /** Smallest quantity step; 1 for shares. */
  readonly lotStep: Decimal;
  readonly minNotional: Decimal;
  /** Whether a sale may open a position here, and until when it may stay open. Crypto spot is long only. */
  readonly shortSale: 'never' | 'intraday';
}
