import * as z from 'zod';
import { orderStateSchema, timeInForceSchema, tradedInSchema } from '../order.ts';
import { currencySchema, evidenceSchema, exitReasonSchema, marketSchema, productSchema, sideSchema, traderSchema, trailSchema } from '../terms.ts';
import { amount, instant, pageQuery, sessionQuery, shownSession } from './common.ts';

export const ordersQuery = z.strictObject({ ...pageQuery, ...sessionQuery });

export const orderAnswer = z.strictObject({
  id: z.string(),
  purpose: z.enum(['entry', 'exit']),
  /** `bracket`: an exit that rests with its levels, of which the first that is met cancels the others. */
  type: z.enum(['market', 'limit', 'stop', 'stop-limit', 'trailing-stop', 'bracket']),
  state: orderStateSchema,
  /** Why it ended, or what of it was told while it works; null where there is nothing to say. */
  reason: z.string().nullable(),
  /** What a working order waits for: a stable code and a sentence; null when it has ended. */
  waiting: z.strictObject({ code: z.string(), why: z.string() }).nullable(),
  positionId: z.string(),
  strategy: traderSchema,
  symbol: z.string(),
  market: marketSchema,
  product: productSchema,
  side: sideSchema,
  quantity: amount,
  filledQuantity: amount,
  currency: currencySchema,
  /** The order's own prices, beside the bracket's. */
  limitPrice: amount.nullable(),
  stopPrice: amount.nullable(),
  trail: trailSchema.nullable(),
  timeInForce: timeInForceSchema,
  tradedIn: tradedInSchema,
  /** Set when its stop was met. */
  triggeredAt: instant.nullable(),
  /** Orders of one group fill together or not at all. */
  groupId: z.string().nullable(),
  clientOrderId: z.string().nullable(),
  /** Of its bracket. */
  stop: amount.nullable(),
  target: amount.nullable(),
  bracketTrail: trailSchema.nullable(),
  /** Set when an exit was asked for at market. */
  marketReason: exitReasonSchema.nullable(),
  /** How much of it was asked for; null for all, and where none was. */
  marketQuantity: amount.nullable(),
  /** Base currency set aside by an entry. */
  reserved: amount.nullable(),
  /** Of the price that an entry was decided on. */
  evidence: evidenceSchema.nullable(),
  acceptedAt: instant,
  activeFrom: instant,
  /** When it ends by itself; null for never. */
  expiresAt: instant.nullable(),
  endedAt: instant.nullable(),
});
export type OrderAnswer = z.infer<typeof orderAnswer>;

export const ordersAnswer = z.strictObject({ ...shownSession, orders: z.array(orderAnswer), next: z.string().nullable(), timestamp: instant });
export type OrdersAnswer = z.infer<typeof ordersAnswer>;

/** Why the risk gate rejected: a stable code, a sentence and, where a limit spoke, its value and threshold. */
const refusal = z.strictObject({
  reason: z.string(),
  why: z.string(),
  limit: z.strictObject({ name: z.string(), value: z.number(), threshold: z.number() }).nullable(),
});

/** 200: the orders have ended, or rest until their price comes. 202: they work, and may fill any moment. */
export const placeAnswer = z.strictObject({
  success: z.literal(true),
  sessionId: z.string(),
  /** False when the risk gate rejected the orders; they are recorded all the same. */
  accepted: z.boolean(),
  refusal: refusal.nullable(),
  orders: z.array(orderAnswer),
  timestamp: instant,
});
export type PlaceAnswer = z.infer<typeof placeAnswer>;

export const oneOrderAnswer = z.strictObject({ success: z.literal(true), sessionId: z.string(), order: orderAnswer, timestamp: instant });
export type OneOrderAnswer = z.infer<typeof oneOrderAnswer>;

const levels = z.strictObject({ stop: amount.nullable(), target: amount.nullable(), trail: trailSchema.nullable() });
export const amendAnswer = z.strictObject({
  success: z.literal(true),
  sessionId: z.string(),
  positionId: z.string(),
  orderId: z.string(),
  before: levels,
  after: levels,
  timestamp: instant,
});

const previewedFill = z.strictObject({
  /** `now`: on the prices that stand. `at_its_price`: what it would be if its own price came. */
  basis: z.enum(['now', 'at_its_price']),
  /** May be less than asked for: no more than this could be had at once. */
  quantity: amount,
  price: amount,
  /** Kinder and harsher than expected. */
  band: z.strictObject({ optimistic: amount, pessimistic: amount }),
  liquidity: z.enum(['maker', 'taker']),
  notional: amount,
  /** Against the price before spread, slippage and impact, in `currency`; inside the price. */
  slippage: amount,
  /** Every line, in `currency`; `taken` where the venue takes coin. */
  charges: z.array(z.strictObject({ line: z.string(), amount, taken: z.strictObject({ currency: z.string(), amount }).nullable() })),
  totalCharges: amount,
  /** Base currency for one unit of `currency`. */
  rate: z.strictObject({ value: amount, source: z.string(), asOf: instant }),
  /** What the cash would change by, base currency. */
  cashChange: amount,
});

const previewedMargin = z.strictObject({
  /** In `currency`: what must be in the account, proceeds included; what must come from elsewhere; what holding it needs. */
  initial: amount,
  deposit: amount,
  maintenance: amount,
  proceeds: amount,
  parts: z.array(z.strictObject({ name: z.string(), amount })),
});

/** What an order would come to; nothing has changed. */
export const previewAnswer = z.strictObject({
  success: z.literal(true),
  sessionId: z.string(),
  /** What the risk gate would say. */
  accepted: z.boolean(),
  refusal: refusal.nullable(),
  orders: z.array(
    z.strictObject({
      symbol: z.string(),
      side: sideSchema,
      quantity: amount,
      type: z.enum(['market', 'limit', 'stop', 'stop-limit', 'trailing-stop']),
      product: productSchema,
      currency: currencySchema,
      timeInForce: timeInForceSchema,
      expiresAt: instant.nullable(),
      /** What of its bracket was asked for, trails by average true range as distances. */
      bracket: levels,
      /** Null when it could not fill now, and no price of its own says where it would. */
      fill: previewedFill.nullable(),
      /** What it would wait for; null when all of it would fill now. */
      waiting: z.strictObject({ code: z.string(), why: z.string() }).nullable(),
      /** Null for a short that its product does not allow. */
      margin: previewedMargin.nullable(),
      /** Base currency that it would set aside; null when it would be rejected. */
      reserved: amount.nullable(),
      evidence: evidenceSchema,
    }),
  ),
  /** Base currency that is free now. */
  availableCash: amount,
  timestamp: instant,
});
export type PreviewAnswer = z.infer<typeof previewAnswer>;
