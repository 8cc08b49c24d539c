import * as z from 'zod';
import { evidenceSchema } from '../contracts/terms.ts';
import { type Bar, type Candle, minutesOf } from '../market/price.ts';
import type { RolledCandle } from '../market/rollup.ts';

/**
 * Bars as columns, one array a field: what gzip packs best and a person can still read. Numbers are JSON numbers, whose
 * shortest form gives back the very same float.
 */
const numbers = z.array(z.number()).readonly();
const columns = {
  symbol: z.array(z.string()).readonly(),
  openMs: numbers,
  open: numbers,
  high: numbers,
  low: numbers,
  close: numbers,
  volume: numbers,
};
const sameLength = (value: Readonly<Record<string, readonly unknown[] | undefined>>): boolean =>
  new Set(Object.values(value).flatMap((column) => column?.length ?? [])).size === 1;

export const candleColumnsSchema = z
  .object({
    ...columns,
    isComplete: z.array(z.boolean()).readonly(),
    /** Left out where every candle is of a quarter of an hour. */
    isDay: z.array(z.boolean()).readonly().optional(),
  })
  .refine(sameLength, 'the columns differ in length');
export const barColumnsSchema = z
  .object({
    ...columns,
    origin: z.array(z.enum(['received', 'backfilled', 'missing'])).readonly(),
    evidence: z.array(evidenceSchema).readonly(),
    /** Left out where every bar is of one minute. */
    spanMinutes: z.array(z.int().positive()).readonly().optional(),
  })
  .refine(sameLength, 'the columns differ in length');

type CandleColumns = z.infer<typeof candleColumnsSchema>;
type BarColumns = z.infer<typeof barColumnsSchema>;

type Of<T extends Candle> = T & { readonly symbol: string };

export const barColumns = (bars: readonly Bar[]): BarColumns => ({
  ...commonColumns(bars),
  origin: bars.map((bar) => bar.origin),
  evidence: bars.map((bar) => bar.evidence),
  ...(bars.every((bar) => minutesOf(bar) === 1) ? {} : { spanMinutes: bars.map(minutesOf) }),
});

export const candleColumns = (candles: readonly Of<RolledCandle>[]): CandleColumns => ({
  ...commonColumns(candles),
  isComplete: candles.map((candle) => candle.isComplete),
  ...(candles.some((candle) => candle.isDay === true) ? { isDay: candles.map((candle) => candle.isDay === true) } : {}),
});

export const barsOf = (packed: BarColumns): readonly Bar[] =>
  packed.symbol.map((_, index) => ({
    ...common(packed, index),
    origin: at(packed.origin, index),
    evidence: at(packed.evidence, index),
    ...spanAt(packed.spanMinutes?.[index]),
  }));

const spanAt = (spanMinutes = 1): Pick<Bar, 'spanMinutes'> => (spanMinutes === 1 ? {} : { spanMinutes });

export const candlesOf = (packed: CandleColumns): readonly Of<RolledCandle>[] =>
  packed.symbol.map((_, index) => ({
    ...common(packed, index),
    isComplete: at(packed.isComplete, index),
    ...(packed.isDay?.[index] === true ? { isDay: true as const } : {}),
  }));

type CommonColumns = Pick<CandleColumns, keyof typeof columns>;

const commonColumns = (candles: readonly Of<Candle>[]): CommonColumns => ({
  symbol: candles.map((candle) => candle.symbol),
  openMs: candles.map((candle) => candle.openMs),
  open: candles.map((candle) => candle.open),
  high: candles.map((candle) => candle.high),
  low: candles.map((candle) => candle.low),
  close: candles.map((candle) => candle.close),
  volume: candles.map((candle) => candle.volume),
});

const common = (packed: CommonColumns, index: number): Of<Candle> => ({
  symbol: at(packed.symbol, index),
  openMs: at(packed.openMs, index),
  open: at(packed.open, index),
  high: at(packed.high, index),
  low: at(packed.low, index),
  close: at(packed.close, index),
  volume: at(packed.volume, index),
});

function at<T>(column: readonly T[], index: number): T {
  const value = column[index];
  if (value === undefined) throw new RangeError(`No value at ${index} of a column of ${column.length}`);
  return value;
}
