import * as z from 'zod';
import { type RiskLimits, riskLimitsSchema, strategyNameSchema } from '../contracts/terms.ts';
import data from './data/risk.json' with { type: 'json' };
import { factsFrom } from './effective.ts';

const ageMs = z.number().int().positive();

const schema = z.strictObject({
  limits: riskLimitsSchema,
  strategyMaxPosition: z.record(strategyNameSchema, z.number().positive().max(1)),
  leastRewardToRisk: z.number().positive(),
  perpetualLeverage: z.number().min(1),
  shortCoinByPerpetual: z.boolean(),
  rateMaxAgeMs: z.strictObject({ USDT: ageMs, INR: ageMs, BTC: ageMs, ETH: ageMs }).readonly(),
  source: z.string(),
});

const parsed = factsFrom(schema, data);

/** Limits of a session that names none. */
export const DEFAULT_LIMITS: RiskLimits = parsed.limits;
/** Largest position of each strategy, share of equity. */
export const STRATEGY_MAX_POSITION = parsed.strategyMaxPosition;
/** Distance to the target over distance to the stop below which nothing is opened. */
export const LEAST_REWARD_TO_RISK = parsed.leastRewardToRisk;
/** Notional of a perpetual or dated future of Binance over the margin that is set aside for it. */
export const PERPETUAL_LEVERAGE = parsed.perpetualLeverage;
/** Whether a short of coin goes to its perpetual where one is quoted; else it is refused. */
export const SHORT_COIN_BY_PERPETUAL = parsed.shortCoinByPerpetual;
/** A rate older than this opens nothing, ms, by currency; exits are settled by it nevertheless. */
export const RATE_MAX_AGE_MS = parsed.rateMaxAgeMs;
