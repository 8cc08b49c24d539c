import type { Product } from '../config/charges.ts';
import { fromNumber, toNumber } from '../kernel/decimal.ts';
import type { EpochMs } from '../kernel/time.ts';
import type { Currency, Instrument } from '../market/instrument.ts';
import { chargesFor, totalOf } from './charges.ts';
import { booklessConcession } from './slippage.ts';

/** One side of a trade that nobody has placed: what a label, or the odds at which a proposal breaks even, count as its costs. */
export interface Side {
  readonly instrument: Instrument;
  readonly product: Product;
  readonly side: 'buy' | 'sell';
  /** A target rests in the book and is met there; all else meets the market and concedes. */
  readonly liquidity: 'maker' | 'taker';
  readonly price: number;
  /** Deviation of one-minute returns, share of price. */
  readonly minuteVolatility: number;
  readonly atMs: EpochMs;
}

/**
 * What such a trade is of, in the quote currency: some 5,000 dollars, a twentieth of the default account. Flat lines and caps go by it: of 5,000 rupees the
 * depository's charge alone would be three thousandths.
 */
const notionalIn = (currency: Currency): number => (currency === 'INR' ? 400_000 : 5_000);

/**
 * What a side costs, as a share of its price: the venue's charges on that day, and for a taker spread, slippage and impact as a fill
 * without a book would pay.
 */
export function sideCost({ instrument, product, side, liquidity, price, minuteVolatility, atMs }: Side): number {
  const notional = notionalIn(instrument.quote);
  const quantity = notional / price;
  const charges = chargesFor({
    instrument,
    product,
    side,
    liquidity,
    notional: fromNumber(notional),
    quantity: fromNumber(quantity),
    price: fromNumber(price),
    atMs,
  });
  const conceded = liquidity === 'maker' ? 0 : booklessConcession({ instrument, price, quantity, minuteVolatility, minuteVolume: null }).total;
  return toNumber(totalOf(charges)) / notional + conceded;
}
