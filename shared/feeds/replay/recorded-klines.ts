import { type EpochMs, MINUTE_MS } from '../../kernel/time.ts';
import type { Market } from '../../market/instrument.ts';
import type { Candle } from '../../market/price.ts';
import { type CandleFault, candleFault } from '../bars/candle-fault.ts';
import { barCursor } from '../history/bar-file.ts';
import { csvNumber } from '../intake/decimal-text.ts';
import { readNseBars, shareNamed } from './nse-bar-texts.ts';
import { lineCursor } from './recorded-lines.ts';

/** A recorded bar under the start of the last of its minutes, as a `Bar` is: that is when it is known. */
export interface RecordedCandle extends Candle {
  /** Absent for one of a minute. */
  readonly spanMinutes?: number;
}

export interface KlineFile {
  readonly path: string;
  /** Under which its first and last good row stand. */
  readonly firstMs: EpochMs;
  readonly lastMs: EpochMs;
  /** Minutes that a row of it tells of; absent for one. */
  readonly spanMinutes?: number;
}

/** The recorded bars of one symbol: files that follow one another in time, in the order of their first instant. */
export interface KlineSeries {
  readonly symbol: string;
  /** Of shares, whose market has sessions; absent for a coin. */
  readonly market?: 'NSE';
  readonly files: readonly KlineFile[];
}

/** One minute of all series. */
export interface KlineMinute {
  readonly openMs: EpochMs;
  readonly candles: readonly { readonly symbol: string; readonly candle: RecordedCandle }[];
  /** Symbols whose series has begun and goes on later, but has no bar for this minute. */
  readonly absent: readonly string[];
  /** Minutes left out before this one because no symbol has anything for longer than a day. */
  readonly skippedMinutes: number;
}

export type RowFault = CandleFault | 'bad_row' | 'not_in_order';

export interface RecordedKlines {
  readonly minutes: AsyncGenerator<KlineMinute>;
  /** Rows refused so far, by reason. */
  readonly refused: () => Readonly<Partial<Record<RowFault, number>>>;
}

export interface KlineRange {
  /** First minute wanted; earlier rows are skipped. */
  readonly fromMs?: EpochMs;
  /** First minute not wanted any more. */
  readonly toMs?: EpochMs;
}

interface Reader {
  readonly symbol: string;
  readonly waiting: KlineFile[];
  cursor: RowCursor | null;
  /** The next bar, null at the end of the series. */
  head: RecordedCandle | null;
  lastOpenMs: EpochMs;
  hasBegun: boolean;
}

type Refuse = (fault: RowFault) => void;

/** Reads the rows of a file one at a time, whatever its form; null from `next` when `more` must be awaited first. */
interface RowCursor {
  next(): KlineRow | null;
  more(): Promise<boolean>;
  close(): Promise<void>;
}

/** A hole in every series longer than this is jumped over instead of being told minute by minute. */
const LONGEST_TOLD_GAP_MS = 1_440 * MINUTE_MS;
const LEAST_COLUMNS = 6;
const MOST_COLUMNS = 12;
/** Binance writes spot files in microseconds from 2025 on. */
const MICROSECONDS_FROM = 100_000_000_000_000;

/**
 * Reads the series side by side, one minute after the other, streaming: a few chunks of each file are in memory, never a file.
 * Every minute between the first and the last bar is told, those without any bar too, but for holes of more than a day: behind one
 * it goes on where the next bar begins.
 * Files are month files of the history, or text: rows `open_time,open,high,low,close,volume` with up to six more columns, a
 * header is skipped. A row that cannot be true is refused and counted.
 * @throws RecordedDataError `unreadable`, from the generator
 */
export function readRecordedKlines(series: readonly KlineSeries[], range: KlineRange = {}): RecordedKlines {
  const counts: Partial<Record<RowFault, number>> = {};
  const refuse: Refuse = (fault) => {
    counts[fault] = (counts[fault] ?? 0) + 1;
  };
  return { minutes: minutesOf(series, range, refuse), refused: () => ({ ...counts }) };
}

async function* minutesOf(series: readonly KlineSeries[], { fromMs = 0, toMs = Number.MAX_SAFE_INTEGER }: KlineRange, refuse: Refuse) {
  const readers = series.map((one) => readerOf(one, fromMs));
  try {
    for (const reader of readers) await advance(reader, fromMs, refuse);
    let openMs: EpochMs | null = null;
    const reachMs = (longestSpan(series) - 1) * MINUTE_MS;
    for (let next = earliest(readers); next !== null && next < toMs; next = earliest(readers)) {
      const skippedMinutes: number = openMs !== null && next - openMs > LONGEST_TOLD_GAP_MS ? (next - reachMs - openMs) / MINUTE_MS : 0;
      openMs = openMs === null || skippedMinutes > 0 ? next - reachMs : openMs;
      const minute = minuteAt(readers, openMs, skippedMinutes);
      yield minute;
      for (const reader of readers) if (reader.head?.openMs === openMs) await advance(reader, fromMs, refuse);
      openMs += MINUTE_MS;
    }
  } finally {
    for (const { cursor } of readers) await cursor?.close();
  }
}

/** The markets that there are series of. */
export const marketsOf = (series: readonly KlineSeries[]): readonly Market[] => [...new Set(series.map(({ market }): Market => market ?? 'CRYPTO'))];

/** Minutes of the longest bars of any of the series. */
export const longestSpan = (series: readonly KlineSeries[]): number =>
  Math.max(1, ...series.flatMap(({ files }) => files.map(({ spanMinutes = 1 }) => spanMinutes)));

function readerOf({ symbol, files }: KlineSeries, fromMs: EpochMs): Reader {
  const waiting = files.filter(({ lastMs }) => lastMs >= fromMs);
  return { symbol, waiting, cursor: null, head: null, lastOpenMs: 0, hasBegun: false };
}

function minuteAt(readers: readonly Reader[], openMs: EpochMs, skippedMinutes: number): KlineMinute {
  const candles: { symbol: string; candle: RecordedCandle }[] = [];
  const absent: string[] = [];
  for (const reader of readers) {
    const { symbol, head } = reader;
    if (head?.openMs === openMs) {
      candles.push({ symbol, candle: head });
      reader.hasBegun = true;
    } else if (reader.hasBegun && head !== null) absent.push(symbol);
  }
  return { openMs, candles, absent, skippedMinutes };
}

function earliest(readers: readonly Reader[]): EpochMs | null {
  let first: EpochMs | null = null;
  for (const { head } of readers) if (head !== null && (first === null || head.openMs < first)) first = head.openMs;
  return first;
}

async function advance(reader: Reader, fromMs: EpochMs, refuse: Refuse): Promise<void> {
  for (;;) {
    if (reader.cursor !== null && step(reader, reader.cursor, refuse)) return;
    if (reader.cursor !== null && (await reader.cursor.more())) continue;
    const file = reader.waiting.shift();
    if (file === undefined) {
      reader.head = null;
      return;
    }
    reader.cursor = rowsOf(file, fromMs);
  }
}

/** Moves to the next good row in memory; false when there is none. */
function step(reader: Reader, cursor: RowCursor, refuse: Refuse): boolean {
  for (let row = cursor.next(); row !== null; row = cursor.next()) {
    const fault = row.kind === 'refused' ? row.reason : row.candle.openMs <= reader.lastOpenMs ? 'not_in_order' : null;
    if (fault !== null || row.kind === 'refused') {
      refuse(fault ?? 'bad_row');
      continue;
    }
    reader.lastOpenMs = row.candle.openMs;
    reader.head = row.candle;
    return true;
  }
  return false;
}

function rowsOf({ path, spanMinutes = 1 }: KlineFile, fromMs: EpochMs): RowCursor {
  if (isHistoryFile(path)) return historyRows(path, fromMs, spanMinutes);
  return shareNamed(path) === undefined ? textRows(path, fromMs, spanMinutes) : shareRows(path, fromMs);
}

/** Whether a path names a file of the history rather than a text. */
export const isHistoryFile = (path: string): boolean => path.endsWith('.parquet');

function historyRows(path: string, fromMs: EpochMs, spanMinutes: number): RowCursor {
  const cursor = barCursor(path, fromMs - (spanMinutes - 1) * MINUTE_MS);
  return {
    next() {
      const candle = cursor.next();
      return candle === null ? null : checked(whenKnown(candle, spanMinutes));
    },
    more: cursor.more,
    close: cursor.close,
  };
}

/** A bar under the start of the last of its minutes. */
export const whenKnown = (candle: Candle, spanMinutes: number): RecordedCandle =>
  spanMinutes === 1 ? candle : { ...candle, openMs: candle.openMs + (spanMinutes - 1) * MINUTE_MS, spanMinutes };

/** A text of one share: a session has few bars, and some texts are not in the order of time. */
function shareRows(path: string, fromMs: EpochMs): RowCursor {
  let rows: readonly RecordedCandle[] | null = null;
  let at = 0;
  return {
    next() {
      const candle = rows?.[at++];
      return candle === undefined ? null : checked(candle);
    },
    async more() {
      if (rows !== null) return false;
      const { candles, spanMinutes } = (await readNseBars(path)) ?? { candles: [], spanMinutes: 1 };
      rows = candles.map((candle) => whenKnown(candle, spanMinutes)).filter(({ openMs }) => openMs >= fromMs);
      return true;
    },
    close: async () => undefined,
  };
}

function textRows(path: string, fromMs: EpochMs, spanMinutes: number): RowCursor {
  const cursor = lineCursor(path);
  const firstMs = fromMs - (spanMinutes - 1) * MINUTE_MS;
  let isFileStart = true;
  return {
    next() {
      for (let line = cursor.next(); line !== null; line = cursor.next()) {
        const isHead = isFileStart && isHeader(line);
        isFileStart = false;
        if (!isHead && line !== '' && line !== '\r' && !(openMsOf(line) < firstMs)) return klineRow(line, spanMinutes);
      }
      return null;
    },
    more: cursor.more,
    close: cursor.close,
  };
}

export type KlineRow = { readonly kind: 'candle'; readonly candle: RecordedCandle } | { readonly kind: 'refused'; readonly reason: RowFault };

/** One row of a kline file, under the last of its minutes: millisecond or microsecond stamps, 6 to 12 columns. */
export function klineRow(line: string, spanMinutes = 1): KlineRow {
  const columns = line.trimEnd().split(',');
  if (columns.length < LEAST_COLUMNS || columns.length > MOST_COLUMNS) return { kind: 'refused', reason: 'bad_row' };
  const candle = {
    openMs: openMsOf(line),
    open: csvNumber(columns[1]),
    high: csvNumber(columns[2]),
    low: csvNumber(columns[3]),
    close: csvNumber(columns[4]),
    volume: csvNumber(columns[5]),
  };
  return checked(whenKnown(candle, spanMinutes));
}

function checked(candle: RecordedCandle): KlineRow {
  const reason = candleFault(candle, MINUTE_MS);
  return reason === null ? { kind: 'candle', candle } : { kind: 'refused', reason };
}

/** A first row that names the columns. */
const isHeader = (line: string): boolean => /^"?[A-Za-z_]/.test(line);

function openMsOf(line: string): EpochMs {
  const comma = line.indexOf(',');
  const stamp = comma < 0 ? Number.NaN : csvNumber(line.slice(0, comma));
  return stamp < MICROSECONDS_FROM ? stamp : Math.floor(stamp / 1_000);
}
