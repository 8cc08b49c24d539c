import { DAY_MS, type EpochMs } from '../../../kernel/time.ts';
import type { Timeframe } from '../../../market/timeframe.ts';

/** A file of Binance's archive of spot klines: a month, or a day. */
export interface BulkFile {
  readonly symbol: string;
  readonly timeframe: Timeframe;
  readonly span: 'monthly' | 'daily';
  /** `2025-01` or `2025-01-15`. */
  readonly period: string;
  readonly fromMs: EpochMs;
  readonly toMs: EpochMs;
}

/** Days of a month that are asked for one by one rather than with the whole month. */
const MOST_SINGLE_DAYS = 7;

/** The path of a file below the archive's base: also what its receipt is kept under. */
export const bulkPath = ({ symbol, timeframe, span, period }: BulkFile): string =>
  `/data/spot/${span}/klines/${symbol}/${timeframe}/${symbol}-${timeframe}-${period}.zip`;

/**
 * The files that hold a span: months that are over as a whole (unless only a few of their days are wanted), else days that
 * are over. `fromMs` and `toMs` are taken to whole days.
 */
export function planBulk(symbol: string, timeframe: Timeframe, fromMs: EpochMs, toMs: EpochMs, nowMs: EpochMs): readonly BulkFile[] {
  const files: BulkFile[] = [];
  const endMs = Math.min(Math.ceil(toMs / DAY_MS) * DAY_MS, startOfDay(nowMs));
  for (let atMs = startOfDay(fromMs); atMs < endMs; ) {
    const month = monthOf(atMs);
    const wantedEndMs = Math.min(month.toMs, endMs);
    if (month.toMs <= startOfDay(nowMs) && wantedEndMs - atMs > MOST_SINGLE_DAYS * DAY_MS) {
      files.push({ symbol, timeframe, span: 'monthly', period: isoDate(atMs).slice(0, 7), ...month });
    } else files.push(...daysOf(symbol, timeframe, atMs, wantedEndMs));
    atMs = month.toMs;
  }
  return files;
}

/** The days of a span, as files. */
export function daysOf(symbol: string, timeframe: Timeframe, fromMs: EpochMs, toMs: EpochMs): readonly BulkFile[] {
  const files: BulkFile[] = [];
  for (let atMs = startOfDay(fromMs); atMs < toMs; atMs += DAY_MS) {
    files.push({ symbol, timeframe, span: 'daily', period: isoDate(atMs), fromMs: atMs, toMs: atMs + DAY_MS });
  }
  return files;
}

const startOfDay = (ms: EpochMs): EpochMs => ms - (ms % DAY_MS);
const isoDate = (ms: EpochMs): string => new Date(ms).toISOString().slice(0, 10);

function monthOf(ms: EpochMs): { readonly fromMs: EpochMs; readonly toMs: EpochMs } {
  const date = new Date(ms);
  const [year, month] = [date.getUTCFullYear(), date.getUTCMonth()];
  return { fromMs: Date.UTC(year, month), toMs: Date.UTC(year, month + 1) };
}
