import * as z from 'zod';
import data from './data/fx.json' with { type: 'json' };
import { factsFrom, source } from './effective.ts';

const ms = z.number().int().positive();

const schema = z
  .strictObject({
    /** In order of preference. */
    services: z
      .array(
        z
          .strictObject({
            name: z.enum(['frankfurter', 'yahoo', 'er-api']),
            url: z.url({ protocol: /^https$/ }),
            path: z.string().startsWith('/'),
            source,
          })
          .readonly(),
      )
      .min(1)
      .readonly(),
    /** Which of them tells the rates of days past; dates for `{from}` and `{to}`. */
    history: z.strictObject({ service: z.enum(['frankfurter']), path: z.string().startsWith('/'), source }).readonly(),
    /** Services refuse clients that do not look like a browser. */
    userAgent: z.string().min(1),
    /** Time of day of the rates that are told by their date. */
    ecbFixingUtc: z.iso.time({ precision: -1 }),
    /** Between two fetches that succeed. */
    refreshMs: ms,
    /** After one that failed: the first wait, doubled each time up to the longest. */
    retry: z.strictObject({ firstMs: ms, longestMs: ms }),
    /** An answer that takes longer is none. */
    timeoutMs: ms,
    plausible: z.strictObject({
      /** Rupees a dollar outside of these are an error of the service. */
      least: z.number().positive(),
      most: z.number().positive(),
      /** So is a move of more than this share against a known rate of the last `withinDays` days. */
      mostMove: z.number().positive().max(1),
      withinDays: z.number().int().positive(),
    }),
    source,
  })
  .readonly();

/** Where rupees a dollar come from, and what of it is believed. */
export const FX = factsFrom(schema, data);
export type FxService = (typeof FX)['services'][number];
