import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { NSE_CALENDAR } from '../../config/nse-calendar.ts';
import { messageOf } from '../../kernel/errors.ts';
import type { EpochMs } from '../../kernel/time.ts';
import { marketPhase } from '../../market/calendar.ts';
import type { Candle } from '../../market/price.ts';
import { type InputText, parseInput } from '../history/inputs/recognise.ts';
import { unpack } from '../history/inputs/unpack.ts';
import type { BarRow, EquityDayRow } from '../history/tables.ts';
import { RecordedDataError } from './recorded-data-error.ts';

/** Bars that may drive the engine: those of one minute, and of five where nobody kept minutes. Longer ones tell too little of a day. */
export const PLAYED_SPANS = { '1m': 1, '5m': 5 } as const;
export type PlayedTimeframe = keyof typeof PLAYED_SPANS;

/** Texts are named by their share, `RELIANCE.csv.gz`, or `RELIANCE_5min.csv.gz`; what they hold their columns say. */
const NAME = /^([A-Z0-9&-]+?)(?:_5min)?\.csv(?:\.gz)?$/;

/** The share that a text is named by; undefined where it is named otherwise. */
export const shareNamed = (path: string): string | undefined => NAME.exec(basename(path))?.[1];

/** Bars of one share of NSE in order of time, each under the start of its span; null for a text that holds none that are played. */
export async function readNseBars(path: string): Promise<{ readonly spanMinutes: number; readonly candles: readonly Candle[] } | null> {
  const batch = (await parsed(path))?.batches.find(({ table }) => table === 'bars');
  const timeframe = batch?.series.timeframe;
  if (batch === undefined || (timeframe !== '1m' && timeframe !== '5m')) return null;
  const rows = (batch.rows as readonly BarRow[]).toSorted((a, b) => a.time - b.time);
  return {
    spanMinutes: PLAYED_SPANS[timeframe],
    candles: rows.map(({ time: openMs, open, high, low, close, volume }) => ({ openMs, open, high, low, close, volume })),
  };
}

/** The exchange's end-of-day rows of shares in a text; none where it holds other things. */
export async function readNseDays(path: string): Promise<readonly EquityDayRow[]> {
  return ((await parsed(path))?.batches ?? []).flatMap(({ table, rows }) => (table === 'equity-day' ? (rows as readonly EquityDayRow[]) : []));
}

/** Whether the calendar knows the hours of a day: nothing can be traded on one that it does not. */
export const isCalendarCovered = (atMs: EpochMs): boolean => marketPhase(NSE_CALENDAR, 'NSE', atMs).isCovered;

async function parsed(path: string): Promise<ReturnType<typeof parseInput>> {
  try {
    const [text] = unpack(path, await readFile(path));
    const input: InputText = { path, member: null, text: text?.text ?? '', klineSource: 'recorded' };
    return parseInput(input);
  } catch (error) {
    throw new RecordedDataError('unreadable', `Cannot read ${path}: ${messageOf(error)}`, { path }, { cause: error });
  }
}
