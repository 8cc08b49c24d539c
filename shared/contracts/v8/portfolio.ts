import * as z from 'zod';
import {
  currencySchema,
  directionSchema,
  evidenceSchema,
  marketSchema,
  productSchema,
  riskLimitsSchema,
  traderSchema,
  trailSchema,
} from '../terms.ts';
import { ageMs, amount, corporateActions, instant, money, pnlBand, sessionQuery, shownSession } from './common.ts';
import { sessionStats } from './status.ts';

export const portfolioQuery = z.strictObject(sessionQuery);

export const positionAnswer = z.strictObject({
  id: z.string(),
  strategy: traderSchema,
  symbol: z.string(),
  market: marketSchema,
  product: productSchema,
  direction: directionSchema,
  quantity: amount,
  /** Prices are in this currency. */
  currency: currencySchema,
  entry: amount,
  /** The last known price, whatever its age; null where there is none, and the position is valued at its entry. */
  mark: amount.nullable(),
  markAgeMs: ageMs.nullable(),
  markSource: z.string().nullable(),
  markEvidence: evidenceSchema.nullable(),
  /** What the entry was filled on. */
  evidence: evidenceSchema,
  stop: amount.nullable(),
  target: amount.nullable(),
  trail: trailSchema.nullable(),
  /** What closing at the mark returns, base currency; negative for a short. */
  value: amount,
  /** Base currency, net of the entry's charges; null without a mark. */
  unrealisedPnL: amount.nullable(),
  /** The price move alone, in `currency`, before charges; null without a mark. */
  unrealisedPnLQuote: amount.nullable(),
  entryCharges: amount,
  openedAt: instant,
  /** Null for no limit of time. */
  exitBy: instant.nullable(),
  /** Units that were closed before. */
  closedQuantity: amount,
  /** What the closed part brought, base currency, net of all costs. */
  realisedPnL: amount,
  why: z.string(),
  /** Null where a person decided. */
  confidence: z.number().nullable(),
  /** Splits and the like since the entry: quantity, entry and levels include them. */
  corporateActions,
});
export type PositionAnswer = z.infer<typeof positionAnswer>;

const day = z.strictObject({
  date: z.string(),
  openedAt: instant,
  startEquity: amount,
  openEquity: amount.nullable(),
  realisedPnL: amount,
  charges: amount,
  trades: z.number().int(),
  wins: z.number().int(),
});

export const portfolioAnswer = z.strictObject({
  ...shownSession,
  /** Equity: cash plus what the positions are worth. */
  currentCapital: money.nullable(),
  positions: z.array(positionAnswer),
  /** Equity less the equity that the day's books began with. */
  dailyPnL: money.nullable(),
  sessionStats,
  cash: amount.nullable(),
  availableCash: amount.nullable(),
  /** Set aside by accepted entries that have not filled. */
  reserved: amount.nullable(),
  equity: amount.nullable(),
  exposure: amount.nullable(),
  /** Exposure over equity; null where equity is not positive. */
  exposureShare: z.number().nullable(),
  /** Loss at the stops of all positions over equity; null where equity is not positive. */
  riskAtStops: z.number().nullable(),
  realisedPnL: amount.nullable(),
  /** Realised result if fills had been kinder or harsher: what the booked one lies between. */
  realisedBand: pnlBand.nullable(),
  /** Net of the entries' charges; realised and unrealised sum to equity less starting capital. */
  unrealisedPnL: amount.nullable(),
  charges: amount.nullable(),
  slippage: amount.nullable(),
  /** Positions without a price, valued at their entry. */
  unmarkedPositions: z.number().int(),
  day: day.nullable(),
  riskLimits: riskLimitsSchema.nullable(),
  /** Evidence of the open positions and of the prices that mark them. */
  evidence: z.array(evidenceSchema),
  timestamp: instant,
});
export type PortfolioAnswer = z.infer<typeof portfolioAnswer>;
