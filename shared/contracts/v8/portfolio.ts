import * as z from 'zod';
import { structureExitsSchema, structureNameSchema } from '../structure.ts';
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
import { ageMs, amount, corporateActions, greeks, instant, money, pnlBand, sessionQuery, shownSession } from './common.ts';
import { sessionStats } from './status.ts';

export const portfolioQuery = z.strictObject(sessionQuery);

/** Several legs that are held as one trade. */
export const structureAnswer = z.strictObject({
  id: z.string(),
  name: structureNameSchema,
  strategy: traderSchema,
  underlying: z.string(),
  /** Size, in units of the structure. */
  units: amount,
  positions: z.array(z.string()),
  /** Base currency, over all legs, net of the entries' charges and of funding. */
  unrealisedPnL: amount.nullable(),
  /** What closing now would make for one unit, in `currency`: at the bid for what is sold, the ask for what is bought. */
  profitPerUnit: z.number().nullable(),
  currency: currencySchema,
  maxLoss: z.number().nullable(),
  maxProfit: z.number().nullable(),
  /** Over all legs, units of the underlying: options by their delta, everything else whole; null while a volatility is missing. */
  netDelta: z.number().nullable(),
  /** The net sensitivities of all legs; null while a volatility is missing. */
  greeks: greeks.nullable(),
  /** What the carry still earns, annualised, in basis points; null for options only. */
  basisLeftBps: z.number().nullable(),
  exits: structureExitsSchema,
});
export type StructureAnswer = z.infer<typeof structureAnswer>;

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
  /** Cash that it blocks, base currency; null for what was paid in full. */
  margin: amount.nullable(),
  /** Received for funding until now, paid when negative, base currency; null for what knows no funding. */
  funding: amount.nullable(),
  /** When its contract expires; null for what does not. */
  expiresAt: instant.nullable(),
  /** Of the units held, with their sign; null for what is no option, and while nobody quotes its volatility. */
  greeks: greeks.nullable(),
  /** The structure that it is a leg of; null for a position of its own. */
  structureId: z.string().nullable(),
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
  /** Positions that belong together, by structure. */
  structures: z.array(structureAnswer),
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
  /** Received for funding since the start, paid when negative. */
  funding: amount.nullable(),
  /** Cash that positions block: margin of contracts, collateral of shorts. */
  blockedCash: amount.nullable(),
  /** Positions without a price, valued at their entry. */
  unmarkedPositions: z.number().int(),
  day: day.nullable(),
  riskLimits: riskLimitsSchema.nullable(),
  /** Evidence of the open positions and of the prices that mark them. */
  evidence: z.array(evidenceSchema),
  timestamp: instant,
});
export type PortfolioAnswer = z.infer<typeof portfolioAnswer>;
