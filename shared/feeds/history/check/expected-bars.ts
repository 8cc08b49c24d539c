import { NSE_CALENDAR } from '../../../config/nse-calendar.ts';
import { DAY_MS, type EpochMs, MINUTE_MS } from '../../../kernel/time.ts';
import { marketPhase, tradingDay } from '../../../market/calendar.ts';
import { dateOfDay, dayOfDate, istDayOf, istMidnight } from '../../../market/ist.ts';
import { bucketOf } from '../../../market/rollup.ts';
import { TIMEFRAMES } from '../../../market/timeframe.ts';
import type { Span } from '../history-store.ts';
import { type Series, SPAN_MS } from '../series.ts';

/** What bars a series should have. */
export interface Timetable {
  /** Open times of the bars that must be there, in order. */
  readonly required: (span: Span) => Iterable<EpochMs>;
  /** Why a bar has no place here, or null when it has one. */
  readonly faultAt: (openMs: EpochMs) => 'off-grid' | 'outside-session' | null;
  /** What is not checked of a series that begins at the instant, for the report; null when everything is. */
  readonly limitsFrom: (firstMs: EpochMs) => string | null;
}

/**
 * The timetable of a series of bars: every span of the clock for crypto; for NSE the buckets of the sessions that its calendar
 * knows. Since the closing auction began a share has a bar for the auction's end at 15:29, and may have empty ones before it.
 */
export function timetableOf(series: Series): Timetable {
  if (series.venue === 'binance') return roundTheClock(SPAN_MS[series.timeframe]);
  if (series.kind === 'contract') {
    return { ...nseSessions(series), required: () => [], limitsFrom: () => 'a contract need not trade in every bar: gaps are not looked for' };
  }
  return nseSessions(series);
}

function roundTheClock(spanMs: number): Timetable {
  return {
    *required({ fromMs, toMs }) {
      for (let openMs = Math.ceil(fromMs / spanMs) * spanMs; openMs < toMs; openMs += spanMs) yield openMs;
    },
    faultAt: (openMs) => (openMs % spanMs === 0 ? null : 'off-grid'),
    limitsFrom: () => null,
  };
}

interface DayBars {
  readonly required: readonly EpochMs[];
  readonly possible: ReadonlySet<EpochMs>;
}

const memory = new Map<string, Map<number, DayBars | null>>();

function nseSessions(series: Series): Timetable {
  const isShare = series.kind === 'equity';
  const key = `${series.timeframe} ${isShare}`;
  const known = memory.get(key) ?? new Map<number, DayBars | null>();
  memory.set(key, known);
  const barsOn = (day: number): DayBars | null => {
    const found = known.get(day);
    if (found !== undefined) return found;
    const bars = barsOfDay(series, day, isShare);
    known.set(day, bars);
    return bars;
  };
  const { from } = NSE_CALENDAR.facts.coverage;
  return {
    *required({ fromMs, toMs }) {
      for (let day = istDayOf(fromMs); day <= istDayOf(toMs - 1); day++) {
        for (const openMs of barsOn(day)?.required ?? []) if (openMs >= fromMs && openMs < toMs) yield openMs;
      }
    },
    faultAt(openMs) {
      const bars = barsOn(istDayOf(openMs));
      if (bars === null || bars.possible.has(openMs)) return null;
      const spanMs = SPAN_MS[series.timeframe];
      const isNear = [...bars.possible].some((each) => openMs > each && openMs < each + spanMs);
      return isNear ? 'off-grid' : 'outside-session';
    },
    limitsFrom: (firstMs) => (firstMs < istMidnight(dayOfDate(from)) ? `the calendar begins on ${from}: before it gaps are not looked for` : null),
  };
}

/** The bars of a day in India; null where the calendar does not know its hours. */
function barsOfDay({ timeframe }: Series, day: number, isShare: boolean): DayBars | null {
  const { kind, openMs: sessionMs } = tradingDay(NSE_CALENDAR, dateOfDay(day), 'closing-auction');
  if (kind === 'not-covered' || kind === 'hours-unknown') return null;
  const required = new Set<EpochMs>();
  const possible = new Set<EpochMs>();
  const known = TIMEFRAMES.find((each) => each === timeframe);
  if (sessionMs === null || known === undefined) return { required: [], possible };
  const usual = bucketOf('NSE', known, sessionMs).startMs === sessionMs;
  // A special session on another hour of the day is counted from its own start.
  const bucket = (atMs: EpochMs): EpochMs =>
    usual ? bucketOf('NSE', known, atMs).startMs : sessionMs + Math.floor((atMs - sessionMs) / SPAN_MS[known]) * SPAN_MS[known];
  const midnightMs = istMidnight(day);
  const phaseAt = (atMs: EpochMs) => marketPhase(NSE_CALENDAR, 'NSE', atMs, 'closing-auction').phase;
  for (let atMs = midnightMs; atMs < midnightMs + DAY_MS; atMs += MINUTE_MS) {
    const phase = phaseAt(atMs);
    const isAuctionEnd = phase === 'closing-auction-limit-entry' && phaseAt(atMs + MINUTE_MS) === 'closing-auction-matching';
    if (phase === 'continuous' || (isShare && isAuctionEnd)) required.add(bucket(atMs));
    if (phase === 'continuous' || phase === 'reference-price' || (phase.startsWith('closing-auction-') && phase !== 'closing-auction-matching'))
      possible.add(bucket(atMs));
  }
  return { required: [...required], possible };
}
