import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { DAY_MS } from '../../../shared/kernel/time.ts';
import { recordedFiles } from '../recorded-data.ts';
import { inSteps, type Panel, type PanelDay, type SeriesDay } from './panel.ts';

export const CRYPTO_SYMBOLS = ['BTC', 'ETH', 'SOL', 'DOGE', 'ADA', 'DOT'] as const;
export const NSE_SYMBOLS = ['RELIANCE', 'TCS', 'HDFCBANK', 'INFY', 'ITC', 'SBIN', 'BHARTIARTL', 'KOTAKBANK', 'LT', 'HCLTECH'] as const;

/** The recorded data that the simulated market is fitted to and held against. */
export interface RecordedPanels {
  /** Six symbols, one minute: spring 2023, and BTC and ETH of summer 2024 and 2025. */
  readonly crypto: Panel;
  /** The six symbols, 15 minutes, 2023-04 to 2023-12. */
  readonly quarters: Panel;
  /** NIFTY, one minute, 2021-01 to 2022-06. */
  readonly nifty: Panel;
  /** The ten stocks, one minute, August 2016. */
  readonly minutes: Panel;
  /** The ten stocks, five minutes: August 2016, spring 2024, summer 2026. The first bar of a day has no volume in the later ones. */
  readonly fives: Panel;
  /** The ten stocks, daily, 2021 to 2025: one step a day. */
  readonly daily: Panel;
}

/** Every panel made another. */
export const mapPanels = (panels: RecordedPanels, made: (panel: Panel) => Panel): RecordedPanels => ({
  crypto: made(panels.crypto),
  quarters: made(panels.quarters),
  nifty: made(panels.nifty),
  minutes: made(panels.minutes),
  fives: made(panels.fives),
  daily: made(panels.daily),
});

/** A bar in a file: the day it belongs to, its place in the day, open, high, low, close, volume. */
type Row = readonly [day: number, place: number, open: number, high: number, low: number, close: number, volume: number];

/** Reads them all; a panel whose files are not there has no days. */
export function recordedPanels(): RecordedPanels {
  const minutes = panelOf(NSE_SYMBOLS, 375, (symbol) => filesOf('nse-eq/minute-2016', `${symbol}.csv.gz`).flatMap(stockMinutes));
  const fives = panelOf(NSE_SYMBOLS, 75, (symbol) => [
    ...filesOf('nse-eq/yf-5m-2024', `${symbol}.csv.gz`).flatMap(localFives),
    ...filesOf('nse-eq/5min-2026', `${symbol}_5min.csv.gz`).flatMap(utcFives),
  ]);
  return {
    crypto: panelOf(CRYPTO_SYMBOLS, 1440, (symbol) =>
      ['2023', '2024', '2025'].flatMap((year) => filesOf('binance-klines', `${symbol}USDT-1m-${year}.csv.gz`).flatMap(klines)),
    ),
    quarters: panelOf(CRYPTO_SYMBOLS, 96, (symbol) => filesOf('binance-klines', `${symbol}USDT-15m-2023-24.csv.gz`).flatMap(klines)),
    nifty: panelOf(['NIFTY'], 375, () => recordedFiles('nse-eq/index-minute-2021-23', /_NIFTY\.txt\.gz$/).flatMap(indexMinutes)),
    minutes,
    fives: { symbols: NSE_SYMBOLS, days: [...inSteps(minutes, 5).days, ...fives.days] },
    daily: panelOf(NSE_SYMBOLS, 1, (symbol) => filesOf('nse-eq/daily', `${symbol}.csv.gz`).flatMap(dailyBars)),
  };
}

const filesOf = (folder: string, file: string): readonly string[] => recordedFiles(folder, new RegExp(`^${file.replaceAll('.', '\\.')}$`));

function rowsOf(path: string, header: number, row: (fields: readonly string[]) => Row | null): readonly Row[] {
  const rows: Row[] = [];
  for (const line of gunzipSync(readFileSync(path)).toString('latin1').trimEnd().split('\n').slice(header)) {
    const made = row(line.split(','));
    if (made !== null) rows.push(made);
  }
  return rows;
}

/** Number of the calendar day of `YYYY-MM-DD...` or `YYYYMMDD`. */
const dayOf = (date: string): number => {
  const text = date.includes('-') ? date : `${date.slice(0, 4)}-${date.slice(4, 6)}-${date.slice(6)}`;
  return Date.parse(text.slice(0, 10)) / DAY_MS;
};
const placeOf = (time: string): number => Number(time.slice(0, 2)) * 60 + Number(time.slice(3, 5));

const klines = (path: string): readonly Row[] =>
  rowsOf(path, 1, ([time, open, high, low, close, volume]) => {
    const ms = Number(time);
    return [Math.floor(ms / DAY_MS), ms % DAY_MS, Number(open), Number(high), Number(low), Number(close), Number(volume)];
  });

// Labels are the bar's end; rows of the pre-open (09:08) and after 15:30 are no trading minutes.
const indexMinutes = (path: string): readonly Row[] =>
  rowsOf(path, 0, ([, date = '', time = '', open, high, low, close]) =>
    time < '09:16' || time > '15:30' ? null : [dayOf(date), placeOf(time), Number(open), Number(high), Number(low), Number(close), 0],
  );

const stockMinutes = (path: string): readonly Row[] =>
  rowsOf(path, 1, ([, stamp = '', open, high, low, close, volume]) => stamped(stamp, [open, high, low, close, volume]));

const localFives = (path: string): readonly Row[] =>
  rowsOf(path, 1, ([stamp = '', open, high, low, close, volume]) => stamped(stamp, [open, high, low, close, volume]));

// UTC stamps: the session lies within one UTC day. Columns are close, high, low, open, volume.
const utcFives = (path: string): readonly Row[] =>
  rowsOf(path, 3, ([stamp = '', close, high, low, open, volume]) => stamped(stamp, [open, high, low, close, volume]));

const stamped = (stamp: string, [open, high, low, close, volume]: readonly (string | undefined)[]): Row => [
  dayOf(stamp),
  placeOf(stamp.slice(11)),
  Number(open),
  Number(high),
  Number(low),
  Number(close),
  Number(volume),
];

const FIRST_DAILY = '2021-01-01';
const dailyBars = (path: string): readonly Row[] =>
  rowsOf(path, 1, ([date = '', , , , , open, high, low, , close, , volume]) =>
    date < FIRST_DAILY ? null : [dayOf(date), 0, Number(open), Number(high), Number(low), Number(close), Number(volume)],
  );

/** A move of more than this over a night is a split or a bonus in unadjusted data. */
const SPLIT_MOVE = 0.3;
/** Days further apart than this do not follow each other: recordings end and begin. */
const LONGEST_BREAK_DAYS = 6;
/** A halt of the venue shows as minutes without volume and without movement: such a day is no day of the market. */
const LONGEST_STANDSTILL = 45;

function panelOf(symbols: readonly string[], steps: number, rows: (symbol: string) => readonly Row[]): Panel {
  const bySymbol = symbols.map((symbol) => daysOf(rows(symbol), steps));
  const numbers = [...new Set(bySymbol.flatMap((days) => [...days.keys()]))].sort((a, b) => a - b);
  return { symbols, days: numbers.map((day): PanelDay => ({ day, series: bySymbol.map((of) => of.get(day) ?? null) })) };
}

function daysOf(rows: readonly Row[], steps: number): Map<number, SeriesDay> {
  const days = new Map<number, SeriesDay>();
  let last: { readonly day: number; readonly close: number } | null = null;
  for (const [day, bars] of [...Map.groupBy(rows, ([number]) => number)].sort(([a], [b]) => a - b)) {
    const sorted = bars.sort((a, b) => a[1] - b[1]);
    const open = sorted[0]?.[2] ?? Number.NaN;
    const follows: boolean = last !== null && day - last.day <= LONGEST_BREAK_DAYS && Math.abs(Math.log(open / last.close)) < SPLIT_MOVE;
    if (sorted.length === steps && longestStandstill(sorted) < LONGEST_STANDSTILL) {
      const column = (place: 3 | 4 | 5 | 6): Float64Array => {
        const values = new Float64Array(steps);
        for (let i = 0; i < steps; i++) values[i] = sorted[i]?.[place] ?? Number.NaN;
        return values;
      };
      days.set(day, {
        open,
        lastClose: follows ? (last?.close ?? null) : null,
        high: column(3),
        low: column(4),
        close: column(5),
        volume: column(6),
      });
    }
    last = { day, close: sorted.at(-1)?.[5] ?? Number.NaN };
  }
  return days;
}

function longestStandstill(bars: readonly Row[]): number {
  let longest = 0;
  let length = 0;
  for (const [, , , high, low, , volume] of bars) {
    length = high === low && volume === 0 ? length + 1 : 0;
    longest = Math.max(longest, length);
  }
  return longest;
}
