import * as z from 'zod';
import { intentSchema } from './order.ts';
import { structureTagSchema } from './structure.ts';
import {
  currencySchema,
  decimalSchema,
  directionSchema,
  evidenceSchema,
  marketSchema,
  ms,
  name,
  productSchema,
  traderSchema,
  trailSchema,
} from './terms.ts';

/** Open positions as the ledger keeps them. */

/** A corporate action as a journal knows it: complete in itself, whatever later data files say. */
export const corporateActionSchema = z
  .object({
    id: name,
    kind: z.enum(['split', 'bonus', 'merger', 'demerger', 'symbol-change', 'isin-change']),
    exDate: z.iso.date(),
    /** New price for an old one. */
    priceFactor: z.number().positive(),
    says: name,
    source: name,
  })
  .readonly();

/** One line of the costs of a fill. `amount` is its worth in the quote currency; `taken` what the venue took instead of money. */
export const chargeSchema = z
  .object({ line: name, amount: decimalSchema, taken: z.object({ currency: name, amount: decimalSchema }).readonly().optional() })
  .readonly();
export type ChargeAmount = z.infer<typeof chargeSchema>;

/**
 * Profit of a closed part, base currency: gross price effect, currency effect, then what was paid. Slippage is inside the
 * price effect and shown beside it. `better` and `worse`: what kinder and harsher fills of both sides would have changed.
 */
export const realisedSchema = z
  .object({
    price: decimalSchema,
    currency: decimalSchema,
    charges: decimalSchema,
    slippage: decimalSchema,
    /** Received for funding while it was held, paid when negative; absent where there was none. */
    funding: decimalSchema.optional(),
    net: decimalSchema,
    better: decimalSchema,
    worse: decimalSchema,
  })
  .readonly();
export type Realised = z.infer<typeof realisedSchema>;

/** What of a position has been closed already, its order amounts in the quote currency. */
export const closedPartSchema = z
  .object({
    quantity: decimalSchema,
    notional: decimalSchema,
    charges: z.array(chargeSchema).readonly(),
    /** Of the entry, base currency. */
    entryCharges: decimalSchema,
    realised: realisedSchema,
  })
  .readonly();
export type ClosedSoFar = z.infer<typeof closedPartSchema>;

export const positionSchema = z
  .object({
    id: name,
    version: z.number().int().positive(),
    strategy: traderSchema,
    symbol: name,
    market: marketSchema,
    currency: currencySchema,
    product: productSchema,
    direction: directionSchema,
    /** Units held, always positive; the direction says which way. */
    quantity: decimalSchema,
    /** Average entry price in the quote currency. */
    entryPrice: decimalSchema,
    /** What the units held cost, quote currency, without charges. */
    cost: decimalSchema,
    entryRate: decimalSchema,
    /** Cash change of the entry of the units held, base currency: negative for a long. */
    entryCash: decimalSchema,
    /** Charges and slippage of the entry of the units held, base currency. */
    entryCharges: decimalSchema,
    entrySlippage: decimalSchema,
    /** What kinder and harsher fills would have changed of the entry, base currency, never negative. */
    entryBetter: decimalSchema,
    entryWorse: decimalSchema,
    stop: decimalSchema.nullable(),
    target: decimalSchema.nullable(),
    trail: trailSchema.nullable(),
    openedMs: ms,
    /** Null for no limit of time. */
    exitByMs: ms.nullable(),
    evidence: evidenceSchema,
    intent: intentSchema,
    entryOrderId: name,
    /** The working exit. */
    exitId: name,
    /** Base currency blocked for the units held; absent where the price was paid in full. */
    margin: decimalSchema.optional(),
    /** How many trading days before its delivery `margin` was raised last; absent where it was not. */
    deliveryStep: z.number().int().optional(),
    /** Received for funding of the units held, base currency, paid when negative: part of `entryCash`. Absent before the first payment. */
    funding: decimalSchema.optional(),
    /** When the last funding payment took place. */
    fundedMs: ms.optional(),
    /** The structure that it is a leg of; absent for a position of its own. */
    structure: structureTagSchema.optional(),
    /** Null until a part is closed. */
    closed: closedPartSchema.nullable(),
    /** Corporate actions that its figures include, each with the exit order that it replaced; absent where there was none. */
    actions: z
      .array(corporateActionSchema.unwrap().extend({ replacedExit: name }).readonly())
      .readonly()
      .optional(),
  })
  .readonly();
export type Position = z.infer<typeof positionSchema>;

/** What of a position a corporate action changes. */
export const holdingSchema = z
  .object({
    symbol: name,
    quantity: decimalSchema,
    entryPrice: decimalSchema,
    cost: decimalSchema,
    stop: decimalSchema.nullable(),
    target: decimalSchema.nullable(),
  })
  .readonly();
export type Holding = z.infer<typeof holdingSchema>;
