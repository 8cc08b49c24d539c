import * as z from 'zod';
import data from './data/nse-feeds.json' with { type: 'json' };
import { factsFrom } from './effective.ts';

const positive = z.int().positive();
const source = z.string().min(1);

const schema = z.strictObject({
  upstox: z.strictObject({
    webSocket: z.url({ protocol: /^wss$/ }),
    rest: z.url({ protocol: /^https$/ }),
    segment: z.string().min(1),
    connectsPerFiveMinutes: positive,
    daysPerCandleRequest: positive,
    requestGapMs: positive,
    /** The venue's keys of indices on which contracts are listed. */
    indices: z.record(z.string(), z.string()),
    contracts: z.strictObject({
      /** The list of all instruments, gzipped. */
      instruments: z.url({ protocol: /^https$/ }),
      segment: z.string().min(1),
      quotesPerRequest: positive,
      /** How often all that is followed is asked for. */
      everyMs: positive,
      /** Older prices are not shown. */
      mostAgeMs: positive,
      optionExpiriesAtMost: positive,
      optionDaysWithin: positive,
      strikesWithinShare: z.number().positive(),
    }),
    source,
  }),
  yahoo: z.strictObject({
    rest: z.array(z.url({ protocol: /^https$/ })).min(1),
    suffix: z.string().min(1),
    userAgent: z.string().min(1),
    requestsPerHour: positive,
    pollsPerHour: positive,
    requestGapMs: positive,
    mostDelayMs: positive,
    minuteDaysPerRequest: positive,
    minuteDaysBack: positive,
    quarterDaysBack: positive,
    source,
  }),
});

const facts = factsFrom(schema, data);

/** Endpoints and limits of the Upstox market data service, version 3. */
export const UPSTOX = facts.upstox;
/** Endpoints and limits of Yahoo's chart service, as observed: it is unofficial. */
export const YAHOO = facts.yahoo;
