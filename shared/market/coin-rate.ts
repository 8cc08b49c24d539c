import type { Rate } from '../contracts/terms.ts';
import { fromNumber, multiply } from '../kernel/decimal.ts';
import type { Currency } from './instrument.ts';
import type { Quote } from './price.ts';

/** Coin that contracts are priced and paid in. */
export const isCoin = (currency: Currency): currency is 'BTC' | 'ETH' => currency === 'BTC' || currency === 'ETH';

/** Base currency for a coin: its own last price at the rate of Tether, as old as the older of the two. Null without one of them. */
export function coinRate(currency: 'BTC' | 'ETH', quote: Quote | null, tether: Rate | null): Rate | null {
  if (quote === null || tether === null) return null;
  return {
    currency,
    value: multiply(fromNumber(quote.last), tether.value),
    source: `price of ${quote.source}`,
    asOfMs: Math.min(quote.receivedMs, tether.asOfMs),
  };
}
