import type { ParquetParsers, SchemaElement } from 'hyparquet';
import * as z from 'zod';
import { VENUES } from './series.ts';

/** What a file says of itself, in its key-value metadata. */
export const aboutSchema = z.object({
  venue: z.enum(VENUES),
  kind: z.string().min(1),
  symbol: z.string().min(1),
  timeframe: z.string().min(1),
  /** Prices as they were traded; splits and bonuses are applied by the reader. */
  adjustment: z.literal('raw'),
  sources: z.string(),
  /** When the file was written. */
  created: z.iso.datetime(),
});
export type About = Readonly<z.infer<typeof aboutSchema>>;

/** Instants as numbers of milliseconds and dates as day numbers, instead of `Date` objects. */
export const PARSERS: Partial<ParquetParsers> = { timestampFromMilliseconds: (ms) => Number(ms), dateFromDays: (day) => day };

/** The decimals of a number column, null where it holds floats. */
export function decimalsOf({ logical_type: logical }: SchemaElement): number | null {
  return logical?.type === 'DECIMAL' ? logical.scale : null;
}

/**
 * A column as it is to be read: decimals as their whole numbers. The reader would multiply them by an inexact power of ten, and
 * prices would not come back bit for bit; a division by an exact one does.
 */
export function readAsWhole(element: SchemaElement): SchemaElement {
  if (element.converted_type !== 'DECIMAL') return element;
  const { converted_type: _, ...rest } = element;
  return rest;
}
