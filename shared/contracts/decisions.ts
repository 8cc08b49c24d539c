import * as z from 'zod';
import { quoteExcerptSchema } from './quote-excerpt.ts';
import { structureNameSchema } from './structure.ts';
import { currencySchema, decimalSchema, directionSchema, marketSchema, sideSchema, signalPartSchema, strategyNameSchema } from './terms.ts';

const ms = z.number().int().nonnegative();

/** One considered opportunity: what was proposed, and whether it was taken or refused and why. */
export const decisionSchema = z
  .object({
    id: z.string(),
    strategy: strategyNameSchema,
    symbol: z.string(),
    market: marketSchema,
    timeframe: z.string(),
    outcome: z.enum(['taken', 'exit-requested', 'refused']),
    /** Stable code: `taken`, or the rule or limit that refused. */
    reason: z.string(),
    /** The reason in a sentence, with the value and the threshold where a limit spoke. */
    why: z.string(),
    limit: z.object({ name: z.string(), value: z.number(), threshold: z.number() }).readonly().nullable(),
    /** Null for a structure of several legs. */
    direction: directionSchema.nullable(),
    confidence: z.number(),
    parts: z.array(signalPartSchema).readonly(),
    /** What the model said, and of what (features in the order of their definition, null where missing); absent where none has spoken. */
    odds: z
      .object({
        value: z.number(),
        least: z.number(),
        /** Absent in decisions of before there were such. */
        breakEven: z.number().optional(),
        members: z.array(z.number()).readonly().optional(),
        modelVersion: z.string(),
        features: z.array(z.number().nullable()).readonly(),
      })
      .readonly()
      .optional(),
    /** Null for a structure, which has a price for each leg. */
    entry: z.number().nullable(),
    stop: z.number().nullable(),
    target: z.number().nullable(),
    /** What was proposed where it is more than one leg; amounts are for one unit, in `currency`. Absent for a single position. */
    structure: z
      .object({
        name: structureNameSchema,
        currency: currencySchema,
        legs: z.array(z.object({ symbol: z.string(), side: sideSchema, ratio: z.number(), price: z.number() }).readonly()).readonly(),
        maxLoss: z.number().nullable(),
        maxProfit: z.number().nullable(),
        riskPerUnit: z.number(),
      })
      .readonly()
      .optional(),
    quantity: decimalSchema.nullable(),
    /** What bound the size: the smallest of the caps. */
    sizedBy: z.string().nullable(),
    orderId: z.string().nullable(),
    lastBarMs: ms,
    quote: quoteExcerptSchema.nullable(),
  })
  .readonly();
export type Decision = z.infer<typeof decisionSchema>;

/** One scan, kept whole: its candidates with their fate, and what was quiet in short. */
export const scanRecordSchema = z
  .object({
    /** `scan:<minute>` for a scheduled scan, `ask:<id>` for one that a person asked for. */
    id: z.string(),
    /** How many scheduled scans the session has had, this one included; what a person asked for does not count. */
    ordinal: z.number().int().nonnegative(),
    /** Start of the minute that the scan works for: it has seen the bars before it. */
    minuteMs: ms,
    atMs: ms,
    markets: z.array(marketSchema).readonly(),
    decisions: z.array(decisionSchema).readonly(),
    quiet: z.array(z.object({ strategy: strategyNameSchema, reason: z.string(), symbols: z.array(z.string()).readonly() }).readonly()).readonly(),
    /** Symbols whose newest bar was not there or is marked missing. */
    missingBars: z.array(z.string()).readonly(),
    /**
     * Symbols in whose last day of bars minutes are missing: how many, and which was the last. What was decided of them was read
     * across that gap. Absent where no minute is missing.
     */
    gaps: z
      .array(z.object({ symbol: z.string(), minutes: z.number().int().positive(), lastMs: ms }).readonly())
      .readonly()
      .optional(),
  })
  .readonly();
export type ScanRecord = z.infer<typeof scanRecordSchema>;
