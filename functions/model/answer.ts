import * as z from 'zod';

/** What the function of somebody else's models answers: the odds of each row, in its order. */
export const modelAnswer = z.strictObject({ odds: z.array(z.number()) });
