import { type EpochMs, MINUTE_MS } from '../../kernel/time.ts';
import type { Market } from '../../market/instrument.ts';
import type { Bar } from '../../market/price.ts';
import { barCursor } from '../history/bar-file.ts';
import { barOf, checked, type RowCursor, type RowFault, textRows } from './kline-text.ts';
import { readNseBars, shareNamed } from './nse-bar-texts.ts';

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
  /** Those that were recorded, in the order of the series, each under the start of the last of its minutes. */
  readonly bars: readonly Bar[];
  /** Symbols whose series has begun and goes on later, but has no bar for this minute. */
  readonly absent: readonly string[];
  /** Minutes left out before this one because no symbol has anything for longer than a day. */
  readonly skippedMinutes: number;
}

export interface RecordedKlines {
  /** Runs of minutes that are in memory: each is to be gone through, once, before the next one is asked for. */
  readonly runs: AsyncGenerator<Iterable<KlineMinute>>;
  /** Rows refused so far, by reason. */
  readonly refused: () => Readonly<Partial<Record<RowFault, number>>>;
  /** How many those are. */
  readonly refusals: () => number;
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
  head: Bar | null;
  lastOpenMs: EpochMs;
  hasBegun: boolean;
}

type Refuse = (fault: RowFault) => void;

/** Series that are read side by side. */
interface Merge {
  readonly readers: readonly Reader[];
  readonly reachMs: number;
  readonly toMs: EpochMs;
  readonly refuse: Refuse;
  /** The minute to be told next; null before the first. */
  openMs: EpochMs | null;
  isOver: boolean;
}

/** A hole in every series longer than this is jumped over instead of being told minute by minute. */
const LONGEST_TOLD_GAP_MS = 1_440 * MINUTE_MS;

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
  let refusals = 0;
  const refuse: Refuse = (fault) => {
    counts[fault] = (counts[fault] ?? 0) + 1;
    refusals += 1;
  };
  return { runs: runsOf(series, range, refuse), refused: () => ({ ...counts }), refusals: () => refusals };
}

async function* runsOf(series: readonly KlineSeries[], { fromMs = 0, toMs = Number.MAX_SAFE_INTEGER }: KlineRange, refuse: Refuse) {
  const readers = series.map((one) => readerOf(one, fromMs));
  const merge: Merge = { readers, reachMs: (longestSpan(series) - 1) * MINUTE_MS, toMs, refuse, openMs: null, isOver: false };
  let starved: readonly Reader[] = readers;
  try {
    while (!merge.isOver) {
      for (const reader of starved) await load(reader, fromMs, refuse);
      const left: Reader[] = [];
      yield minutesInMemory(merge, left);
      starved = left;
    }
  } finally {
    for (const { cursor } of readers) await cursor?.close();
  }
}

/** The minutes up to the one after which a reader needs its next rows: it is put among the starved. */
function* minutesInMemory(merge: Merge, starved: Reader[]): Generator<KlineMinute> {
  const { readers, reachMs, toMs, refuse } = merge;
  while (starved.length === 0) {
    const next = earliest(readers);
    merge.isOver = next === null || next >= toMs;
    if (next === null || merge.isOver) return;
    const beforeMs = merge.openMs;
    const skippedMinutes = beforeMs !== null && next - beforeMs > LONGEST_TOLD_GAP_MS ? (next - reachMs - beforeMs) / MINUTE_MS : 0;
    const openMs = beforeMs === null || skippedMinutes > 0 ? next - reachMs : beforeMs;
    yield minuteAt(readers, openMs, skippedMinutes);
    for (const reader of readers) if (reader.head?.openMs === openMs && !step(reader, refuse)) starved.push(reader);
    merge.openMs = openMs + MINUTE_MS;
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

const NONE: readonly string[] = [];

function minuteAt(readers: readonly Reader[], openMs: EpochMs, skippedMinutes: number): KlineMinute {
  const bars: Bar[] = [];
  let absent = NONE;
  for (const reader of readers) {
    const { symbol, head } = reader;
    if (head?.openMs === openMs) {
      bars.push(head);
      reader.hasBegun = true;
    } else if (reader.hasBegun && head !== null) absent = [...absent, symbol];
  }
  return { openMs, bars, absent, skippedMinutes };
}

function earliest(readers: readonly Reader[]): EpochMs | null {
  let first: EpochMs | null = null;
  for (const { head } of readers) if (head !== null && (first === null || head.openMs < first)) first = head.openMs;
  return first;
}

/** Moves a reader to its next good row, or to its end, loading what that takes. */
async function load(reader: Reader, fromMs: EpochMs, refuse: Refuse): Promise<void> {
  while (!step(reader, refuse)) {
    if (reader.cursor !== null && (await reader.cursor.more())) continue;
    const file = reader.waiting.shift();
    if (file === undefined) {
      reader.head = null;
      return;
    }
    await reader.cursor?.close();
    reader.cursor = rowsOf(file, reader.symbol, fromMs);
  }
}

/** Moves to the next good row in memory; false when there is none. */
function step(reader: Reader, refuse: Refuse): boolean {
  const { cursor } = reader;
  for (let row = cursor?.next() ?? null; row !== null; row = cursor?.next() ?? null) {
    if (typeof row === 'string' || row.openMs <= reader.lastOpenMs) {
      refuse(typeof row === 'string' ? row : 'not_in_order');
      continue;
    }
    reader.lastOpenMs = row.openMs;
    reader.head = row;
    return true;
  }
  return false;
}

function rowsOf({ path, spanMinutes = 1 }: KlineFile, symbol: string, fromMs: EpochMs): RowCursor {
  if (isHistoryFile(path)) return historyRows(path, symbol, fromMs, spanMinutes);
  return shareNamed(path) === undefined ? textRows(path, symbol, fromMs, spanMinutes) : shareRows(path, symbol, fromMs);
}

/** Whether a path names a file of the history rather than a text. */
export const isHistoryFile = (path: string): boolean => path.endsWith('.parquet');

function historyRows(path: string, symbol: string, fromMs: EpochMs, spanMinutes: number): RowCursor {
  const cursor = barCursor(path, fromMs - (spanMinutes - 1) * MINUTE_MS);
  return {
    next() {
      const candle = cursor.next();
      return candle === null ? null : checked(barOf(candle, symbol, spanMinutes));
    },
    more: cursor.more,
    close: cursor.close,
  };
}

/** A text of one share: a session has few bars, and some texts are not in the order of time. */
function shareRows(path: string, symbol: string, fromMs: EpochMs): RowCursor {
  let rows: readonly Bar[] | null = null;
  let at = 0;
  return {
    next() {
      const bar = rows?.[at++];
      return bar === undefined ? null : checked(bar);
    },
    async more() {
      if (rows !== null) return false;
      const { candles, spanMinutes } = (await readNseBars(path)) ?? { candles: [], spanMinutes: 1 };
      rows = candles.map((candle) => barOf(candle, symbol, spanMinutes)).filter(({ openMs }) => openMs >= fromMs);
      return true;
    },
    close: async () => undefined,
  };
}
