import * as z from 'zod';
import data from './data/deribit.json' with { type: 'json' };
import { factsFrom, source } from './effective.ts';

const limit = z.strictObject({ most: z.number().int().positive(), windowMs: z.number().int().positive() }).readonly();

const schema = z
  .strictObject({
    source,
    /** Base URLs in the order in which they are tried. */
    webSocket: z
      .array(z.url({ protocol: /^wss$/ }))
      .min(1)
      .readonly(),
    /** Connection attempts of one address. */
    connects: limit,
    /** Messages sent on one connection. */
    sends: limit,
    heartbeatSeconds: z.number().int().min(10),
    channelsPerRequest: z.number().int().positive(),
    /** Nobody asks again for so long after the venue has said that it was asked too often (error 10028). */
    limitedPauseMs: z.number().int().positive(),
    /** The venue's price index of each of our coins that it lists options on. */
    indices: z.record(z.string(), z.string()),
    /** Which options are followed with bid and ask: near in time, near the money, the nearest first. The others have marks. */
    tickers: z.strictObject({
      daysWithin: z.number().positive(),
      strikesWithinShare: z.number().positive(),
      mostPerUnderlying: z.number().int().positive(),
    }),
    /** Older prices are not shown. */
    mostAgeMs: z.number().int().positive(),
    /** Days of the volatility index that are asked for. */
    dvolDays: z.number().int().positive(),
  })
  .readonly();

/** Where and how Deribit is asked. */
export const DERIBIT: z.infer<typeof schema> = factsFrom(schema, data);
