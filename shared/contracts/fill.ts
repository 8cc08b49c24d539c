import * as z from 'zod';
import { chargeSchema, realisedSchema } from './position.ts';
import { bookExcerptSchema, quoteExcerptSchema, rulesExcerptSchema, tickExcerptSchema } from './quote-excerpt.ts';
import { structureTagSchema } from './structure.ts';
import {
  currencySchema,
  decimalSchema,
  directionSchema,
  evidenceSchema,
  exitReasonSchema,
  marketSchema,
  ms,
  name,
  postingSchema,
  rateSchema,
  sideSchema,
  traderSchema,
  triggerSchema,
} from './terms.ts';

/** Fills and the trades that they make, as the ledger keeps them. */

/** Units that this account took from a market a short while ago: real books do not know of it. */
export const takingSchema = z
  .object({
    symbol: name,
    side: sideSchema,
    quantity: decimalSchema,
    levels: z.array(z.object({ price: z.number(), quantity: z.number() }).readonly()).readonly(),
    atMs: ms,
  })
  .readonly();
export type Taking = z.infer<typeof takingSchema>;

/** All that a fill was made from, and how: enough to make it again, to the last digit. */
export const fillProvenanceSchema = z
  .object({
    quote: quoteExcerptSchema,
    /** The side of the book that was walked; null where none was known. */
    book: bookExcerptSchema.nullable(),
    /** The trade that reached a level; null where the order was due by itself. */
    tick: tickExcerptSchema.nullable(),
    /** Best price since a trail began, before the tick. */
    extreme: z.number().nullable(),
    /** Units that stood before a limit order at its price; null where nobody could know. */
    queueAhead: z.number().nullable(),
    /** Standard deviation of one-minute returns; null where too few bars were known, and it counted as high. */
    volatility: z.number().nullable(),
    minuteVolume: z.number().nullable(),
    previousClose: z.number().nullable(),
    rules: rulesExcerptSchema.nullable(),
    /** The price before spread, slippage and impact: the middle, the stop level, the tick or the limit. */
    basePrice: decimalSchema,
    baseRule: z.enum(['book', 'touch', 'last', 'stop-level', 'gap', 'limit', 'queue', 'auction', 'settlement']),
    halfSpreadShare: z.number(),
    slippageShare: z.number(),
    impactShare: z.number(),
    regime: z.enum(['low', 'medium', 'high']),
    latencyMs: z.number().nonnegative(),
    seed: name,
    configVersion: name,
    modelVersion: z.string().nullable(),
  })
  .readonly();
export type FillProvenance = z.infer<typeof fillProvenanceSchema>;

export const fillSchema = z
  .object({
    id: name,
    orderId: name,
    ordinal: z.number().int().positive(),
    positionId: name,
    strategy: traderSchema,
    symbol: name,
    market: marketSchema,
    purpose: z.enum(['entry', 'exit']),
    side: sideSchema,
    quantity: decimalSchema,
    price: decimalSchema,
    currency: currencySchema,
    /** Maker: the order stood in the book before. */
    liquidity: z.enum(['maker', 'taker']),
    /** Fills kinder and harsher than the one that is booked: see `fill-band.ts`. */
    band: z.object({ optimistic: decimalSchema, pessimistic: decimalSchema }).readonly(),
    charges: z.array(chargeSchema).readonly(),
    /** Units that the venue took of what was bought, or that were left under the lot step and written off. */
    unitsLost: decimalSchema,
    /** Cost of spread, slippage and impact against the base price, quote currency, never negative. */
    slippage: decimalSchema,
    rate: rateSchema,
    trigger: triggerSchema,
    evidence: evidenceSchema,
    provenance: fillProvenanceSchema,
    /** What it took from the market, for those that come soon after. */
    taken: takingSchema.nullable(),
    postings: z.array(postingSchema).readonly(),
    /** Null on entries. */
    realised: realisedSchema.nullable(),
    exitReason: exitReasonSchema.nullable(),
    atMs: ms,
  })
  .readonly();
export type Fill = z.infer<typeof fillSchema>;

/** What somebody must know of a trade before counting it. `diverged_quote`: an exit filled while other venues told another price. */
export const tradeFlagSchema = z.enum(['diverged_quote']);

/** A closed round trip: a projection of the journal, written with the fill that closes it. */
export const tradeSchema = z
  .object({
    id: name,
    seq: z.number().int().positive(),
    strategy: traderSchema,
    symbol: name,
    market: marketSchema,
    evidence: evidenceSchema,
    direction: directionSchema,
    /** Units that were closed, all exits together. */
    quantity: decimalSchema,
    currency: currencySchema,
    entryPrice: decimalSchema,
    /** Average over the exits. */
    exitPrice: decimalSchema,
    openedMs: ms,
    closedMs: ms,
    openedWhy: z.string(),
    closedWhy: exitReasonSchema,
    confidence: z.number().nullable(),
    /** The odds that a model gave it when it was entered, and which; absent where none was asked. */
    odds: z.object({ value: z.number(), modelVersion: name }).readonly().optional(),
    /** Base currency. */
    entryCharges: decimalSchema,
    /** Line by line over all exits, quote currency. */
    exitCharges: z.array(chargeSchema).readonly(),
    entryRate: decimalSchema,
    exitRate: rateSchema,
    realised: realisedSchema,
    /** Net result over what was risked at the stop; null without a stop. */
    rMultiple: z.number().nullable(),
    /** The structure that it was a leg of; absent for a trade of its own. */
    structure: structureTagSchema.optional(),
    /** Absent where there is none. */
    flags: z.array(tradeFlagSchema).readonly().optional(),
    /** Corporate actions between entry and exit, which quantity and entry price include; absent where there was none. */
    actions: z
      .array(z.object({ exDate: z.iso.date(), says: name }).readonly())
      .readonly()
      .optional(),
  })
  .readonly();
export type Trade = z.infer<typeof tradeSchema>;
