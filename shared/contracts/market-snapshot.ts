import * as z from 'zod';
import { quoteCheckSchema } from './quote-excerpt.ts';
import { decimalSchema, evidenceSchema, rateSchema } from './terms.ts';

const ms = z.number().int().nonnegative();

const quoteSchema = z
  .object({
    symbol: z.string(),
    last: z.number(),
    bid: z.number().nullable(),
    ask: z.number().nullable(),
    bidSize: z.number().nullable(),
    askSize: z.number().nullable(),
    exchangeMs: ms,
    receivedMs: ms,
    source: z.string(),
    evidence: evidenceSchema,
    /** Snapshots of programs before the check have none. */
    check: quoteCheckSchema.nullable().default(null),
    /** Last price of the session before; absent for crypto, where it is not known, and in snapshots of older programs. */
    previousClose: z.number().nullable().optional(),
  })
  .readonly();
export type SnapshotQuote = z.infer<typeof quoteSchema>;

/** One source of prices as it stands: what `status` shows. */
export const feedStateSchema = z
  .object({
    source: z.string(),
    markets: z.array(z.enum(['NSE', 'CRYPTO'])).readonly(),
    evidence: evidenceSchema,
    status: z.enum(['connecting', 'up', 'down', 'waiting', 'ended']),
    /** In words: why it is down, where it is connected to, what is awaited. */
    detail: z.string(),
    sinceMs: ms,
    accepted: z.number().int(),
    /** Frames and prices refused, by reason. */
    refused: z.record(z.string(), z.number().int()).readonly(),
    reconnects: z.number().int(),
  })
  .readonly();
export type FeedState = z.infer<typeof feedStateSchema>;

/** What a venue lists an instrument with: `ListedRules`. */
export const listedRulesSchema = z
  .object({
    symbol: z.string(),
    status: z.string(),
    tickSize: decimalSchema,
    lotStep: decimalSchema,
    minNotional: decimalSchema,
    source: z.string(),
    asOfMs: ms,
  })
  .readonly();

/** The feed's newest knowledge, published with its lease: what every other function reads prices from. */
export const marketSnapshotSchema = z
  .object({
    scope: z.string(),
    atMs: ms,
    quotes: z.array(quoteSchema).readonly(),
    rates: z.array(rateSchema).readonly(),
    feeds: z.array(feedStateSchema).readonly(),
    /** Where the source stands, in the source's own terms, and what the matcher had seen by then: a restart goes on from here. */
    cursor: z.unknown(),
    /**
     * Rises whenever bars that were stored before become others (an outage is filled in): charts that were built under another
     * revision are built anew. Absent, and then 0, in snapshots of older programs.
     */
    historyRevision: z.number().int().nonnegative().optional(),
    /**
     * What the newest revisions changed, each no bar that opens before its `fromMs`: charts of which every later revision is told
     * here read the bars from there on again, and no more.
     */
    repairs: z
      .array(z.object({ revision: z.number().int().positive(), fromMs: ms }).readonly())
      .readonly()
      .optional(),
    /** What the venues themselves say of their instruments; for a symbol that is not here the shipped facts hold. */
    rules: z.array(listedRulesSchema).readonly().optional(),
  })
  .readonly();
export type MarketSnapshot = z.infer<typeof marketSnapshotSchema>;
