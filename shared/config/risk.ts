import * as z from 'zod';
import { type RiskLimits, riskLimitsSchema, strategyNameSchema } from '../contracts/terms.ts';
import data from './data/risk.json' with { type: 'json' };
import { factsFrom, fromDate, inForce, source } from './effective.ts';

const ageMs = z.number().int().positive();

const positive = z.number().positive();

const rateMoves = z.array(z.strictObject({ from: fromDate, move: positive.max(1), source }).readonly()).readonly();

/** Every limit of the gate, none left out. */
export type AllLimits = { readonly [Name in keyof RiskLimits]-?: NonNullable<RiskLimits[Name]> };

const schema = z.strictObject({
  limits: riskLimitsSchema.unwrap().required().readonly(),
  kelly: z.strictObject({ share: positive.max(1), leastTrades: positive, shrinkTrades: positive, probeShare: positive.max(1) }).readonly(),
  valueAtRisk: z
    .strictObject({
      level: positive.lt(1),
      days: positive,
      leastDays: positive,
      paths: positive,
      assumedMove: z.strictObject({ CRYPTO: positive.max(1), NSE: positive.max(1) }).readonly(),
      assumedRateMove: z.strictObject({ INR: rateMoves, USDT: rateMoves }).readonly(),
    })
    .readonly(),
  strategyMaxPosition: z.record(strategyNameSchema, z.number().positive().max(1)),
  leastRewardToRisk: z.number().positive(),
  perpetualLeverage: z.number().min(1),
  shortCoinByPerpetual: z.boolean(),
  rateMaxAgeMs: z.strictObject({ USDT: ageMs, INR: ageMs, BTC: ageMs, ETH: ageMs }).readonly(),
  source,
});

const parsed = factsFrom(schema, data);

/** Limits of a session that names none. */
export const DEFAULT_LIMITS: AllLimits = parsed.limits;
/** The limits of an account, with the defaults for those that were not known when it began. */
export function allLimits(limits: RiskLimits): AllLimits {
  const known = FILLED_UP.get(limits);
  if (known !== undefined) return known;
  const all = { ...DEFAULT_LIMITS, ...(limits as Partial<AllLimits>) };
  FILLED_UP.set(limits, all);
  return all;
}

/** Limits are values that several checks of each entry ask about. */
const FILLED_UP = new WeakMap<RiskLimits, AllLimits>();

/**
 * How a strategy's own record sizes it: by this share of Kelly's answer, from so many trades on, shrunk towards nothing by
 * trades / (trades + shrinkTrades), and never below the probe, a share of equity: paper money is there to gather evidence.
 */
export const KELLY = parsed.kelly;
/** The gate's value at risk: level, most and least days of history, paths, and the moves that are assumed without history. */
export const VALUE_AT_RISK = parsed.valueAtRisk;
/** The share that a currency is taken to move by in a day, without a history of its rate; null for one that is none of its own. */
export function assumedRateMove(currency: string, date: string): number | null {
  const { assumedRateMove: moves } = VALUE_AT_RISK;
  return currency === 'INR' || currency === 'USDT' ? (inForce(moves[currency], date)?.move ?? null) : null;
}
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
