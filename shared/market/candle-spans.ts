import { MINUTE_MS } from '../kernel/time.ts';
import type { Market } from './instrument.ts';
import { type Bar, type Evidence, minutesOf } from './price.ts';
import { bucketOf, type RolledCandle, roundVolume } from './rollup.ts';
import type { Timeframe } from './timeframe.ts';

/** A candle with what it was made from. */
export interface ToldCandle extends RolledCandle {
  readonly minutes: { readonly received: number; readonly backfilled: number; readonly missing: number };
  readonly evidence: readonly Evidence[];
  /** End of its last known minute. */
  readonly knownToMs: number;
}

/**
 * Candles of a timeframe from one symbol's one-minute bars in order of time, the last one included although it is not over.
 * The prices of a `missing` minute are not read; a span with nothing but missing minutes has no candle.
 */
export function toldCandles(market: Market, timeframe: Timeframe, bars: readonly Bar[]): readonly ToldCandle[] {
  const spans = Map.groupBy(bars, (bar) => bucketOf(market, timeframe, bar.openMs).startMs);
  return [...spans].flatMap(([startMs, all]) => {
    const known = all.filter((bar) => bar.origin !== 'missing');
    const [first, last] = [known[0], known.at(-1)];
    if (first === undefined || last === undefined) return [];
    const { endMs } = bucketOf(market, timeframe, startMs);
    const count = (origin: Bar['origin']): number => all.filter((bar) => bar.origin === origin).length;
    return {
      openMs: startMs,
      open: first.open,
      high: Math.max(...known.map(({ high }) => high)),
      low: Math.min(...known.map(({ low }) => low)),
      close: last.close,
      volume: roundVolume(known.reduce((total, { volume }) => total + volume, 0)),
      isComplete: known.reduce((minutes, bar) => minutes + minutesOf(bar), 0) * MINUTE_MS === endMs - startMs,
      minutes: { received: count('received'), backfilled: count('backfilled'), missing: count('missing') },
      evidence: [...new Set(known.map(({ evidence }) => evidence))],
      knownToMs: last.openMs + MINUTE_MS,
    };
  });
}
