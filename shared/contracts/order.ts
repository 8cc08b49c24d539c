import * as z from 'zod';
import { quoteExcerptSchema } from './quote-excerpt.ts';
import { structureTagSchema } from './structure.ts';
import {
  currencySchema,
  decimalSchema,
  exitReasonSchema,
  marketSchema,
  ms,
  name,
  productSchema,
  sideSchema,
  signalPartSchema,
  traderSchema,
  trailSchema,
} from './terms.ts';

/** Orders as the ledger keeps them. */

/** What an order asks of the venue. A stop becomes a market order when it is met, a stop-limit a limit order. */
export const instructionSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('market') }).readonly(),
  z.object({ type: z.literal('limit'), limit: decimalSchema }).readonly(),
  z.object({ type: z.literal('stop'), stop: decimalSchema }).readonly(),
  z.object({ type: z.literal('stop-limit'), stop: decimalSchema, limit: decimalSchema }).readonly(),
  z.object({ type: z.literal('trailing-stop'), trail: trailSchema }).readonly(),
]);
export type Instruction = z.infer<typeof instructionSchema>;

/** GTC: until it is cancelled. DAY: until the day's trading ends. IOC: what fills at once, the rest is cancelled. FOK: all at once or nothing. */
export const timeInForceSchema = z.enum(['GTC', 'DAY', 'IOC', 'FOK']);
export type TimeInForce = z.infer<typeof timeInForceSchema>;

/** Where an order trades: in continuous trading, or in the one price of the closing auction. */
export const tradedInSchema = z.enum(['continuous', 'closing-auction']);

/**
 * Stop, target, trail and time of a position, agreed when its entry is placed. Null: without. `exitByMs` is there where the
 * position must be left at an instant, whenever it was opened; it goes before `maxHoldingMs`.
 */
export const bracketSchema = z
  .object({
    stop: decimalSchema.nullable(),
    target: decimalSchema.nullable(),
    trail: trailSchema.nullable(),
    maxHoldingMs: ms.nullable(),
    exitByMs: ms.exactOptional(),
  })
  .readonly();
export type Bracket = z.infer<typeof bracketSchema>;

/** Why an entry was made and from what, kept on the order and so on the trade. */
export const intentSchema = z
  .object({
    /** The decision of a scan, or the command that placed the order. */
    decisionId: name,
    /** Null where a person decided. */
    confidence: z.number().nullable(),
    parts: z.array(signalPartSchema).readonly(),
    why: z.string(),
    /** Null where no bar was looked at. */
    timeframe: name.nullable(),
    /** Start of the newest bar that the strategy had seen. */
    lastBarMs: ms.nullable(),
    volatility: z.number().nullable(),
    quote: quoteExcerptSchema,
    configVersion: name,
    /** Version of the model whose odds were used; null while there is none. */
    modelVersion: z.string().nullable(),
    /** What it said; absent where it was not asked. */
    odds: z.number().optional(),
  })
  .readonly();

/** Why a working order does not progress: a stable code and a sentence. */
export const waitingSchema = z.object({ code: name, why: z.string(), sinceMs: ms }).readonly();

const orderCommon = {
  id: name,
  version: z.number().int().positive(),
  positionId: name,
  strategy: traderSchema,
  symbol: name,
  market: marketSchema,
  currency: currencySchema,
  product: productSchema,
  side: sideSchema,
  quantity: decimalSchema,
  filledQuantity: decimalSchema,
  /** quantity x price of the fills so far, quote currency: caps of charges hold for a whole order. Begins anew when somebody asks for a close. */
  filledNotional: decimalSchema,
  /** Fills so far: the next one's ordinal is one more. */
  fills: z.number().int().nonnegative(),
  acceptedMs: ms,
  /** Before this instant the venue has not seen the order: acceptance plus the drawn latency. */
  activeFromMs: ms,
  /** Told once by the monitor, when an order that should fill has not for some time. */
  waiting: waitingSchema.nullable(),
};

/**
 * An entry. Its bracket is placed by its first fill and grows with the others. `reserved` is base currency set aside at
 * acceptance for what has not filled.
 */
export const entryOrderSchema = z
  .object({
    purpose: z.literal('entry'),
    ...orderCommon,
    instruction: instructionSchema,
    timeInForce: timeInForceSchema,
    tradedIn: tradedInSchema,
    /** When it expires by itself; null for never. */
    expiresMs: ms.nullable(),
    /** When its stop was met; null before, and for orders without one. */
    triggeredMs: ms.nullable(),
    /** Orders of one group fill together or not at all; null for an order of its own. */
    groupId: name.nullable(),
    clientOrderId: name.nullable(),
    reserved: decimalSchema,
    /** Base currency that its position will block while it is held; absent where the price is paid in full or blocked by cost. */
    margin: decimalSchema.optional(),
    structure: structureTagSchema.optional(),
    bracket: bracketSchema,
    intent: intentSchema,
  })
  .readonly();
export type EntryOrder = z.infer<typeof entryOrderSchema>;

/** A part of a position, or all of it (`quantity` null), that must be closed at market, and why. */
const marketExitSchema = z.object({ reason: exitReasonSchema, quantity: decimalSchema.nullable(), requestedMs: ms }).readonly();

/**
 * The one exit of a position. It rests as a bracket (stop, target and trail are alternatives that cancel each other by being
 * one order) until a trigger, or a request makes it a market order: so a stop, a time exit and a manual close are the same
 * exit, and one wins.
 */
export const exitOrderSchema = z
  .object({
    purpose: z.literal('exit'),
    ...orderCommon,
    stop: decimalSchema.nullable(),
    target: decimalSchema.nullable(),
    trail: trailSchema.nullable(),
    /** Set while something must be closed at market. */
    atMarket: marketExitSchema.nullable(),
  })
  .readonly();
export type ExitOrder = z.infer<typeof exitOrderSchema>;

export const orderSchema = z.discriminatedUnion('purpose', [entryOrderSchema, exitOrderSchema]);
export type Order = EntryOrder | ExitOrder;

export const orderStateSchema = z.enum(['accepted', 'resting', 'partially-filled', 'filled', 'cancelled', 'expired', 'rejected']);
export type OrderState = z.infer<typeof orderStateSchema>;
