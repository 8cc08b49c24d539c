import * as z from 'zod';
import { strategyNameSchema } from './terms.ts';

/** What the function of somebody else's models is asked: rows of features, null where missing. */
export const modelRequest = z.strictObject({
  strategy: strategyNameSchema,
  rows: z.array(z.array(z.number().nullable())).max(1_000),
});

/** What it answers: the odds of each row, in its order. */
export const modelAnswer = z.strictObject({ odds: z.array(z.number()) });
