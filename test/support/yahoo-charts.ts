/** A minute of a chart as the service has it: nulls where nothing was traded. */
export type YahooRow = readonly [
  atMs: number,
  open: number | null,
  high: number | null,
  low: number | null,
  close: number | null,
  volume: number | null,
];

/** An answer of the chart service, as observed. */
export function yahooChart(symbol: string, last: { readonly price: number; readonly atMs: number } | null, rows: readonly YahooRow[]): unknown {
  const column = (at: number): readonly unknown[] => rows.map((row) => row[at]);
  const market = last === null ? {} : { regularMarketPrice: last.price, regularMarketTime: Math.floor(last.atMs / 1_000) };
  const meta = { currency: 'INR', symbol: `${symbol}.NS`, exchangeName: 'NSI', gmtoffset: 19_800, exchangeTimezoneName: 'Asia/Kolkata', ...market };
  const quote = rows.length === 0 ? {} : { open: column(1), high: column(2), low: column(3), close: column(4), volume: column(5) };
  const timestamp = rows.length === 0 ? {} : { timestamp: rows.map(([atMs]) => atMs / 1_000) };
  return { chart: { result: [{ meta, ...timestamp, indicators: { quote: [quote] } }], error: null } };
}

export const YAHOO_ERROR = { chart: { result: null, error: { code: 'Not Found', description: 'No data found, symbol may be delisted' } } };
