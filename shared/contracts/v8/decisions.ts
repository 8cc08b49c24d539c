import * as z from 'zod';
import { checkStateSchema } from '../quote-excerpt.ts';
import { structureNameSchema } from '../structure.ts';
import { currencySchema, directionSchema, evidenceSchema, marketSchema, sideSchema, signalPartSchema, strategyNameSchema } from '../terms.ts';
import { ageMs, amount, instant, pageQuery, sessionQuery, shownSession } from './common.ts';

const outcome = z.enum(['taken', 'exit-requested', 'refused']);

export const decisionsQuery = z.strictObject({
  ...pageQuery,
  ...sessionQuery,
  strategy: strategyNameSchema.optional(),
  symbol: z.string().min(1).max(32).optional(),
  outcome: outcome.optional(),
});

export const decisionAnswer = z.strictObject({
  id: z.string(),
  strategy: strategyNameSchema,
  symbol: z.string(),
  market: marketSchema,
  timeframe: z.string(),
  outcome,
  /** Stable code: `taken`, or the rule or limit that refused. */
  reason: z.string(),
  why: z.string(),
  limit: z.strictObject({ name: z.string(), value: z.number(), threshold: z.number() }).nullable(),
  /** Null for a structure of several legs. */
  direction: directionSchema.nullable(),
  confidence: z.number(),
  parts: z.array(signalPartSchema),
  /** The chance that the model gave it to reach its target before its stop in time; null where none was asked. */
  odds: z
    .strictObject({
      value: z.number(),
      /** Those that are counted as the strategy's least confidence in a model. */
      least: z.number(),
      /** Those at which the trade brings nothing after costs; null in decisions of before it was kept. */
      breakEven: z.number().nullable(),
      /** What each of the model's networks says by itself: the lowest sizes the position. */
      members: z.array(z.number()),
      /** Share of them that reach `least` by themselves; null where they were not kept. */
      agreement: z.number().nullable(),
      modelVersion: z.string(),
    })
    .nullable(),
  entry: z.number().nullable(),
  stop: z.number().nullable(),
  target: z.number().nullable(),
  /** What was proposed where it is more than one leg; amounts are for one unit, in `currency`. */
  structure: z
    .strictObject({
      name: structureNameSchema,
      currency: currencySchema,
      legs: z.array(z.strictObject({ symbol: z.string(), side: sideSchema, ratio: z.number(), price: z.number() })),
      maxLoss: z.number().nullable(),
      maxProfit: z.number().nullable(),
      riskPerUnit: z.number(),
    })
    .nullable(),
  quantity: amount.nullable(),
  sizedBy: z.string().nullable(),
  orderId: z.string().nullable(),
  /** Start of the newest bar seen. */
  lastBar: instant,
  price: z
    .strictObject({
      last: z.number(),
      bid: z.number().nullable(),
      ask: z.number().nullable(),
      ageMs,
      source: z.string(),
      evidence: evidenceSchema,
      check: checkStateSchema.nullable(),
    })
    .nullable(),
  /** Minutes missing in the last day of bars that it was decided from; null when none is. */
  gap: z.strictObject({ minutes: z.number().int(), last: instant }).nullable(),
  scan: z.strictObject({ id: z.string(), ordinal: z.number().int(), minute: instant, at: instant }),
});
export type DecisionAnswer = z.infer<typeof decisionAnswer>;

export const decisionsAnswer = z.strictObject({
  ...shownSession,
  decisions: z.array(decisionAnswer),
  /** Scans that this page looked through, and what its strategies found no reason in: symbols counted by strategy and reason. */
  scans: z.number().int(),
  quiet: z.array(z.strictObject({ strategy: strategyNameSchema, reason: z.string(), count: z.number().int() })),
  next: z.string().nullable(),
  timestamp: instant,
});
export type DecisionsAnswer = z.infer<typeof decisionsAnswer>;
