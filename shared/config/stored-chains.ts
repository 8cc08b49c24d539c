import * as z from 'zod';
import data from './data/stored-chains.json' with { type: 'json' };
import { factsFrom, source } from './effective.ts';

/** Which options of a chain are published for the functions that run elsewhere than the feed. */
export const STORED_CHAINS = factsFrom(
  z.strictObject({
    everyMinutes: z.number().int().positive(),
    strikesWithinShare: z.number().positive(),
    daysWithin: z.number().positive(),
    expiriesAtMost: z.number().int().positive(),
    source,
  }),
  data,
);
