import { DAY_MS, type EpochMs, HOUR_MS } from '../../kernel/time.ts';
import type { Candle } from '../../market/price.ts';
import { BINANCE_SYMBOLS } from '../binance/binance-symbols.ts';
import { binanceSeriesOf } from '../history/inputs/binance-bars.ts';
import { SPAN_MS } from '../history/series.ts';
import { csvNumber } from '../intake/decimal-text.ts';
import { createDayBook, type DayBook, type RecordedDays } from './day-book.ts';
import { klineRow } from './kline-text.ts';
import { filesNear } from './near.ts';
import { readNseDays, shareNamed } from './nse-bar-texts.ts';
import { type KlineSeries, readRecordedKlines } from './recorded-klines.ts';
import { recordedLines } from './recorded-lines.ts';
import { recordedFixings } from './recorded-rates.ts';

/** Where the exchange's end-of-day rows of shares are kept beside their bars. */
const SHARE_DAYS = 'daily';
/** Closes further back than a year and a bit are asked for by nobody. */
const LONGEST_MS = 400 * DAY_MS;
/** Spans of coins' klines that tell of years where minutes tell of weeks. */
const LONGER_SPANS: ReadonlySet<string> = new Set(['5m', '15m', '1h']);

/**
 * The days of recorded series up to an instant: of what is recorded beside them (end-of-day rows of shares in the folder `daily`, fixings
 * of the rupee, longer klines of coins) and of their own bars before it. What is played from then on is to be noted.
 * @throws RecordedDataError `unreadable`
 */
export async function openDayBook(series: readonly KlineSeries[], nowMs: EpochMs): Promise<DayBook> {
  const book = createDayBook(series, await daysBeside(series));
  for await (const run of readRecordedKlines(series, { fromMs: nowMs - LONGEST_MS, toMs: nowMs }).runs) {
    for (const { bars } of run) book.note(bars);
  }
  return book;
}

async function daysBeside(series: readonly KlineSeries[]): Promise<RecordedDays> {
  const [shares, coins] = [series.filter(({ market }) => market === 'NSE'), series.filter(({ market }) => market !== 'NSE')];
  return { shares: await shareDays(shares), coins: await coinDays(coins), fixings: shares.length === 0 ? [] : await recordedFixings(shares) };
}

const pathsOf = (series: readonly KlineSeries[]): readonly string[] => series.flatMap(({ files }) => files.map(({ path }) => path));

async function shareDays(series: readonly KlineSeries[]): Promise<RecordedDays['shares']> {
  if (series.length === 0) return [];
  const symbols = new Set<string>(series.map(({ symbol }) => symbol));
  const played = new Set(pathsOf(series));
  const files = (await filesNear(pathsOf(series), [SHARE_DAYS])).filter((path) => symbols.has(shareNamed(path) ?? '') && !played.has(path));
  return (await Promise.all(files.map(readNseDays))).flat();
}

async function coinDays(series: readonly KlineSeries[]): Promise<RecordedDays['coins']> {
  if (series.length === 0) return [];
  const symbols = new Set<string>(series.map(({ symbol }) => symbol));
  const isOfPerpetuals = pathsOf(series).some((path) => binanceSeriesOf(path)?.kind === 'perpetual');
  const files = (await filesNear(pathsOf(series), [])).flatMap((path) => {
    const known = path.endsWith('.zip') ? null : binanceSeriesOf(path);
    const symbol = BINANCE_SYMBOLS.get(known?.symbol ?? '');
    const isTold =
      known?.kind === (isOfPerpetuals ? 'perpetual' : 'spot') && LONGER_SPANS.has(known.timeframe) && symbol !== undefined && symbols.has(symbol);
    return isTold ? { symbol, path, spanMs: SPAN_MS[known.timeframe] } : [];
  });
  return Promise.all(files.map(async ({ symbol, path, spanMs }) => ({ symbol, spanMs, candles: await lastOfDays(path, spanMs) })));
}

/** The bars that end in the last hour of a day; the others are not even parsed. */
async function lastOfDays(path: string, spanMs: number): Promise<readonly Candle[]> {
  const found: Candle[] = [];
  for await (const lines of recordedLines(path)) {
    for (const line of lines) {
      const openMs = csvNumber(line.slice(0, line.indexOf(',')));
      if (!((openMs + spanMs - 1) % DAY_MS >= DAY_MS - HOUR_MS)) continue;
      const row = klineRow(line);
      if (typeof row !== 'string') found.push(row);
    }
  }
  return found;
}
