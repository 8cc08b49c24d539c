import { type EpochMs, MINUTE_MS } from '../../kernel/time.ts';
import type { Candle } from '../../market/price.ts';
import { type CandleFault, candleFault } from '../bars/candle-fault.ts';
import { barCursor } from '../history/bar-file.ts';
import { csvNumber } from '../intake/decimal-text.ts';
import { lineCursor } from './recorded-lines.ts';

export interface KlineFile {
  readonly path: string;
  /** Open times of its first and last good row. */
  readonly firstMs: EpochMs;
  readonly lastMs: EpochMs;
}

/** The recorded 1-minute klines of one symbol: files that follow one another in time, in the order of their first instant. */
export interface KlineSeries {
  readonly symbol: string;
  readonly files: readonly KlineFile[];
}

/** One minute of all series. */
export interface KlineMinute {
  readonly openMs: EpochMs;
  readonly candles: readonly { readonly symbol: string; readonly candle: Candle }[];
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
  readonly waiting: string[];
  cursor: RowCursor | null;
  /** The next bar, null at the end of the series. */
  head: Candle | null;
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
 * Every minute between the first and the last bar is told, those without any bar too, but for holes of more than a day.
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
    for (let next = earliest(readers); next !== null && next < toMs; next = earliest(readers)) {
      const skippedMinutes: number = openMs !== null && next - openMs > LONGEST_TOLD_GAP_MS ? (next - openMs) / MINUTE_MS : 0;
      openMs = openMs === null || skippedMinutes > 0 ? next : openMs;
      const minute = minuteAt(readers, openMs, skippedMinutes);
      yield minute;
      for (const reader of readers) if (reader.head?.openMs === openMs) await advance(reader, fromMs, refuse);
      openMs += MINUTE_MS;
    }
  } finally {
    for (const { cursor } of readers) await cursor?.close();
  }
}

function readerOf({ symbol, files }: KlineSeries, fromMs: EpochMs): Reader {
  const waiting = files.filter(({ lastMs }) => lastMs >= fromMs).map(({ path }) => path);
  return { symbol, waiting, cursor: null, head: null, lastOpenMs: 0, hasBegun: false };
}

function minuteAt(readers: readonly Reader[], openMs: EpochMs, skippedMinutes: number): KlineMinute {
  const candles: { symbol: string; candle: Candle }[] = [];
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
    const path = reader.waiting.shift();
    if (path === undefined) {
      reader.head = null;
      return;
    }
    reader.cursor = isHistoryFile(path) ? historyRows(path, fromMs) : textRows(path, fromMs);
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

/** Whether a path names a file of the history rather than a text. */
export const isHistoryFile = (path: string): boolean => path.endsWith('.parquet');

function historyRows(path: string, fromMs: EpochMs): RowCursor {
  const cursor = barCursor(path, fromMs);
  return {
    next() {
      const candle = cursor.next();
      return candle === null ? null : checked(candle);
    },
    more: cursor.more,
    close: cursor.close,
  };
}

function textRows(path: string, fromMs: EpochMs): RowCursor {
  const cursor = lineCursor(path);
  let isFileStart = true;
  return {
    next() {
      for (let line = cursor.next(); line !== null; line = cursor.next()) {
        const isHead = isFileStart && isHeader(line);
        isFileStart = false;
        if (!isHead && line !== '' && line !== '\r' && !(openMsOf(line) < fromMs)) return klineRow(line);
      }
      return null;
    },
    more: cursor.more,
    close: cursor.close,
  };
}

export type KlineRow = { readonly kind: 'candle'; readonly candle: Candle } | { readonly kind: 'refused'; readonly reason: RowFault };

/** One row of a kline file: millisecond or microsecond stamps, 6 to 12 columns. */
export function klineRow(line: string): KlineRow {
  const columns = line.trimEnd().split(',');
  if (columns.length < LEAST_COLUMNS || columns.length > MOST_COLUMNS) return { kind: 'refused', reason: 'bad_row' };
  return checked({
    openMs: openMsOf(line),
    open: csvNumber(columns[1]),
    high: csvNumber(columns[2]),
    low: csvNumber(columns[3]),
    close: csvNumber(columns[4]),
    volume: csvNumber(columns[5]),
  });
}

function checked(candle: Candle): KlineRow {
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
