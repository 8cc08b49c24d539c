import { NSE_CALENDAR } from '../../config/nse-calendar.ts';
import { type EpochMs, MINUTE_MS } from '../../kernel/time.ts';
import { tradingDay } from '../../market/calendar.ts';
import { istDate } from '../../market/ist.ts';
import type { Bar } from '../../market/price.ts';
import { nseSession } from '../nse/nse-session.ts';
import type { KlineSeries } from './recorded-klines.ts';

/** What each of some series, in their order, closed at last; NaN where it has not begun. */
export type Closes = readonly number[];

/** What series have for minutes without a row. */
export interface MissingBars {
  /** The bar of the series at a place; null where there is none. */
  readonly of: (place: number, openMs: EpochMs, close: number) => Bar | null;
  /** Those of a minute of which no series has a row. */
  readonly all: (openMs: EpochMs, closes: Closes) => readonly Bar[];
}

export const NSE_SESSION = nseSession(NSE_CALENDAR);
const NONE: readonly Bar[] = [];

/**
 * A bar for a minute without a row is at the last close, without volume. There is none outside the span of the series (its data has
 * not begun or has ended), where no close is known, and while the market has no bars.
 */
export function missingBarsOf(series: readonly KlineSeries[]): MissingBars {
  const spans = series.map(({ files }) => ({
    firstMs: Math.min(...files.map(({ firstMs }) => firstMs)),
    lastMs: Math.max(...files.map(({ lastMs }) => lastMs)),
  }));
  const isOfShares = series.every(({ market }) => market === 'NSE');

  function of(place: number, openMs: EpochMs, close: number): Bar | null {
    const { symbol, files, market } = series[place] as KlineSeries;
    const { firstMs, lastMs } = spans[place] as (typeof spans)[number];
    if (Number.isNaN(close) || openMs < firstMs || openMs > lastMs) return null;
    const spanMinutes = missingSpan(files, openMs, market);
    if (spanMinutes === null) return null;
    const span = spanMinutes === 1 ? {} : { spanMinutes };
    return { symbol, openMs, open: close, high: close, low: close, close, volume: 0, origin: 'missing', evidence: 'replay', ...span };
  }

  return {
    of,
    all: (openMs, closes) =>
      // Of most minutes of a day shares have nothing.
      isOfShares && !NSE_SESSION.hasBar(openMs) ? NONE : closes.flatMap((close, place) => of(place, openMs, close) ?? []),
  };
}

/** Minutes of the bar that should have been known at the end of a minute; null where none should. */
function missingSpan(files: KlineSeries['files'], openMs: EpochMs, market: KlineSeries['market']): number | null {
  const file = files.find(({ firstMs, lastMs }) => firstMs <= openMs && openMs <= lastMs);
  if (market === 'NSE' && (file === undefined || !NSE_SESSION.hasBar(openMs))) return null;
  const spanMinutes = file?.spanMinutes ?? 1;
  if (spanMinutes === 1) return 1;
  const sessionMs = market === 'NSE' ? (tradingDay(NSE_CALENDAR, istDate(openMs)).openMs ?? 0) : 0;
  return (openMs + MINUTE_MS - sessionMs) % (spanMinutes * MINUTE_MS) === 0 ? spanMinutes : null;
}
