import * as z from 'zod';
import { type Decimal, decimal } from '../kernel/decimal.ts';

/** The words and small values that the ledger's rows are made of, as schemas. */

export const decimalSchema = z.string().transform((value, context): Decimal => {
  try {
    return decimal(value);
  } catch {
    context.addIssue({ code: 'custom', message: `Expected a decimal string, received ${value}` });
    return z.NEVER;
  }
});

export const ms = z.number().int().nonnegative();
export const name = z.string().min(1);

export const marketSchema = z.enum(['NSE', 'CRYPTO']);
export const evidenceSchema = z.enum(['live', 'delayed', 'replay', 'simulated']);
export const currencySchema = z.enum(['USD', 'USDT', 'INR', 'BTC', 'ETH']);
export const sideSchema = z.enum(['buy', 'sell']);
export const directionSchema = z.enum(['long', 'short']);
export const strategyNameSchema = z.enum(['scalping', 'swing', 'btst', 'options', 'fo_arbitrage']);
export const productSchema = z.enum(['spot', 'delivery', 'intraday', 'perpetual', 'future', 'option']);
export type Product = z.infer<typeof productSchema>;

/** Whose trade it is: a strategy's, or that of the person who placed the order. */
export const traderSchema = z.enum([...strategyNameSchema.options, 'manual']);
export type Trader = z.infer<typeof traderSchema>;

const share = z.number().positive().max(1);

/** Limits of the risk gate; shares are of equity, 0 < share <= 1. */
export const riskLimitsSchema = z
  .strictObject({
    maxPositionSize: share.describe('largest position, share of equity'),
    maxTotalExposure: share.describe('sum of all positions and reserved entries, share of equity'),
    maxDailyLoss: share.describe('loss since the day book opened that halts entries, share of that opening equity'),
    maxPortfolioRisk: share.describe('sum over positions of the loss at their stops, share of equity'),
    minPositionUsd: z.number().positive().describe('least position, USD'),
    maxPriceAgeMs: z.number().int().positive().max(600_000).describe('a price older than this opens nothing, ms'),
    // Limits that journals of before do not have: `allLimits` of config/risk fills them in.
    maxDrawdown: share.optional().describe('fall of equity from its peak that halts entries, share of the peak'),
    maxConsecutiveLosses: z.number().int().positive().max(1000).optional().describe('losing trades of one strategy in a row that pause it'),
    cooldownMinutes: z.number().int().nonnegative().max(43_200).optional().describe('how long a strategy pauses after so many losses, minutes'),
    maxOpenPositions: z.number().int().positive().max(10_000).optional().describe('positions and working entries at once'),
    maxOrdersPerMinute: z.number().int().positive().max(600).optional().describe('entries accepted within sixty seconds'),
    maxMarketExposure: share.optional().describe('positions and entries of one market, share of equity'),
    maxSectorExposure: share.optional().describe('positions and entries of one sector, share of equity'),
    maxRiskPerTrade: share.optional().describe('loss of one position at its stop, share of equity'),
    maxPositionVolatility: share.optional().describe('daily standard deviation of one position, share of equity'),
    maxCorrelation: share.optional().describe('correlation of daily returns with what is held the same way'),
    maxVar: share.optional().describe('value at risk of the book in a day at 95 %, share of equity'),
    maxKelly: share.optional().describe("most of equity that Kelly's criterion may ask for, before it is halved"),
  })
  .readonly();
export type RiskLimits = z.infer<typeof riskLimitsSchema>;

export const signalPartSchema = z.object({ name, weight: z.number(), score: z.number().nullable(), why: z.string() }).readonly();

/** A conversion rate to the base currency with where it came from; `assumed` says that no source stands behind it. */
export const rateSchema = z.object({ currency: currencySchema, value: decimalSchema, source: name, asOfMs: ms }).readonly();
export type Rate = z.infer<typeof rateSchema>;

/** What a trade was brought about by. */
export const triggerSchema = z.enum(['market', 'limit', 'stop', 'target', 'trailing-stop', 'auction', 'expiry']);
export type Trigger = z.infer<typeof triggerSchema>;

/** `delta`, `converged`: what a structure was held for is over. `leg-lost`: another leg of it is gone. `margin-call`: equity no longer carries it. */
export const exitReasonSchema = z.enum([
  'stop',
  'target',
  'trailing-stop',
  'time',
  'next-session',
  'square-off',
  'signal',
  'manual',
  'session-stop',
  'expiry',
  'delta',
  'converged',
  'leg-lost',
  'margin-call',
  'kill-switch',
]);
export type ExitReason = z.infer<typeof exitReasonSchema>;

/** One line of a double entry: amounts of an entry sum to zero in each currency. A currency is money, or the units of an instrument. */
export const postingSchema = z.object({ account: name, currency: name, amount: decimalSchema }).readonly();
export type Posting = z.infer<typeof postingSchema>;

/** How far a stop follows the best price: a share of it, or a distance in the quote currency with what it was made from. */
export const trailSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('share'), share: z.number().positive().lt(1) }).readonly(),
  z.object({ kind: z.literal('distance'), distance: z.number().positive(), basis: name }).readonly(),
]);
export type Trail = z.infer<typeof trailSchema>;
