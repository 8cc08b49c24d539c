import * as z from 'zod';
import data from './data/reference-venues.json' with { type: 'json' };
import { factsFrom, source } from './effective.ts';
import { instrumentsOf } from './instruments.ts';

const limit = z.strictObject({ most: z.number().int().positive(), windowMs: z.number().int().positive() }).readonly();

const venue = z
  .strictObject({
    /** Base URLs in the order in which they are tried. */
    webSocket: z
      .array(z.url({ protocol: /^wss$/ }))
      .min(1)
      .readonly(),
    /** What the venue's pairs of our symbols quote in. */
    quote: z.enum(['USD', 'USDT']),
    /** A pair is the symbol, this, and the quote currency. */
    separator: z.string().min(1),
    /** Pairs that are called otherwise; null for a symbol that the venue does not list. */
    otherwise: z.record(z.string(), z.string().min(1).nullable()),
    /** The pair that tells what a Tether is worth. */
    tether: z.string().min(1),
    /** Connection attempts of one address. */
    connects: limit,
    /** Messages sent on one connection. */
    sends: limit,
    source,
  })
  .readonly();

const schema = z.strictObject({ coinbase: venue, kraken: venue }).readonly();

/** A venue whose prices confirm or contradict those of the venue we trade on. */
export type ReferenceVenue = z.infer<typeof venue>;

/** Validates the facts of the reference venues. @throws z.ZodError */
export const parseReferenceVenues = (value: unknown): z.infer<typeof schema> => factsFrom(schema, value);

export const REFERENCE_VENUES = parseReferenceVenues(data);

/** The venue's pairs to our symbols, for every crypto instrument that it lists. */
export function referencePairs({ quote, separator, otherwise }: ReferenceVenue): ReadonlyMap<string, string> {
  const pairs = instrumentsOf('CRYPTO').map(({ symbol }) => {
    const pair = otherwise[symbol];
    return [pair === undefined ? `${symbol}${separator}${quote}` : pair, symbol] as const;
  });
  return new Map(pairs.flatMap(([pair, symbol]) => (pair === null ? [] : [[pair, symbol] as const])));
}
