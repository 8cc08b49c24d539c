import { DAY_MS, type EpochMs, HOUR_MS } from '../../kernel/time.ts';
import { TIMEFRAME_MS, TIMEFRAMES } from '../../market/timeframe.ts';
import { HistoryError } from './history-error.ts';
import type { TableName } from './tables.ts';

/** Timeframes of the history: those that charts know, and two in which some rates are published. `1mo` has no fixed length. */
export const HISTORY_TIMEFRAMES = [...TIMEFRAMES, '8h', '1mo'] as const;
export type HistoryTimeframe = (typeof HISTORY_TIMEFRAMES)[number];

export const SPAN_MS: Readonly<Record<HistoryTimeframe, number>> = { ...TIMEFRAME_MS, '8h': 8 * HOUR_MS, '1mo': 28 * DAY_MS };

export const VENUES = ['binance', 'nse', 'ecb', 'fed'] as const;
export type HistoryVenue = (typeof VENUES)[number];

/**
 * What a series is of. `mark` and `funding` belong to perpetuals; `contract` is one future or option; the two kinds of
 * `-day` hold the exchange's end-of-day rows of many symbols in one file.
 */
const TABLE_OF = {
  spot: 'bars',
  perpetual: 'bars',
  mark: 'bars',
  funding: 'rates',
  equity: 'bars',
  index: 'bars',
  contract: 'bars',
  'equity-day': 'equity-day',
  'derivative-day': 'derivative-day',
  fx: 'rates',
} as const satisfies Record<string, TableName>;

export type SeriesKind = keyof typeof TABLE_OF;

/** One series: its files lie together. `symbol` is the venue's own name (BTCUSDT), or `all` where a file holds many. */
export interface Series {
  readonly venue: HistoryVenue;
  readonly kind: SeriesKind;
  readonly symbol: string;
  readonly timeframe: HistoryTimeframe;
}

/** The one symbol of series that hold the rows of many. */
export const ALL = 'all';

export const tableNameOf = ({ kind }: Series): TableName => TABLE_OF[kind];

/** `binance/spot/BTCUSDT/1m`: what the keys of its files begin with, without the closing slash. */
export const seriesKey = ({ venue, kind, symbol, timeframe }: Series): string => `${venue}/${kind}/${symbol}/${timeframe}`;

/** The series and the partition that a key names, or null for a file that is none of ours. */
export function seriesOfKey(key: string): { readonly series: Series; readonly partition: string } | null {
  const [venue, kind, symbol, timeframe, file, ...more] = key.split('/');
  const found = {
    venue: VENUES.find((each) => each === venue),
    kind: (Object.keys(TABLE_OF) as SeriesKind[]).find((each) => each === kind),
    timeframe: HISTORY_TIMEFRAMES.find((each) => each === timeframe),
    partition: /^(\d{4}(?:-\d{2}){0,2})\.parquet$/.exec(file ?? '')?.[1],
  };
  if (found.venue === undefined || found.kind === undefined || found.timeframe === undefined || found.partition === undefined) return null;
  if (symbol === undefined || more.length > 0) return null;
  return { series: { venue: found.venue, kind: found.kind, symbol, timeframe: found.timeframe }, partition: found.partition };
}

export const partitionKey = (series: Series, partition: string): string => `${seriesKey(series)}/${partition}.parquet`;

/** A name as a part of a key: `NIFTY 50` is `NIFTY-50`. @throws HistoryError `bad_key` */
export function symbolPart(name: string): string {
  const part = name
    .trim()
    .replaceAll('&', '+')
    .replace(/[^A-Za-z0-9+._-]+/g, '-');
  if (!/^[A-Za-z0-9]/.test(part))
    throw new HistoryError('bad_key', `A symbol begins with a letter or a digit, received ${JSON.stringify(name)}`, { name });
  return part;
}

/**
 * The file that a row belongs to: a month of minutes, a year of quarters of an hour and longer, a day of the derivatives' rows
 * (which are fifty thousand), a month of the cash market's.
 */
export function partitionOf(series: Series, atMs: EpochMs): string {
  const date = new Date(atMs).toISOString();
  switch (series.kind) {
    case 'derivative-day':
      return date.slice(0, 10);
    case 'equity-day':
      return date.slice(0, 7);
    default:
      return date.slice(0, SPAN_MS[series.timeframe] < SPAN_MS['15m'] ? 7 : 4);
  }
}

/** First instant of a partition, and of the one that would follow. */
export function partitionSpan(partition: string): { readonly fromMs: EpochMs; readonly toMs: EpochMs } {
  const [year = 0, month, day] = partition.split('-').map(Number);
  const fromMs = Date.UTC(year, (month ?? 1) - 1, day ?? 1);
  const next = month === undefined ? [year + 1, 0, 1] : day === undefined ? [year, month, 1] : [year, month - 1, day + 1];
  return { fromMs, toMs: Date.UTC(next[0] ?? 0, next[1] ?? 0, next[2] ?? 1) };
}
