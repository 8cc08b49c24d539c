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
