import { type EpochMs, MINUTE_MS } from '../../kernel/time.ts';
import type { Bar, Candle } from '../../market/price.ts';
import { type CandleFault, candleFault } from '../bars/candle-fault.ts';
import { csvNumber } from '../intake/decimal-text.ts';
import { lineBlocks, textOf } from './line-blocks.ts';

export type RowFault = CandleFault | 'bad_row' | 'not_in_order';

/** Reads the rows of a file one at a time, whatever its form. */
export interface RowCursor {
  /** The next bar, or what is wrong with the next row; null when `more` must be awaited first. */
  next(): Bar | RowFault | null;
  /** Loads the next rows; false at the end of the file. */
  more(): Promise<boolean>;
  close(): Promise<void>;
}

const LEAST_COLUMNS = 6;
const MOST_COLUMNS = 12;
/** Binance writes spot files in microseconds from 2025 on. */
const MICROSECONDS_FROM = 100_000_000_000_000;
const [NEWLINE, RETURN, COMMA, DOT, ZERO, NINE] = [10, 13, 44, 46, 48, 57];

/**
 * The rows of a text of klines from an instant on: `open_time,open,high,low,close,volume` with up to six more columns, a header is
 * skipped. Numbers as nearly all are written are read where they lie; a row with another goes through `klineRow`.
 */
export function textRows(path: string, symbol: string, fromMs: EpochMs, spanMinutes: number): RowCursor {
  const blocks = lineBlocks(path);
  const firstMs = fromMs - (spanMinutes - 1) * MINUTE_MS;
  const row: ScannedRow = { numbers: new Float64Array(LEAST_COLUMNS), columns: 0, nextAt: 0 };
  let block: Uint8Array = new Uint8Array();
  let at = 0;
  let isFileStart = true;

  function nextLine(): string {
    const newline = block.indexOf(NEWLINE, at);
    const line = textOf(block.subarray(at, newline < 0 ? block.length : newline));
    at = newline < 0 ? block.length : newline + 1;
    return line;
  }

  /** Undefined for a row that is none, or too early. */
  function readLine(): Bar | RowFault | undefined {
    const line = nextLine();
    const isHead = isFileStart && isHeader(line);
    isFileStart = false;
    if (isHead || line === '' || line === '\r' || openMsOf(line) < firstMs) return undefined;
    const candle = klineRow(line);
    return typeof candle === 'string' ? candle : barOf(candle, symbol, spanMinutes);
  }

  function readScanned(): Bar | RowFault | undefined {
    at = row.nextAt;
    isFileStart = false;
    const [stamp, open, high, low, close, volume] = row.numbers as unknown as readonly [number, number, number, number, number, number];
    const openMs = instantOf(stamp);
    if (openMs < firstMs) return undefined;
    if (row.columns > MOST_COLUMNS) return 'bad_row';
    return checked(receivedBar(symbol, openMs, open, high, low, close, volume, spanMinutes));
  }

  return {
    next() {
      while (at < block.length) {
        const read = scan(block, at, firstMs, row) ? readScanned() : readLine();
        if (read !== undefined) return read;
      }
      return null;
    },
    async more() {
      const next = await blocks.more();
      block = next ?? new Uint8Array();
      at = 0;
      return next !== null;
    },
    close: blocks.close,
  };
}

interface ScannedRow {
  /** The first columns. */
  readonly numbers: Float64Array;
  columns: number;
  /** Where the row after it begins. */
  nextAt: number;
}

/** Powers of ten that a float holds exactly. */
const POWERS: readonly number[] = Array.from({ length: 23 }, (_, exponent) => Number(`1e${exponent}`));

/**
 * Reads a row whose first six columns are plain decimals; of one before `firstMs` only the stamp.
 * @returns false where a column is anything else, and nothing is said of the row
 */
function scan(bytes: Uint8Array, from: number, firstMs: EpochMs, row: ScannedRow): boolean {
  const { numbers } = row;
  let at = from;
  for (let column = 0; column < LEAST_COLUMNS - 1; column++) {
    const end = scanNumber(bytes, at, numbers, column);
    if (end < 0 || bytes[end] !== COMMA) return false;
    if (column === 0 && instantOf(numbers[0] as number) < firstMs) return passOver(bytes, end, 1, row);
    at = end + 1;
  }
  const end = scanNumber(bytes, at, numbers, LEAST_COLUMNS - 1);
  const byte = end < 0 ? undefined : bytes[end];
  const isOver = byte === NEWLINE || (byte === RETURN && bytes[end + 1] === NEWLINE);
  return (isOver || byte === COMMA) && passOver(bytes, end, LEAST_COLUMNS, row);
}

/**
 * Reads a plain decimal to the very float that `Number` gives: a whole number below 2^53 over a power of ten that a float holds
 * exactly is rounded once. Longer ones go through `Number`.
 * @returns where it ends; -1 where there is none
 */
function scanNumber(bytes: Uint8Array, from: number, numbers: Float64Array, column: number): number {
  let whole = 0;
  let dot = -1;
  let at = from;
  for (; at < bytes.length; at++) {
    const byte = bytes[at] as number;
    if (byte >= ZERO && byte <= NINE) whole = whole * 10 + (byte - ZERO);
    else if (byte === DOT && dot < 0 && at > from) dot = at;
    else break;
  }
  const decimals = dot < 0 ? 0 : at - dot - 1;
  if (at === from || dot === at - 1) return -1;
  const isExact = whole <= Number.MAX_SAFE_INTEGER && decimals < POWERS.length;
  numbers[column] = isExact ? whole / (POWERS[decimals] as number) : Number(textOf(bytes.subarray(from, at)));
  return at;
}

/** Counts the columns that are left of a row; false where nothing ends it. */
function passOver(bytes: Uint8Array, from: number, before: number, row: ScannedRow): boolean {
  row.columns = before;
  for (let at = from; at < bytes.length; at++) {
    const byte = bytes[at];
    if (byte === COMMA) row.columns++;
    if (byte !== NEWLINE) continue;
    row.nextAt = at + 1;
    return true;
  }
  return false;
}

/** One row of a kline file: millisecond or microsecond stamps, 6 to 12 columns. */
export function klineRow(line: string): Candle | RowFault {
  const columns = line.trimEnd().split(',');
  if (columns.length < LEAST_COLUMNS || columns.length > MOST_COLUMNS) return 'bad_row';
  const [, open, high, low, close, volume] = columns.slice(0, LEAST_COLUMNS).map(csvNumber) as [number, number, number, number, number, number];
  return checked({ openMs: openMsOf(line), open, high, low, close, volume });
}

/** A bar itself, or what is wrong with it. */
export const checked = <Kind extends Candle>(candle: Kind): Kind | CandleFault => candleFault(candle, MINUTE_MS) ?? candle;

/** A candle as a bar of recorded data, under the start of the last of its minutes: that is when it is known. */
export const barOf = ({ openMs, open, high, low, close, volume }: Candle, symbol: string, spanMinutes: number): Bar =>
  receivedBar(symbol, openMs, open, high, low, close, volume, spanMinutes);

function receivedBar(
  symbol: string,
  startMs: EpochMs,
  open: number,
  high: number,
  low: number,
  close: number,
  volume: number,
  spanMinutes: number,
): Bar {
  const openMs = startMs + (spanMinutes - 1) * MINUTE_MS;
  if (spanMinutes === 1) return { symbol, openMs, open, high, low, close, volume, origin: 'received', evidence: 'replay' };
  return { symbol, openMs, open, high, low, close, volume, origin: 'received', evidence: 'replay', spanMinutes };
}

/** A first row that names the columns. */
const isHeader = (line: string): boolean => /^"?[A-Za-z_]/.test(line);

const instantOf = (stamp: number): EpochMs => (stamp < MICROSECONDS_FROM ? stamp : Math.floor(stamp / 1_000));

function openMsOf(line: string): EpochMs {
  const comma = line.indexOf(',');
  return instantOf(comma < 0 ? Number.NaN : csvNumber(line.slice(0, comma)));
}
