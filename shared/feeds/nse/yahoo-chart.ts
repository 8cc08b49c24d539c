import * as z from 'zod';
import { NightdeskError } from '../../kernel/errors.ts';
import { type EpochMs, SECOND_MS } from '../../kernel/time.ts';
import { type Candle, isPrice } from '../../market/price.ts';
import { candleFault } from '../bars/candle-fault.ts';

/** `refused`: the service said no in its own words. `bad_answer`: what came is no chart. */
export class YahooChartError extends NightdeskError<'refused' | 'bad_answer'> {}

/** A chart as told: its last price, and its candles, oldest first. */
export interface YahooChart {
  /** The symbol that the service answers for, with its suffix: `RELIANCE.NS`. */
  readonly symbol: string;
  readonly last: { readonly price: number; readonly atMs: EpochMs } | null;
  readonly candles: readonly Candle[];
  /** Rows that cannot be true; rows without prices are none. */
  readonly refused: number;
}

const numbers = z.array(z.number().nullable());

const quoteSchema = z.object({
  open: numbers.optional(),
  high: numbers.optional(),
  low: numbers.optional(),
  close: numbers.optional(),
  volume: numbers.optional(),
});

const chartSchema = z.object({
  chart: z.object({
    result: z
      .array(
        z.object({
          meta: z.object({
            symbol: z.string(),
            currency: z.string().nullish(),
            regularMarketPrice: z.number().nullish(),
            regularMarketTime: z.number().nullish(),
          }),
          timestamp: z.array(z.number()).optional(),
          indicators: z.object({ quote: z.array(quoteSchema).min(1) }),
        }),
      )
      .nullable(),
    error: z.object({ code: z.string().nullish(), description: z.string().nullish() }).nullish(),
  }),
});

const CURRENCY = 'INR';
/** Prices come as floats with dust (1240.449951171875); every tick of NSE is a multiple of a paisa. */
const paise = (price: number): number => Math.round(price * 100) / 100;

/**
 * Reads an answer of the chart service for candles of `spanMs`. Rows with a null (nothing traded, or not told) are left out, and
 * so is the row that stands for the running moment: its stamp is not on the grid.
 * @throws YahooChartError `refused`, `bad_answer`
 */
export function readYahooChart(answer: unknown, spanMs: number): YahooChart {
  const read = chartSchema.safeParse(answer);
  if (!read.success) throw bad(`no chart: ${z.prettifyError(read.error)}`);
  const { result, error } = read.data.chart;
  if (error) throw new YahooChartError('refused', `Yahoo says no: ${error.code ?? ''} ${error.description ?? ''}`.trim());
  const first = result?.[0];
  if (first === undefined) throw bad('a chart without a result');
  const { meta, timestamp = [], indicators } = first;
  if (meta.currency != null && meta.currency !== CURRENCY) throw bad(`${meta.symbol} in ${meta.currency} instead of ${CURRENCY}`);
  const rows = candlesOf(timestamp, indicators.quote[0] ?? {}).filter(({ openMs }) => openMs % spanMs === 0);
  const candles = rows.filter((candle) => candleFault(candle, spanMs) === null);
  return { symbol: meta.symbol, last: lastOf(meta), candles, refused: rows.length - candles.length };
}

const bad = (what: string): YahooChartError => new YahooChartError('bad_answer', `Expected a chart, received ${what}`);

function candlesOf(timestamps: readonly number[], { open, high, low, close, volume }: z.infer<typeof quoteSchema>): readonly Candle[] {
  return timestamps.flatMap((seconds, row) => {
    const prices = [open?.[row], high?.[row], low?.[row], close?.[row]];
    const [o, h, l, c] = prices;
    if (o == null || h == null || l == null || c == null) return [];
    return { openMs: seconds * SECOND_MS, open: paise(o), high: paise(h), low: paise(l), close: paise(c), volume: volume?.[row] ?? 0 };
  });
}

interface Meta {
  readonly regularMarketPrice?: number | null | undefined;
  readonly regularMarketTime?: number | null | undefined;
}

function lastOf({ regularMarketPrice, regularMarketTime }: Meta): YahooChart['last'] {
  if (regularMarketPrice == null || regularMarketTime == null) return null;
  // Judged as they are given: a price below half a paisa would become 0.
  const [price, atMs] = [paise(regularMarketPrice), regularMarketTime * SECOND_MS];
  return isPrice(price) && Number.isSafeInteger(atMs) && atMs > 0 ? { price, atMs } : null;
}
