import * as z from 'zod';
import { evidenceSchema, marketSchema, strategyNameSchema, traderSchema } from '../terms.ts';
import { amount, instant, money, pnlBand, sessionQuery } from './common.ts';
import { marketStatusAnswer } from './market-status.ts';
import { portfolioAnswer } from './portfolio.ts';

export const performanceQuery = z.strictObject(sessionQuery);

const figure = z.number().nullable();

/** Statistics of closed trades: shares of 1, base currency and milliseconds; each null one has its reason in `reasons`. */
const tradeFigures = {
  winRate: figure,
  profitFactor: figure,
  expectancy: figure,
  /** In multiples of what was risked at the stop. */
  expectancyR: figure,
  averageWin: figure,
  averageLoss: figure,
  payoff: figure,
  averageHoldingMs: figure,
};

const tradeSums = {
  trades: z.number().int(),
  wins: z.number().int(),
  losses: z.number().int(),
  realisedPnL: amount,
  grossProfit: amount,
  grossLoss: amount,
  charges: amount,
  slippage: amount,
  currencyEffect: amount,
  bestTrade: amount.nullable(),
  worstTrade: amount.nullable(),
};

const group = { ...tradeSums, unrealisedPnL: amount, openPositions: z.number().int(), ...tradeFigures, reasons: z.record(z.string(), z.string()) };

export const evidencePerformance = z.strictObject({
  evidence: evidenceSchema,
  ...group,
  byStrategy: z.array(z.strictObject({ strategy: traderSchema, ...group })),
  byMarket: z.array(z.strictObject({ market: marketSchema, ...group })),
});
export type EvidencePerformance = z.infer<typeof evidencePerformance>;

/**
 * The account as a whole, then the same per evidence. Where trades rest on more than one evidence, the trade statistics of
 * the whole are null with that reason; the figures of the equity curve are the account's and carry all its evidences.
 */
export const accountPerformance = z.strictObject({
  evidence: z.array(evidenceSchema),
  trades: z.number().int(),
  realisedPnL: amount,
  unrealisedPnL: amount,
  totalPnL: money,
  /** Total result if fills had been kinder or harsher, open positions included. */
  band: pnlBand,
  /** Equity over starting capital, less one. */
  totalReturn: z.number(),
  charges: amount,
  slippage: amount,
  ...tradeFigures,
  /** Of daily returns of closed day books, annualised with the square root of `daysPerYear`. */
  sharpe: figure,
  sortino: figure,
  /** Shares of the peak: of the equity marks of each minute, and of the day ends. */
  maxDrawdown: figure,
  maxDailyDrawdown: figure,
  /** Share of the equity marks with an open position. */
  exposureTime: figure,
  /** The odds that closed trades were taken with, against what became of them; null where no model was asked. Shares of 1. */
  odds: z
    .strictObject({
      trades: z.number().int(),
      meanOdds: z.number(),
      reachedTarget: z.number(),
      brier: z.number(),
      reliability: z.array(z.strictObject({ from: z.number(), to: z.number(), count: z.number().int(), meanOdds: z.number(), hitRate: z.number() })),
    })
    .nullable(),
  dailyReturns: z.number().int(),
  daysPerYear: z.literal(365),
  reasons: z.record(z.string(), z.string()),
  byEvidence: z.array(evidencePerformance),
});
export type AccountPerformance = z.infer<typeof accountPerformance>;

const performanceSession = z.strictObject({
  sessionId: z.string(),
  status: z.enum(['active', 'stopping', 'stopped']),
  startTime: instant,
  endTime: instant.nullable(),
  startingCapital: money,
  strategies: z.array(strategyNameSchema),
  evidence: evidenceSchema,
  scope: z.string(),
});

export const performanceAnswer = z.strictObject({
  session: performanceSession.nullable(),
  performance: accountPerformance.nullable(),
  portfolio: portfolioAnswer,
  marketStatus: marketStatusAnswer,
  isActive: z.boolean(),
  /** Why there is nothing to show, or why it is not an active session's; null while one is active. */
  reason: z.string().nullable(),
  timestamp: instant,
});
export type PerformanceAnswer = z.infer<typeof performanceAnswer>;
