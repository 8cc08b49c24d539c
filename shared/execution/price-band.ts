import { PRICE_BANDS } from '../config/execution.ts';
import type { Market } from '../market/instrument.ts';

/** Prices that a venue takes orders at. */
export interface PriceBand {
  readonly low: number;
  readonly high: number;
}

/**
 * The band of a share: a tenth of the previous close either side, wider in steps after the price has all but left it. None for
 * crypto, and where no previous close is known.
 */
export function priceBand(market: Market, previousClose: number | null, last: number | null): PriceBand | null {
  if (market !== 'NSE' || previousClose === null) return null;
  const { share, slidesFrom, slidesBy } = PRICE_BANDS.NSE;
  const move = last === null ? 0 : Math.abs(last / previousClose - 1);
  // Shares of floats: a hair below a step is the step itself.
  const steps = Math.max(0, Math.floor((move - slidesFrom) / slidesBy + 1e-9) + 1);
  return bandAround(previousClose, share + steps * slidesBy);
}

/** The band of the closing auction around its reference price. */
export const auctionBand = (reference: number): PriceBand => bandAround(reference, PRICE_BANDS.NSE.closingAuctionShare);

const bandAround = (price: number, share: number): PriceBand => ({ low: price * (1 - share), high: price * (1 + share) });
