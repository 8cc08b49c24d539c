import { ALL, type Series } from '../series.ts';
import type { SourceName } from '../sources.ts';
import type { EquityDayRow } from '../tables.ts';
import { columnReader, dateOf, linesOf, numberOf, optionalNumber } from './csv.ts';
import { createTally, type Parsed } from './parsed.ts';

export const EQUITY_DAYS: Series = { venue: 'nse', kind: 'equity-day', symbol: ALL, timeframe: '1d' };

type Draft = { readonly [Name in Exclude<keyof EquityDayRow, 'source' | 'date'>]: EquityDayRow[Name] } & { readonly date: string | null };

/** The exchange's full bhavcopy (`sec_bhavdata_full`), or rows of it. The trading date is that of the column: file names lie on holidays. */
export function parseFullBhavcopy(text: string, where: string): Parsed {
  const [header = '', ...lines] = linesOf(text);
  const names = ['SYMBOL', 'SERIES', 'DATE1', 'PREV_CLOSE', 'OPEN_PRICE', 'HIGH_PRICE', 'LOW_PRICE', 'LAST_PRICE', 'CLOSE_PRICE'] as const;
  const read = columnReader(header, [...names, 'TTL_TRD_QNTY', 'TURNOVER_LACS', 'NO_OF_TRADES', 'DELIV_QTY'], where);
  return parsedOf(lines, 'nse-full', (line) => {
    const row = read(line);
    const [volume, close] = [numberOf(row.TTL_TRD_QNTY), numberOf(row.CLOSE_PRICE)];
    const trades = optionalNumber(row.NO_OF_TRADES);
    // Files before 2011 have zeros where they do not know.
    const isOld = trades === 0 && volume > 0;
    return {
      date: dateOf(row.DATE1),
      symbol: row.SYMBOL,
      series: row.SERIES,
      isin: null,
      open: numberOf(row.OPEN_PRICE),
      high: numberOf(row.HIGH_PRICE),
      low: numberOf(row.LOW_PRICE),
      close,
      last: optionalNumber(row.LAST_PRICE),
      previousClose: optionalNumber(row.PREV_CLOSE),
      volume,
      turnover: turnoverOf(optionalNumber(row.TURNOVER_LACS), volume * close),
      trades: isOld ? null : trades,
      delivered: isOld ? null : optionalNumber(row.DELIV_QTY),
    };
  });
}

/** The column says lakhs of rupees; files before 2011 hold rupees under the same name. What comes nearer to the value traded is meant. */
function turnoverOf(told: number | null, value: number): number | null {
  if (told === null) return null;
  const rupees = Math.round(told * 10_000_000) / 100;
  if (value === 0 || told === 0) return rupees;
  return Math.abs(Math.log(rupees / value)) <= Math.abs(Math.log(told / value)) ? rupees : told;
}

/** The cash market's bhavcopy in the form of UDiFF, from 2024-07-08 on. */
export function parseUdiffCash(text: string, where: string): Parsed {
  const [header = '', ...lines] = linesOf(text);
  const names = ['TradDt', 'ISIN', 'TckrSymb', 'SctySrs', 'OpnPric', 'HghPric', 'LwPric', 'ClsPric', 'LastPric', 'PrvsClsgPric'] as const;
  const read = columnReader(header, [...names, 'TtlTradgVol', 'TtlTrfVal', 'TtlNbOfTxsExctd'], where);
  return parsedOf(lines, 'nse-udiff', (line) => {
    const row = read(line);
    return {
      date: dateOf(row.TradDt),
      symbol: row.TckrSymb,
      series: row.SctySrs,
      isin: row.ISIN || null,
      open: numberOf(row.OpnPric),
      high: numberOf(row.HghPric),
      low: numberOf(row.LwPric),
      close: numberOf(row.ClsPric),
      last: optionalNumber(row.LastPric),
      previousClose: optionalNumber(row.PrvsClsgPric),
      volume: numberOf(row.TtlTradgVol),
      turnover: optionalNumber(row.TtlTrfVal),
      trades: optionalNumber(row.TtlNbOfTxsExctd),
      delivered: null,
    };
  });
}

/** The cash market's bhavcopy as it was until July 2024 (`cm28JUN2024bhav.csv`). */
export function parseLegacyCash(text: string, where: string): Parsed {
  const [header = '', ...lines] = linesOf(text);
  const names = ['SYMBOL', 'SERIES', 'OPEN', 'HIGH', 'LOW', 'CLOSE', 'LAST', 'PREVCLOSE', 'TOTTRDQTY', 'TOTTRDVAL', 'TIMESTAMP'] as const;
  const read = columnReader(header, [...names, 'TOTALTRADES', 'ISIN'], where);
  return parsedOf(lines, 'nse-legacy', (line) => {
    const row = read(line);
    return {
      date: dateOf(row.TIMESTAMP),
      symbol: row.SYMBOL,
      series: row.SERIES,
      isin: row.ISIN || null,
      open: numberOf(row.OPEN),
      high: numberOf(row.HIGH),
      low: numberOf(row.LOW),
      close: numberOf(row.CLOSE),
      last: optionalNumber(row.LAST),
      previousClose: optionalNumber(row.PREVCLOSE),
      volume: numberOf(row.TOTTRDQTY),
      turnover: optionalNumber(row.TOTTRDVAL),
      trades: optionalNumber(row.TOTALTRADES),
      delivered: null,
    };
  });
}

function parsedOf(lines: readonly string[], source: SourceName, rowOf: (line: string) => Draft): Parsed {
  const refused = createTally();
  const rows: EquityDayRow[] = [];
  for (const line of lines) {
    const { date, ...row } = rowOf(line);
    if (date === null) refused.add('bad_date');
    else if (row.symbol === '' || row.series === '') refused.add('no_symbol');
    else if ([row.open, row.high, row.low, row.close, row.volume].some((value) => !(value >= 0))) refused.add('bad_number');
    else rows.push({ date, ...row, source });
  }
  return { batches: [{ table: 'equity-day', series: EQUITY_DAYS, rows }], refused: refused.counts(), leftOut: {}, notes: [] };
}
