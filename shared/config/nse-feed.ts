import * as z from 'zod';
import data from './data/nse-feeds.json' with { type: 'json' };
import { factsFrom } from './effective.ts';

/** Where prices of NSE come from in the live world. */
export const NSE_FEEDS = ['simulated', 'upstox', 'yahoo'] as const;
export type NseFeed = (typeof NSE_FEEDS)[number];

const LIVE = 'live';

/**
 * The scope of the live world with this source of NSE prices. Each source has a scope of its own, so that charts and
 * sessions never join made-up prices to real ones; the simulated market, which was first, has the plain name.
 */
export const liveScope = (feed: NseFeed): string => (feed === 'simulated' ? LIVE : `${LIVE}:${feed}`);

/** The source of NSE prices that a scope names; null for a scope that is not of the live world. */
export const nseFeedOf = (scope: string): NseFeed | null => NSE_FEEDS.find((feed) => liveScope(feed) === scope) ?? null;

/** Whether NSE prices of a scope are made up: in the simulated world, and beside live crypto without a source. */
export const isNseSimulated = (scope: string): boolean => scope.startsWith('simulated') || nseFeedOf(scope) === 'simulated';

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
