import * as z from 'zod';
import { decimal } from '../../kernel/decimal.ts';
import { STRATEGY_NAMES } from '../../strategies/strategy.ts';
import { evidenceSchema, type RiskLimits, riskLimitsSchema, strategyNameSchema } from '../terms.ts';
import { instant, money, moneyInput } from './common.ts';

const LEAST_CAPITAL_USD = '100';
const MOST_CAPITAL_USD = '1000000000';

const someLimits = riskLimitsSchema.unwrap().partial();

/** JSON has no undefined: what is there is given. */
const given = (limits: z.infer<typeof someLimits>): Partial<RiskLimits> => limits as Partial<RiskLimits>;

export const startBody = z.strictObject({
  startingCapital: moneyInput
    .refine((value) => value >= decimal(LEAST_CAPITAL_USD) && value <= decimal(MOST_CAPITAL_USD), {
      error: `Expected ${LEAST_CAPITAL_USD} to ${MOST_CAPITAL_USD} USD`,
    })
    .default(decimal('100000')),
  /** Null or left out for all that are built. */
  strategies: z
    .array(strategyNameSchema)
    .min(1)
    .max(STRATEGY_NAMES.length)
    .refine((names) => new Set(names).size === names.length, { error: 'Expected each strategy once' })
    .nullable()
    .default(null),
  riskLimits: someLimits.default({}).transform(given),
});

export const startAnswer = z.strictObject({
  success: z.literal(true),
  sessionId: z.string(),
  startingCapital: money,
  activeStrategies: z.array(strategyNameSchema),
  riskLimits: riskLimitsSchema,
  evidence: evidenceSchema,
  startTime: instant,
  timestamp: instant,
});

export const stopBody = z.strictObject({ closePositions: z.boolean().default(true) });

export const stopAnswer = z.strictObject({
  success: z.literal(true),
  sessionId: z.string(),
  /** `stopping` until the last position is closed. */
  status: z.enum(['active', 'stopping', 'stopped']),
  openPositions: z.number().int(),
  timestamp: instant,
});

export const setRiskLimitsBody = someLimits
  .refine((limits) => Object.keys(limits).length > 0, { error: `Expected at least one of ${Object.keys(someLimits.shape).join(', ')}` })
  .transform(given);

export const setRiskLimitsAnswer = z.strictObject({
  success: z.literal(true),
  sessionId: z.string(),
  before: riskLimitsSchema,
  after: riskLimitsSchema,
  timestamp: instant,
});

export const sessionsAnswer = z.strictObject({
  sessions: z.array(
    z.strictObject({
      sessionId: z.string(),
      status: z.enum(['active', 'stopping', 'stopped']),
      startTime: instant,
      endTime: instant.nullable(),
      startingCapital: money,
      evidence: evidenceSchema,
      scope: z.string(),
      strategies: z.array(strategyNameSchema),
      tradesExecuted: z.number().int(),
      openPositions: z.number().int(),
      /** Net result of the closed trades, base currency, exact. */
      realisedPnL: z.string(),
    }),
  ),
  timestamp: instant,
});
export type SessionsAnswer = z.infer<typeof sessionsAnswer>;
