import * as z from 'zod';

/** A decimal as text: numbers of data files that end up as exact amounts are never floats. */
export const decimalText = z.string().regex(/^\d+(\.\d+)?$/, 'expected a decimal as text, such as "0.05"');

/** The first date on which a fact holds; null where no earlier date is known and the fact is extended to the beginning. */
export const fromDate = z.iso.date().nullable();

/** Where a fact comes from, or that it is assumed. */
export const source = z.string().min(1);

/**
 * The facts of a data file, validated. Each is read once a process: zod is told not to compile a parser for it, which takes
 * longer than the parsing and would be paid at every cold start.
 * @throws z.ZodError
 */
export const factsFrom = <Schema extends z.ZodType>(schema: Schema, data: unknown): z.infer<Schema> => schema.parse(data, { jitless: true });

/** The entry in force on a date, of entries in the order of their `from`. */
export function inForce<Entry extends { readonly from: string | null }>(entries: readonly Entry[], date: string): Entry | undefined {
  return entries.findLast(({ from }) => from === null || from <= date);
}
