import * as z from 'zod';
import { TIMEFRAMES } from '../../market/timeframe.ts';
import { evidenceSchema, strategyNameSchema } from '../terms.ts';
import { instant } from './common.ts';
import { decisionAnswer } from './decisions.ts';
import { orderAnswer } from './orders.ts';
import { positionAnswer } from './portfolio.ts';

export const executeBody = z.strictObject({
  symbol: z.string().min(1).max(32),
  /** Left out: the strategy's own base timeframe. */
  timeframe: z.enum(TIMEFRAMES).nullable().default(null),
});

export const executeAnswer = z.strictObject({
  success: z.literal(true),
  sessionId: z.string(),
  strategy: strategyNameSchema,
  symbol: z.string(),
  timeframe: z.enum(TIMEFRAMES).nullable(),
  /** True once the order has filled; false with a working order while it is not known yet, which is 202. */
  traded: z.boolean(),
  /** In a sentence: what was seen, and why it was or was not traded. */
  why: z.string(),
  /** The opportunity that the strategy saw and its fate; null when it saw none. */
  decision: decisionAnswer.nullable(),
  /** Why the strategy saw nothing to trade; null when it saw an opportunity. */
  quiet: z.strictObject({ reason: z.string(), why: z.string().nullable() }).nullable(),
  order: orderAnswer.nullable(),
  position: positionAnswer.nullable(),
  evidence: evidenceSchema.nullable(),
  scanId: z.string(),
  timestamp: instant,
});
export type ExecuteAnswer = z.infer<typeof executeAnswer>;
