import type { EpochMs } from '../../kernel/time.ts';
import { csvNumber } from '../intake/decimal-text.ts';
import { type LineCursor, lineCursor } from './recorded-lines.ts';

/** A row `open_time,open,high,low,close,volume` whose columns may mean something else: a funding rate stands in `open`. */
export interface RecordedRow {
  readonly openMs: EpochMs;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  readonly volume: number;
}

/** Rows of a file, read forwards and never back. */
export interface RowReader {
  /** Hands over, in order, the rows that are known by then: those of which `knownMs` gives an instant that is not later. */
  advance(toMs: EpochMs, take: (row: RecordedRow) => void): Promise<void>;
  close(): Promise<void>;
}

/**
 * Reads a CSV of rows in the order of their time, streaming. Rows without finite numbers, and rows that go back in time, are left
 * out: they are counted by nobody, since what matters here is only what is known at an instant.
 * @param knownMs  when a row is known: a bar at its end, a funding when it is paid
 */
export function rowReader(path: string, knownMs: (row: RecordedRow) => EpochMs): RowReader {
  let cursor: LineCursor | null = null;
  let head: RecordedRow | null = null;
  let isOver = false;
  let lastMs = 0;

  async function nextRow(): Promise<RecordedRow | null> {
    cursor ??= lineCursor(path);
    for (;;) {
      for (let line = cursor.next(); line !== null; line = cursor.next()) {
        const row = rowOf(line);
        if (row === null || row.openMs <= lastMs) continue;
        lastMs = row.openMs;
        return row;
      }
      if (!(await cursor.more())) return null;
    }
  }

  return {
    async advance(toMs, take) {
      while (!isOver) {
        head ??= await nextRow();
        if (head === null) isOver = true;
        else if (knownMs(head) > toMs) return;
        else {
          take(head);
          head = null;
        }
      }
    },
    async close() {
      isOver = true;
      await cursor?.close();
    },
  };
}

const SIGNED = /^-/;

/** Also the rate of a funding, which may be negative. */
const signed = (text: string | undefined): number => (text !== undefined && SIGNED.test(text) ? -csvNumber(text.slice(1)) : csvNumber(text));

function rowOf(line: string): RecordedRow | null {
  const [time, open, high, low, close, volume] = line.trimEnd().split(',');
  const row = {
    openMs: csvNumber(time),
    open: signed(open),
    high: csvNumber(high),
    low: csvNumber(low),
    close: csvNumber(close),
    volume: csvNumber(volume),
  };
  return Object.values(row).every(Number.isFinite) ? row : null;
}
