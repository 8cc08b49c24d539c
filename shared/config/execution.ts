import * as z from 'zod';
import { decimal } from '../kernel/decimal.ts';
import data from './data/execution.json' with { type: 'json' };
import { factsFrom } from './effective.ts';

const share = z.number().positive().lt(1);

const schema = z.strictObject({
  latency: z.strictObject({
    baseMs: z.number().nonnegative(),
    meanTailMs: z.number().nonnegative(),
    capMs: z.number().positive(),
    source: z.string(),
  }),
  participation: z.strictObject({ share: z.number().positive().max(1), source: z.string() }),
  priceBands: z.strictObject({
    NSE: z.strictObject({ share, slidesFrom: share, slidesBy: share, closingAuctionShare: share, source: z.string() }),
  }),
  entryExpiryMs: z.number().int().positive(),
  exitOverdueMs: z.number().int().positive(),
  bookMaxAgeMs: z.number().int().positive(),
  entryReserve: z.string(),
  source: z.string(),
});

const parsed = factsFrom(schema, data);

/** Parameters of the simulated order latency, ms. */
export const LATENCY = parsed.latency;
/** Share of a minute's usual volume that an account may trade where no depth is known. */
export const PARTICIPATION = parsed.participation.share;
/** How far from the previous close, or from the auction's reference, an order's price may be: shares of it. */
export const PRICE_BANDS = parsed.priceBands;
/** An accepted market entry that found no price to fill at expires after this, ms. */
export const ENTRY_EXPIRY_MS = parsed.entryExpiryMs;
/** An exit at market that has not filled for this long is told of, ms. */
export const EXIT_OVERDUE_MS = parsed.exitOverdueMs;
/** A book older than this is not crossed; the last price with assumed costs is used instead, ms. */
export const BOOK_MAX_AGE_MS = parsed.bookMaxAgeMs;
/** Share of the notional reserved on top of it for charges and slippage. */
export const ENTRY_RESERVE = decimal(parsed.entryReserve);
