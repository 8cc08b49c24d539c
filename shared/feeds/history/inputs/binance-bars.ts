import { type EpochMs, minuteOf } from '../../../kernel/time.ts';
import { candleFault } from '../../bars/candle-fault.ts';
import { HISTORY_TIMEFRAMES, type Series, type SeriesKind, SPAN_MS } from '../series.ts';
import type { SourceName } from '../sources.ts';
import type { BarRow, RateRow } from '../tables.ts';
import { cellsOf, linesOf, numberOf } from './csv.ts';
import { createTally, type Parsed } from './parsed.ts';

/** Binance writes spot files in microseconds from 2025 on; no instant in milliseconds is as large for three thousand years. */
const MICROSECONDS_FROM = 100_000_000_000_000;

const RECORDED_NAME = /^([A-Z0-9]+?)(_PERP)?-([0-9]+[a-z]+)-(?:(mark|funding_rate|futures)-)?[^/]*\.(?:csv(?:\.gz)?|zip)$/;
const FUTURES_FOLDER = /(?:^|\/)futures\/um\//;
const COIN_FUTURES_FOLDER = /(?:^|\/)futures\/cm\//;

/**
 * The series that a file of Binance's klines is of, by its name: `BTCUSDT-1m-2025-01.zip` as Binance publishes it (below
 * `futures/um/` a perpetual), `BTCUSDT_PERP-1h-mark-2025.csv.gz` as recordings are named. Null for other names.
 */
export function binanceSeriesOf(path: string): Series | null {
  const match = RECORDED_NAME.exec(path.slice(path.lastIndexOf('/') + 1));
  const timeframe = HISTORY_TIMEFRAMES.find((each) => each === match?.[3]);
  if (match === null || timeframe === undefined || COIN_FUTURES_FOLDER.test(path)) return null;
  const [, symbol = '', perpetual, , form] = match;
  const kind: SeriesKind =
    form === 'mark' ? 'mark' : form === 'funding_rate' ? 'funding' : perpetual !== undefined || FUTURES_FOLDER.test(path) ? 'perpetual' : 'spot';
  // Funding is paid every eight hours, whatever the file is called.
  return { venue: 'binance', kind, symbol, timeframe: kind === 'funding' ? '8h' : timeframe };
}

/**
 * Klines as Binance publishes them: 6 to 12 columns, a header or none, stamps in milliseconds or microseconds.
 * In a file of funding rates the rate stands in the column `open`.
 */
export function parseBinance(text: string, series: Series, source: SourceName): Parsed {
  return series.kind === 'funding' ? parseFunding(text, series, source) : parseKlines(text, series, source);
}

function parseKlines(text: string, series: Series, source: SourceName): Parsed {
  const spanMs = SPAN_MS[series.timeframe];
  const refused = createTally();
  const rows: BarRow[] = [];
  for (const [index, line] of linesOf(text).entries()) {
    if (index === 0 && isHeader(line)) continue;
    const cells = cellsOf(line);
    const [open, high, low, close, volume] = cells.slice(1, 6).map(numberOf) as [number, number, number, number, number];
    const time = instantOf(cells[0]);
    const fault = cells.length < 6 ? 'bad_row' : candleFault({ openMs: time, open, high, low, close, volume }, spanMs);
    if (fault !== null) refused.add(fault);
    else rows.push({ time, open, high, low, close, volume, source });
  }
  return { batches: [{ table: 'bars', series, rows }], refused: refused.counts(), leftOut: {}, notes: [] };
}

function parseFunding(text: string, series: Series, source: SourceName): Parsed {
  const refused = createTally();
  const rows: RateRow[] = [];
  for (const [index, line] of linesOf(text).entries()) {
    if (index === 0 && isHeader(line)) continue;
    const cells = cellsOf(line);
    const rate = numberOf(cells[1]);
    // The stamp is some milliseconds after the hour that the rate belongs to.
    const time = minuteOf(instantOf(cells[0]));
    if (Number.isNaN(rate) || !Number.isSafeInteger(time)) refused.add('bad_row');
    else rows.push({ time, rate, source });
  }
  return { batches: [{ table: 'rates', series, rows }], refused: refused.counts(), leftOut: {}, notes: [] };
}

const isHeader = (line: string): boolean => /^"?[A-Za-z_]/.test(line);

function instantOf(cell: string | undefined): EpochMs {
  const stamp = numberOf(cell);
  return stamp < MICROSECONDS_FROM ? stamp : Math.floor(stamp / 1_000);
}
