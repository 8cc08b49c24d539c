import * as z from 'zod';
import data from './data/instruments.json' with { type: 'json' };
import { decimalText, factsFrom, fromDate, source } from './effective.ts';

const tickTable = z
  .array(
    z.strictObject({
      from: fromDate,
      bands: z
        .array(
          z.strictObject({
            limit: z.union([z.strictObject({ below: decimalText }), z.strictObject({ upTo: decimalText })]).nullable(),
            tick: decimalText,
          }),
        )
        .min(1),
      source,
    }),
  )
  .min(1);

const instrumentFacts = z.strictObject({
  instruments: z.array(
    z.strictObject({
      symbol: z.string().regex(/^[A-Z0-9]+$/),
      venueSymbol: z.string().min(1),
      name: z.string().min(1),
      market: z.enum(['NSE', 'CRYPTO']),
      venue: z.enum(['nse', 'binance']),
      quote: z.enum(['USD', 'USDT', 'INR']),
      shortSale: z.enum(['never', 'intraday']),
      eras: z
        .array(
          z.strictObject({
            from: fromDate,
            isin: z.string().length(12).nullable(),
            ticks: z.discriminatedUnion('kind', [
              z.strictObject({ kind: z.literal('fixed'), tick: decimalText }),
              z.strictObject({ kind: z.literal('table'), table: z.string() }),
            ]),
            lotStep: decimalText,
            minNotional: decimalText,
            source,
          }),
        )
        .min(1),
    }),
  ),
  tickTables: z.record(z.string(), tickTable),
  aliases: z.array(z.strictObject({ alias: z.string(), symbol: z.string(), reason: z.string().min(1) })),
});

export type InstrumentFacts = z.infer<typeof instrumentFacts>;
export type TickTable = z.infer<typeof tickTable>;

/** Names the symbols that a process watches and trades, by commas; `all` or nothing for every one. */
export const SYMBOLS_VARIABLE = 'NIGHTDESK_SYMBOLS';

/** Every instrument with its eras, grids and aliases, as shipped. */
export const INSTRUMENT_FACTS: InstrumentFacts = factsFrom(instrumentFacts, data);
