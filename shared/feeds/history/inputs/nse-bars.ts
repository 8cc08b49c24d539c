import { NSE_CALENDAR } from '../../../config/nse-calendar.ts';
import { DAY_MS, type EpochMs, HOUR_MS, MINUTE_MS } from '../../../kernel/time.ts';
import { marketPhase, tradingDay } from '../../../market/calendar.ts';
import { clockMs, dayOfDate, istDate, istMidnight } from '../../../market/ist.ts';
import { bucketOf } from '../../../market/rollup.ts';
import { TIMEFRAME_MS, TIMEFRAMES, type Timeframe } from '../../../market/timeframe.ts';
import { candleFault } from '../../bars/candle-fault.ts';
import { HistoryError } from '../history-error.ts';
import { type Series, type SeriesKind, symbolPart } from '../series.ts';
import type { SourceName } from '../sources.ts';
import type { BarRow } from '../tables.ts';
import { cellsOf, columnReader, dateOf, linesOf, numberOf } from './csv.ts';
import { createTally, type Parsed, type Tally } from './parsed.ts';

interface Bars {
  readonly symbol: string;
  readonly kind: SeriesKind;
  readonly source: SourceName;
  readonly rows: Omit<BarRow, 'source'>[];
}

const INDICES = new Set(['INDIAVIX', 'NIFTY', 'BANKNIFTY']);
const PRICE_COLUMNS = ['Open', 'High', 'Low', 'Close', 'Volume'] as const;

/** One-minute bars of a share or an index with times in India that mark the bar's start: `Code,Date,Open,High,Low,Close,Volume`, in any order. */
export function parseIstMinutes(text: string, where: string): Parsed {
  const [header = '', ...lines] = linesOf(text);
  const read = columnReader(header, ['Code', 'Date', ...PRICE_COLUMNS], where);
  const bySymbol = new Map<string, Bars>();
  for (const line of lines) {
    const row = read(line);
    const bars = bySymbol.get(row.Code) ?? { symbol: row.Code, kind: INDICES.has(row.Code) ? 'index' : 'equity', source: 'recorded', rows: [] };
    bySymbol.set(row.Code, bars);
    bars.rows.push(candle(instantInIndia(row.Date), row));
  }
  return parsedOf([...bySymbol.values()], '1m');
}

/**
 * One-minute values of an index without a header, `NIFTY,20210201,09:16,open,high,low,close,0,0`. The label marks the bar's
 * **end**. Values outside of continuous trading (the pre-open's at 09:08, some after the close) belong to no bar.
 */
export function parseIndexMinutes(text: string): Parsed {
  const leftOut = createTally();
  const bySymbol = new Map<string, Bars>();
  for (const line of linesOf(text)) {
    const [symbol = '', date = '', clock = '', ...prices] = cellsOf(line);
    const day = dateOf(date.replace(/^(\d{4})(\d{2})(\d{2})$/, '$1-$2-$3'));
    const endMs = day === null || !/^\d{2}:\d{2}$/.test(clock) ? Number.NaN : istMidnight(dayOfDate(day)) + clockMs(clock);
    const openMs = endMs - MINUTE_MS;
    const [open, high, low, close, volume] = prices.map(numberOf);
    if (!Number.isNaN(openMs) && isOutside(openMs)) {
      leftOut.add('outside_trading');
      continue;
    }
    const bars = bySymbol.get(symbol) ?? { symbol, kind: 'index', source: 'recorded', rows: [] };
    bySymbol.set(symbol, bars);
    bars.rows.push({ time: openMs, open: open ?? NaN, high: high ?? NaN, low: low ?? NaN, close: close ?? NaN, volume: volume ?? NaN });
  }
  return { ...parsedOf([...bySymbol.values()], '1m'), leftOut: leftOut.counts() };
}

/** Whether the calendar knows the day, and the instant is not in its continuous trading. */
function isOutside(atMs: EpochMs): boolean {
  const { isCovered, phase } = marketPhase(NSE_CALENDAR, 'NSE', atMs, 'regular');
  return isCovered && phase !== 'continuous';
}

/** Bars of one share as Yahoo's library writes them: three header rows (`Price`, `Ticker`, `Datetime`), times in UTC. */
export function parseYahooTickers(text: string, where: string): Parsed {
  const [header = '', tickers = '', , ...lines] = linesOf(text);
  const symbol = (cellsOf(tickers)[1] ?? '').replace(/\.NS$/, '');
  if (!tickers.startsWith('Ticker,') || symbol === '') {
    throw new HistoryError('bad_input', `${where}: expected a second row with the ticker, received ${JSON.stringify(tickers.slice(0, 60))}`, {
      where,
    });
  }
  return parseYahoo(symbol, lines, columnReader(header, ['Price', ...PRICE_COLUMNS], where), 'Price');
}

/** Bars of one share as Yahoo's library writes them: `Datetime,Open,...` with the offset in the time; the symbol is the file's name. */
export function parseYahooHistory(text: string, where: string): Parsed {
  const [header = '', ...lines] = linesOf(text);
  return parseYahoo(nameOf(where), lines, columnReader(header, ['Datetime', ...PRICE_COLUMNS], where), 'Datetime');
}

function parseYahoo<Time extends string>(
  symbol: string,
  lines: readonly string[],
  read: (line: string) => Readonly<Record<Time | (typeof PRICE_COLUMNS)[number], string>>,
  time: Time,
): Parsed {
  const rows = lines.map((line) => {
    const cells = read(line);
    const { open, high, low, close, ...rest } = candle(Date.parse(cells[time].replace(' ', 'T')), cells);
    return { ...rest, open: inPaise(open), high: inPaise(high), low: inPaise(low), close: inPaise(close) };
  });
  const notes = ['the volume of the first bar of a day is 0 in this source'];
  return { ...parsedOf([{ symbol, kind: 'equity', source: 'yahoo', rows }], timeframeOf(rows, symbol)), notes };
}

/** The price in paise of which a value is the nearest 32-bit float, which is how the source keeps prices; the value itself where there is none. */
function inPaise(value: number): number {
  const price = Math.round(value * 100) / 100;
  return Math.fround(price) === value ? price : value;
}

/** Bars of one contract, `date,open,high,low,close,volume` with the offset in the time; the contract is the file's name. */
export function parseContractBars(text: string, where: string): Parsed {
  const [header = '', ...lines] = linesOf(text);
  const read = columnReader(header, ['date', ...PRICE_COLUMNS], where);
  const rows = lines.map((line) => {
    const cells = read(line);
    return candle(Date.parse(cells.date.replace(' ', 'T')), cells);
  });
  const symbol = nameOf(where);
  return parsedOf([{ symbol, kind: 'contract', source: 'recorded', rows }], timeframeOf(rows, symbol));
}

const INDEX_SYMBOLS: Readonly<Record<string, string>> = { 'nifty 50': 'NIFTY', 'nifty bank': 'BANKNIFTY', 'india vix': 'INDIAVIX' };

/** The exchange's closing values of its indices of one day; an index without an open (some are computed once a day) is left out. */
export function parseIndexCloses(text: string, where: string): Parsed {
  const [header = '', ...lines] = linesOf(text);
  const read = columnReader(
    header,
    ['Index Name', 'Index Date', 'Open Index Value', 'High Index Value', 'Low Index Value', 'Closing Index Value', 'Volume'],
    where,
  );
  const leftOut = createTally();
  const bars: Bars[] = [];
  for (const line of lines) {
    const row = read(line);
    const date = dateOf(row['Index Date']);
    if (row['Open Index Value'] === '-' || date === null) {
      leftOut.add('no_open');
      continue;
    }
    const name = row['Index Name'];
    const volume = numberOf(row.Volume);
    bars.push({
      symbol: INDEX_SYMBOLS[name.toLowerCase()] ?? symbolPart(name.toUpperCase()),
      kind: 'index',
      source: 'nse-full',
      rows: [
        {
          time: bucketOf('NSE', '1d', istMidnight(dayOfDate(date)) + DAY_MS / 2).startMs,
          open: numberOf(row['Open Index Value']),
          high: numberOf(row['High Index Value']),
          low: numberOf(row['Low Index Value']),
          close: numberOf(row['Closing Index Value']),
          volume: Number.isNaN(volume) ? 0 : volume,
        },
      ],
    });
  }
  return { ...parsedOf(bars, '1d'), leftOut: leftOut.counts() };
}

const candle = (time: EpochMs, row: Readonly<Record<(typeof PRICE_COLUMNS)[number], string>>): Omit<BarRow, 'source'> => ({
  time,
  open: numberOf(row.Open),
  high: numberOf(row.High),
  low: numberOf(row.Low),
  close: numberOf(row.Close),
  volume: numberOf(row.Volume),
});

/** `2016-08-16 09:15:00` in India. */
function instantInIndia(text: string): EpochMs {
  return Date.parse(`${text.replace(' ', 'T')}+05:30`);
}

/** The name of a file without its folders and endings: what some sources tell the symbol by. */
const nameOf = (path: string): string => symbolPart(path.slice(path.lastIndexOf('/') + 1).replace(/\.(?:csv|txt)(?:\.gz)?$/, ''));

/** The timeframe of bars by the least distance between two of them. @throws HistoryError `bad_input` */
function timeframeOf(rows: readonly { readonly time: EpochMs }[], where: string): Timeframe {
  const times = rows.map(({ time }) => time).sort((a, b) => a - b);
  const distances = times.slice(1).map((time, index) => time - (times[index] ?? time));
  const leastMs = Math.min(...distances.filter((distance) => distance > 0), HOUR_MS);
  const timeframe = TIMEFRAMES.find((each) => TIMEFRAME_MS[each] === leastMs);
  if (timeframe === undefined)
    throw new HistoryError('bad_input', `${where}: bars are ${leastMs} ms apart, which is no timeframe`, { where, leastMs });
  return timeframe;
}

function parsedOf(all: readonly Bars[], timeframe: Timeframe): Parsed {
  const refused = createTally();
  const batches = all.map(({ symbol, kind, source, rows }) => {
    const series: Series = { venue: 'nse', kind, symbol: symbolPart(symbol), timeframe };
    return { table: 'bars' as const, series, rows: rows.filter((row) => isGood(row, timeframe, refused)).map((row) => ({ ...row, source })) };
  });
  return { batches, refused: refused.counts(), leftOut: {}, notes: [] };
}

function isGood({ time, ...prices }: Omit<BarRow, 'source'>, timeframe: Timeframe, refused: Tally): boolean {
  const fault = isOnGrid(time, timeframe) ? candleFault({ openMs: time, ...prices }, MINUTE_MS) : 'bad_stamp';
  if (fault !== null) refused.add(fault);
  return fault === null;
}

/** Bars are counted from the session's start: on the evening of a special session from its own. */
function isOnGrid(time: EpochMs, timeframe: Timeframe): boolean {
  if (!Number.isSafeInteger(time)) return false;
  if (bucketOf('NSE', timeframe, time).startMs === time) return true;
  const { openMs } = tradingDay(NSE_CALENDAR, istDate(time), 'regular');
  return openMs !== null && time >= openMs && (time - openMs) % TIMEFRAME_MS[timeframe] === 0;
}
