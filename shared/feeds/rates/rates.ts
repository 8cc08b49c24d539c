import type { Rate } from '../../contracts/terms.ts';
import { divide, fromNumber, ONE } from '../../kernel/decimal.ts';
import type { EpochMs } from '../../kernel/time.ts';

/** Dollars a Tether: assumed to be one until a source is there. */
export const assumedUsdtRate = (nowMs: EpochMs): Rate => ({ currency: 'USDT', value: ONE, source: 'assumed', asOfMs: nowMs });

/** Dollars a rupee, from rupees a dollar. */
export const inrRate = (usdInr: number, source: string, asOfMs: EpochMs): Rate => ({
  currency: 'INR',
  value: divide(ONE, fromNumber(usdInr)),
  source,
  asOfMs,
});
