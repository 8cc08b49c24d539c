import * as z from 'zod';
import { currencySchema, evidenceSchema, exitReasonSchema, marketSchema, productSchema, sideSchema, strategyNameSchema } from '../journal.ts';
import { amount, instant, pageQuery, sessionQuery, shownSession } from './common.ts';

export const ordersQuery = z.strictObject({ ...pageQuery, ...sessionQuery });

export const orderAnswer = z.strictObject({
  id: z.string(),
  purpose: z.enum(['entry', 'exit']),
  state: z.enum(['accepted', 'resting', 'filled', 'cancelled', 'expired', 'rejected']),
  /** Why it ended; null while it works and on a fill. */
  reason: z.string().nullable(),
  positionId: z.string(),
  strategy: strategyNameSchema,
  symbol: z.string(),
  market: marketSchema,
  product: productSchema,
  side: sideSchema,
  quantity: amount,
  filledQuantity: amount,
  currency: currencySchema,
  stop: amount.nullable(),
  target: amount.nullable(),
  trailingShare: z.number().nullable(),
  /** Set when an exit was asked for at market. */
  marketReason: exitReasonSchema.nullable(),
  /** Base currency set aside by an entry. */
  reserved: amount.nullable(),
  /** Of the price that an entry was decided on. */
  evidence: evidenceSchema.nullable(),
  acceptedAt: instant,
  activeFrom: instant,
  endedAt: instant.nullable(),
});
export type OrderAnswer = z.infer<typeof orderAnswer>;

export const ordersAnswer = z.strictObject({ ...shownSession, orders: z.array(orderAnswer), next: z.string().nullable(), timestamp: instant });
export type OrdersAnswer = z.infer<typeof ordersAnswer>;
