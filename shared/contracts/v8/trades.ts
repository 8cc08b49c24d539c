import * as z from 'zod';
import { tradeFlagSchema } from '../fill.ts';
import { structureNameSchema } from '../structure.ts';
import { currencySchema, directionSchema, evidenceSchema, exitReasonSchema, marketSchema, traderSchema } from '../terms.ts';
import { amount, corporateActions, instant, pageQuery, pnlBand, sessionQuery, shownSession } from './common.ts';

export const tradesQuery = z.strictObject({ ...pageQuery, ...sessionQuery });

export const tradeAnswer = z.strictObject({
  id: z.string(),
  strategy: traderSchema,
  symbol: z.string(),
  market: marketSchema,
  evidence: evidenceSchema,
  direction: directionSchema,
  quantity: amount,
  currency: currencySchema,
  entryPrice: amount,
  exitPrice: amount,
  openedAt: instant,
  closedAt: instant,
  holdingMs: z.number().int(),
  openedWhy: z.string(),
  closedWhy: exitReasonSchema,
  confidence: z.number().nullable(),
  /** What a model gave it when it was entered, and which; null where none was asked. */
  odds: z.number().nullable(),
  modelVersion: z.string().nullable(),
  /** Base currency, net of all costs. */
  netPnL: amount,
  /** The same with kinder and with harsher fills on both sides. */
  band: pnlBand,
  costs: z.strictObject({
    /** Entry and exit, base currency. */
    charges: amount,
    /** Spread, slippage and impact of both fills, base currency; inside the fill prices. */
    slippage: amount,
    /** Base currency. */
    entryCharges: amount,
    /** Line by line, in `currency`. */
    exitCharges: z.array(z.strictObject({ line: z.string(), amount })),
  }),
  /** netPnL = priceEffect + currencyEffect + funding - charges. */
  priceEffect: amount,
  currencyEffect: amount,
  /** Received for funding while it was held, paid when negative. */
  funding: amount,
  entryRate: amount,
  exitRate: z.strictObject({ value: amount, source: z.string(), asOf: instant }),
  rMultiple: z.number().nullable(),
  /** The structure that it was a leg of; null for a trade of its own. */
  structure: z.strictObject({ id: z.string(), name: structureNameSchema, underlying: z.string() }).nullable(),
  /** `diverged_quote`: the exit filled while other venues told another price. */
  flags: z.array(tradeFlagSchema),
  /** Splits and the like between entry and exit: quantity and entry price include them. */
  corporateActions,
});
export type TradeAnswer = z.infer<typeof tradeAnswer>;

export const tradesAnswer = z.strictObject({ ...shownSession, trades: z.array(tradeAnswer), next: z.string().nullable(), timestamp: instant });
export type TradesAnswer = z.infer<typeof tradesAnswer>;
