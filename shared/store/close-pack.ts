import * as z from 'zod';
import type { DailyClose } from '../risk/var/risk-model.ts';

/** Daily closes by symbol, dates and prices side by side: a third of the size that rows would have. */
export const closeColumnsSchema = z.record(z.string(), z.object({ dates: z.array(z.iso.date()), closes: z.array(z.number().positive()) }));

/** The columns of closes, those of each symbol in order. */
export function closeColumns(entries: readonly (DailyClose & { readonly symbol: string })[]): z.infer<typeof closeColumnsSchema> {
  const bySymbol = Map.groupBy(entries, ({ symbol }) => symbol);
  return Object.fromEntries(
    [...bySymbol].map(([symbol, days]) => [symbol, { dates: days.map(({ date }) => date), closes: days.map(({ close }) => close) }]),
  );
}

/** The closes that columns were made from. */
export function closesOf(columns: z.infer<typeof closeColumnsSchema>): readonly (readonly [string, readonly DailyClose[]])[] {
  return Object.entries(columns).map(([symbol, { dates, closes }]) => [
    symbol,
    dates.map((date, i): DailyClose => ({ date, close: closes[i] as number })),
  ]);
}
