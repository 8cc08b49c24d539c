import * as z from 'zod';
import { checkStateSchema } from '../quote-excerpt.ts';
import { currencySchema, evidenceSchema, marketSchema, riskLimitsSchema, strategyNameSchema } from '../terms.ts';
import { ageMs, instant, money } from './common.ts';
import { marketStatusAnswer } from './market-status.ts';

export const sessionStats = z.strictObject({
  /** Closed round trips. */
  tradesExecuted: z.number().int().nullable(),
  winningTrades: z.number().int().nullable(),
  /** Equity less starting capital: realised and unrealised, net of all costs. */
  totalPnL: money.nullable(),
  startTime: instant.nullable(),
});
export type SessionStats = z.infer<typeof sessionStats>;

export const component = z.strictObject({ status: z.enum(['up', 'down', 'waiting', 'absent']), detail: z.string() });
export type Component = z.infer<typeof component>;

const feed = z.strictObject({
  source: z.string(),
  markets: z.array(marketSchema),
  evidence: evidenceSchema,
  status: z.enum(['connecting', 'up', 'down', 'waiting', 'ended']),
  detail: z.string(),
  since: instant,
  accepted: z.number().int(),
  refused: z.record(z.string(), z.number().int()),
  reconnects: z.number().int(),
});

const lastPrice = z.strictObject({
  symbol: z.string(),
  market: marketSchema.nullable(),
  last: z.number(),
  bid: z.number().nullable(),
  ask: z.number().nullable(),
  ageMs,
  exchangeTime: instant,
  source: z.string(),
  evidence: evidenceSchema,
  /** What other venues say of it; null where no second source is to be had: simulated and replayed prices, and NSE. */
  check: z
    .strictObject({
      state: checkStateSchema,
      /** Our mid over the median of theirs, less one, hundredths of a per cent. */
      spreadBps: z.number().nullable(),
      against: z.array(z.string()),
      since: instant,
      isWarning: z.boolean(),
    })
    .nullable(),
});

export const statusAnswer = z.strictObject({
  status: z.enum(['active', 'stopping', 'idle']),
  isActive: z.boolean(),
  marketStatus: marketStatusAnswer,
  activeStrategies: z.array(strategyNameSchema),
  activePositions: z.number().int(),
  sessionStats,
  components: z.record(z.string(), component),
  session: z
    .strictObject({
      sessionId: z.string(),
      startTime: instant,
      startingCapital: money,
      evidence: evidenceSchema,
      scope: z.string(),
      seed: z.string(),
      configVersion: z.string(),
      riskLimits: riskLimitsSchema,
    })
    .nullable(),
  /** The newest session, when none is active. */
  lastSession: z.strictObject({ sessionId: z.string(), startTime: instant, endTime: instant.nullable() }).nullable(),
  mode: z.strictObject({ evidence: evidenceSchema, scope: z.string(), markets: z.array(marketSchema), marketMode: z.enum(['switch', 'both']) }),
  feeds: z.array(feed),
  prices: z.array(lastPrice),
  rates: z.array(z.strictObject({ currency: currencySchema, value: z.string(), source: z.string(), ageMs })),
  strategies: z.strictObject({
    active: z.array(strategyNameSchema),
    built: z.array(strategyNameSchema),
  }),
  /** The model files that were named: which are asked, and of the others why not. A strategy without a model weighs its other signals. */
  models: z.array(
    z.strictObject({
      strategy: strategyNameSchema.nullable(),
      version: z.string().nullable(),
      isAsked: z.boolean(),
      /** Its skill where it is asked, else what is wrong with it. */
      why: z.string(),
      source: z.string(),
    }),
  ),
  counters: z.strictObject({
    scans: z.number().int().nullable(),
    fills: z.number().int().nullable(),
    openOrders: z.number().int(),
    acceptedFrames: z.number().int(),
    refusedFrames: z.number().int(),
    refusedByReason: z.record(z.string(), z.number().int()),
    /** Prices by what other venues say of them; those without a second source are not counted. */
    priceChecks: z.record(checkStateSchema, z.number().int()),
  }),
  lastScan: z
    .strictObject({
      id: z.string(),
      ordinal: z.number().int(),
      minute: instant,
      at: instant,
      considered: z.number().int(),
      missingBars: z.array(z.string()),
      /** Symbols with missing minutes in the last day of what the scan read. */
      gaps: z.array(z.strictObject({ symbol: z.string(), minutes: z.number().int(), last: instant })),
    })
    .nullable(),
  /** What a person must know before reading the rest: simulated prices, a feed that is down. */
  notices: z.array(z.string()),
  version: z.string(),
  timestamp: instant,
});
export type StatusAnswer = z.infer<typeof statusAnswer>;
