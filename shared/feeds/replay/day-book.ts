import { CORPORATE_ACTIONS } from '../../config/corporate-actions.ts';
import { NSE_CALENDAR } from '../../config/nse-calendar.ts';
import type { DailiesBySymbol } from '../../engine/ports.ts';
import { DAY_MS, type EpochMs, HOUR_MS, MINUTE_MS } from '../../kernel/time.ts';
import { tradingDay } from '../../market/calendar.ts';
import { adjustmentsOf } from '../../market/corporate-actions.ts';
import { dayOfDate, istDate, istMidnight } from '../../market/ist.ts';
import type { Bar, Candle } from '../../market/price.ts';
import { bucketOf, type RolledCandle } from '../../market/rollup.ts';
import { rateFactor } from '../../risk/var/book.ts';
import type { DailyClose } from '../../risk/var/risk-model.ts';
import type { EquityDayRow } from '../history/tables.ts';
import type { KlineSeries } from './recorded-klines.ts';
import type { Fixing } from './recorded-rates.ts';

/** What the days of recorded series closed at, known day by day. */
export interface DayBook {
  /** Hears bars in order of time, as they are read or played. */
  readonly note: (bars: readonly Pick<Bar, 'symbol' | 'openMs' | 'close' | 'origin'>[]) => void;
  /** Closes of the days that are over at an instant, those after `fromMs`, adjusted for corporate actions up to it. */
  readonly closes: (fromMs: EpochMs, nowMs: EpochMs) => DailiesBySymbol;
  /** The days of a share that its exchange told, as candles of whole days, raw, that begin in [fromMs, toMs). */
  readonly candles: (symbol: string, fromMs: EpochMs, toMs: EpochMs) => readonly RolledCandle[];
}

interface Day {
  readonly date: string;
  /** When the day is over, and its close a close. */
  readonly overMs: EpochMs;
  readonly close: number;
}

/** Days as they were recorded besides the bars that are played. */
export interface RecordedDays {
  /** Rates of the rupee, oldest first. */
  readonly fixings: readonly Fixing[];
  /** End-of-day rows of shares. */
  readonly shares: readonly EquityDayRow[];
  /** Bars of coins of longer spans, in order of time; `spanMs` of each. */

  readonly coins: readonly { readonly symbol: string; readonly spanMs: number; readonly candles: readonly Candle[] }[];
}

/** A bar this close to the end of its day closes it: of a day that breaks off before nobody knows the close. */
const LATEST_MS = HOUR_MS;

/**
 * A day is of UTC for a coin and a session for a share. Its close is the one that the exchange told where that was recorded, else that
 * of its last bar, which must lie in the last hour. Nothing of a day is told before it is over, whatever was noted.
 */
export function createDayBook(series: readonly KlineSeries[], recorded: RecordedDays): DayBook {
  const shares = new Set(series.flatMap(({ symbol, market }) => (market === 'NSE' ? symbol : [])));
  const told = Map.groupBy(recorded.shares.filter(isOrdinary), ({ symbol }) => symbol);
  const books = new Map<string, Map<string, Day>>(series.map(({ symbol }) => [symbol, new Map()]));
  const exchange = new Map([...told].map(([symbol, rows]) => [symbol, new Map(rows.map((row) => [row.date, dayOfRow(row)] as const))]));

  function put(symbol: string, endMs: EpochMs, close: number): void {
    const book = books.get(symbol);
    if (book === undefined) return;
    const day = shares.has(symbol) ? sessionOf(endMs) : utcDayOf(endMs);
    if (day !== null && endMs > day.lastMs - LATEST_MS) book.set(day.date, { date: day.date, overMs: day.overMs, close });
  }

  for (const { symbol, spanMs, candles } of recorded.coins) for (const { openMs, close } of candles) put(symbol, openMs + spanMs, close);

  return {
    note: (bars) => {
      for (const { symbol, openMs, close, origin } of bars) {
        // Of nearly all minutes of a coin's day nothing is to be kept: they are passed over at once.
        if (origin === 'missing' || (openMs % DAY_MS < DAY_MS - LATEST_MS && !shares.has(symbol))) continue;
        put(symbol, openMs + MINUTE_MS, close);
      }
    },
    closes: (fromMs, nowMs) =>
      new Map([
        ...[...books].flatMap(([symbol, noted]) => {
          const known = new Map([...noted, ...(exchange.get(symbol) ?? [])]);
          const days = [...known.values()].filter(({ overMs }) => overMs > fromMs && overMs <= nowMs).sort((a, b) => (a.date < b.date ? -1 : 1));
          return days.length === 0 ? [] : [[symbol, days.map(adjustedAt(symbol, nowMs))] as const];
        }),
        ...rupeeCloses(recorded.fixings.filter(({ atMs }) => atMs > fromMs && atMs <= nowMs)),
      ]),
    candles: (symbol, fromMs, toMs) =>
      (told.get(symbol) ?? []).flatMap((row) => {
        const { startMs } = bucketOf('NSE', '1d', istMidnight(dayOfDate(row.date)) + DAY_MS / 2);
        const { open, high, low, close, volume } = row;
        return startMs < fromMs || startMs >= toMs ? [] : { openMs: startMs, open, high, low, close, volume, isComplete: true, isDay: true as const };
      }),
  };
}

/** What a rupee was worth in dollars, day by day. */
const rupeeCloses = (fixings: readonly Fixing[]): readonly (readonly [string, readonly DailyClose[]])[] =>
  fixings.length === 0 ? [] : [[rateFactor('INR'), fixings.map(({ date, usdInr }) => ({ date, close: 1 / usdInr }))]];

/** Shares as they are traded by all: not blocks, not those that may only be delivered. */
const isOrdinary = ({ series }: EquityDayRow): boolean => series === 'EQ';

function dayOfRow({ date, close }: EquityDayRow): Day {
  const session = tradingDay(NSE_CALENDAR, date);
  return { date, close, overMs: session.lastPriceMs ?? istMidnight(dayOfDate(date)) + DAY_MS };
}

interface DayEnd {
  readonly date: string;
  /** End of the last bar that it can have. */
  readonly lastMs: EpochMs;
  readonly overMs: EpochMs;
}

function utcDayOf(endMs: EpochMs): DayEnd {
  const dayMs = Math.floor((endMs - 1) / DAY_MS) * DAY_MS;
  return { date: new Date(dayMs).toISOString().slice(0, 10), lastMs: dayMs + DAY_MS, overMs: dayMs + DAY_MS };
}

function sessionOf(endMs: EpochMs): DayEnd | null {
  const session = tradingDay(NSE_CALENDAR, istDate(endMs - 1));
  return session.kind === 'session' ? { date: session.date, lastMs: session.continuousCloseMs, overMs: session.lastPriceMs } : null;
}

/** A close as it is compared with prices of `nowMs`. */
function adjustedAt(symbol: string, nowMs: EpochMs): (day: Day) => { readonly date: string; readonly close: number } {
  const adjustments = adjustmentsOf(CORPORATE_ACTIONS, symbol, nowMs);
  return ({ date, overMs, close }) => ({ date, close: close * (adjustments.findLast(({ beforeMs }) => overMs <= beforeMs)?.price ?? 1) });
}
