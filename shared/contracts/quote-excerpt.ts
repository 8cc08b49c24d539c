import * as z from 'zod';
import { decimalSchema, evidenceSchema, ms, name } from './terms.ts';

/** What was known of the market when something was decided or filled, as it is kept with it. */

export const checkStateSchema = z.enum(['agreed', 'diverged', 'single-source', 'stale']);

/** What other venues said of a price. */
export const quoteCheckSchema = z
  .object({ state: checkStateSchema, spreadBps: z.number().nullable(), against: z.array(name).readonly(), sinceMs: ms, isWarning: z.boolean() })
  .readonly();

/** The prices that a decision or a fill was made from. */
export const quoteExcerptSchema = z
  .object({
    last: z.number(),
    bid: z.number().nullable(),
    ask: z.number().nullable(),
    bidSize: z.number().nullable(),
    askSize: z.number().nullable(),
    exchangeMs: ms,
    receivedMs: ms,
    source: name,
    evidence: evidenceSchema,
    /** Absent where no second source is to be had. */
    check: z
      .object({ state: checkStateSchema, spreadBps: z.number().nullable(), against: z.array(name).readonly() })
      .readonly()
      .optional(),
  })
  .readonly();
export type QuoteExcerpt = z.infer<typeof quoteExcerptSchema>;

const levelSchema = z.object({ price: z.number(), quantity: z.number() }).readonly();

/** The levels of one side of a book that an order could reach, best first. */
export const bookExcerptSchema = z
  .object({
    levels: z.array(levelSchema).readonly(),
    /** The best level of the order's own side; null where nothing stood there: a one-sided book fills nothing. */
    ownBest: levelSchema.nullable(),
    exchangeMs: ms,
    receivedMs: ms,
    sequence: z.number().optional(),
    source: name,
  })
  .readonly();
export type BookExcerpt = z.infer<typeof bookExcerptSchema>;

/** The trade that reached a level. */
export const tickExcerptSchema = z
  .object({
    price: z.number(),
    quantity: z.number(),
    motion: z.enum(['print', 'sweep']),
    ahead: z.object({ low: z.number(), high: z.number() }).readonly().optional(),
    exchangeMs: ms,
    receivedMs: ms,
    sequence: z.number().optional(),
  })
  .readonly();
export type TickExcerpt = z.infer<typeof tickExcerptSchema>;

/** The grids that the venue listed the instrument with, where it had told them. */
export const rulesExcerptSchema = z
  .object({ status: z.string(), tickSize: decimalSchema, lotStep: decimalSchema, minNotional: decimalSchema, source: z.string(), asOfMs: ms })
  .readonly();
