import * as z from 'zod';
import data from './data/stock-delivery.json' with { type: 'json' };
import { factsFrom, source } from './effective.ts';

const share = z.number().positive().max(1);

const schema = z.strictObject({
  /**
   * `deliver`: what the account can take or give goes to delivery, the rest is squared off before. `square-off`: all that would
   * be delivered is squared off before.
   */
  policy: z.enum(['deliver', 'square-off']),
  decideMinutesBeforeExpiry: z.number().int().positive(),
  /** What a bought option in the money blocks so many trading days before its expiry: of the risk margin, or of the value delivered. */
  longOptionSteps: z.array(z.strictObject({ daysBefore: z.number().int().nonnegative(), of: z.enum(['risk-margin', 'value']), share }).readonly()),
  /** Futures and sold options on the day: a share of the value or a multiple of their margin, whichever is lower. */
  expiryDay: z.strictObject({ valueShare: share, marginFactor: z.number().min(1) }).readonly(),
  source,
});

/** How contracts on shares end that are settled by delivery, and what they block in the days before. */
export const STOCK_DELIVERY: Readonly<z.infer<typeof schema>> = factsFrom(schema, data);
