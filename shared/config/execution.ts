import * as z from 'zod';
import { decimal } from '../kernel/decimal.ts';
import data from './data/execution.json' with { type: 'json' };

const schema = z.strictObject({
  latency: z.strictObject({
    baseMs: z.number().nonnegative(),
    meanTailMs: z.number().nonnegative(),
    capMs: z.number().positive(),
    source: z.string(),
  }),
  entryExpiryMs: z.number().int().positive(),
  bookMaxAgeMs: z.number().int().positive(),
  entryReserve: z.string(),
  source: z.string(),
});

const parsed = schema.parse(data);

/** Parameters of the simulated order latency, ms. */
export const LATENCY = parsed.latency;
/** An accepted entry that found no price to fill at expires after this, ms. */
export const ENTRY_EXPIRY_MS = parsed.entryExpiryMs;
/** A top of book older than this is not crossed; the last price with assumed costs is used instead, ms. */
export const BOOK_MAX_AGE_MS = parsed.bookMaxAgeMs;
/** Share of the notional reserved on top of it for charges and slippage. */
export const ENTRY_RESERVE = decimal(parsed.entryReserve);
