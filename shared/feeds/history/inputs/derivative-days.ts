import { HistoryError } from '../history-error.ts';
import { ALL, type Series } from '../series.ts';
import type { SourceName } from '../sources.ts';
import { DERIVATIVE_KINDS, type DerivativeDayRow, type DerivativeKind } from '../tables.ts';
import { columnReader, dateOf, linesOf, numberOf, optionalNumber } from './csv.ts';
import { createTally, type Parsed } from './parsed.ts';

export const DERIVATIVE_DAYS: Series = { venue: 'nse', kind: 'derivative-day', symbol: ALL, timeframe: '1d' };

/** A row as read, before its kind and dates are known to be right. */
type Draft = { readonly [Name in Exclude<keyof DerivativeDayRow, 'source' | 'date' | 'expiry' | 'kind' | 'option'>]: DerivativeDayRow[Name] } & {
  readonly date: string | null;
  readonly expiry: string | null;
  readonly kind: DerivativeKind | undefined;
  readonly option: string;
};

/** The derivatives' bhavcopy in the form of UDiFF. */
export function parseUdiffDerivatives(text: string, where: string): Parsed {
  const [header = '', ...lines] = linesOf(text);
  const names = ['TradDt', 'FinInstrmTp', 'TckrSymb', 'XpryDt', 'StrkPric', 'OptnTp', 'OpnPric', 'HghPric', 'LwPric', 'ClsPric', 'LastPric'] as const;
  const more = ['PrvsClsgPric', 'UndrlygPric', 'SttlmPric', 'OpnIntrst', 'ChngInOpnIntrst', 'TtlTradgVol', 'TtlTrfVal', 'TtlNbOfTxsExctd'] as const;
  const read = columnReader(header, [...names, ...more, 'NewBrdLotQty'], where);
  return parsedOf(lines, 'nse-udiff', (line) => {
    const row = read(line);
    return {
      date: dateOf(row.TradDt),
      symbol: row.TckrSymb,
      kind: DERIVATIVE_KINDS.find((kind) => kind === row.FinInstrmTp),
      expiry: dateOf(row.XpryDt),
      strike: optionalNumber(row.StrkPric),
      option: row.OptnTp,
      open: numberOf(row.OpnPric),
      high: numberOf(row.HghPric),
      low: numberOf(row.LwPric),
      close: numberOf(row.ClsPric),
      last: optionalNumber(row.LastPric),
      previousClose: optionalNumber(row.PrvsClsgPric),
      settle: optionalNumber(row.SttlmPric),
      underlying: optionalNumber(row.UndrlygPric),
      openInterest: numberOf(row.OpnIntrst),
      openInterestChange: optionalNumber(row.ChngInOpnIntrst),
      contracts: numberOf(row.TtlTradgVol),
      turnover: optionalNumber(row.TtlTrfVal),
      trades: optionalNumber(row.TtlNbOfTxsExctd),
      lot: optionalNumber(row.NewBrdLotQty),
    };
  });
}

const LEGACY_KINDS: Readonly<Record<string, DerivativeKind>> = { FUTIDX: 'IDF', FUTIVX: 'IDF', OPTIDX: 'IDO', FUTSTK: 'STF', OPTSTK: 'STO' };
const RUPEES_IN_LAKH = 100_000;

/** The derivatives' bhavcopy as it was until July 2024 (`fo28JUN2024bhav.csv`). */
export function parseLegacyDerivatives(text: string, where: string): Parsed {
  const [header = '', ...lines] = linesOf(text);
  const names = ['INSTRUMENT', 'SYMBOL', 'EXPIRY_DT', 'STRIKE_PR', 'OPTION_TYP', 'OPEN', 'HIGH', 'LOW', 'CLOSE', 'SETTLE_PR', 'CONTRACTS'] as const;
  const read = columnReader(header, [...names, 'VAL_INLAKH', 'OPEN_INT', 'CHG_IN_OI', 'TIMESTAMP'], where);
  return parsedOf(lines, 'nse-legacy', (line) => {
    const row = read(line);
    const lakhs = optionalNumber(row.VAL_INLAKH);
    return {
      date: dateOf(row.TIMESTAMP),
      symbol: row.SYMBOL,
      kind: LEGACY_KINDS[row.INSTRUMENT],
      expiry: dateOf(row.EXPIRY_DT),
      strike: numberOf(row.STRIKE_PR),
      option: row.OPTION_TYP,
      open: numberOf(row.OPEN),
      high: numberOf(row.HIGH),
      low: numberOf(row.LOW),
      close: numberOf(row.CLOSE),
      last: null,
      previousClose: null,
      settle: optionalNumber(row.SETTLE_PR),
      underlying: null,
      openInterest: numberOf(row.OPEN_INT),
      openInterestChange: optionalNumber(row.CHG_IN_OI),
      contracts: numberOf(row.CONTRACTS),
      turnover: lakhs === null ? null : Math.round(lakhs * RUPEES_IN_LAKH),
      trades: null,
      lot: null,
    };
  });
}

const ACTIVITY_NAME = /(?:^|\/)(?:fo|op)(\d{2})(\d{2})(\d{4})\.csv$/;

/** Whether a file is one of the two that list contracts in the exchange's market activity report of derivatives. */
export const isActivityReport = (name: string): boolean => ACTIVITY_NAME.test(name);

/** Futures (`fo14112025.csv`) or options (`op...`) of the exchange's market activity report; the date stands in the name only. */
export function parseActivityReport(text: string, name: string): Parsed {
  const [, day, month, year] = ACTIVITY_NAME.exec(name) ?? [];
  const date = dateOf(`${day}-${month}-${year}`);
  if (date === null) throw new HistoryError('bad_input', `${name}: expected a name like fo14112025.csv, which tells the date`, { name });
  const [header = '', ...lines] = linesOf(text);
  const isOptions = header.includes('STR_PRICE');
  const names = [
    'INSTRUMENT',
    'SYMBOL',
    'EXP_DATE',
    'OPEN_PRICE',
    'HI_PRICE',
    'LO_PRICE',
    'CLOSE_PRICE',
    'OPEN_INT*',
    'NO_OF_CONT',
    'NO_OF_TRADE',
  ] as const;
  const read = columnReader(header, names, name);
  const readOption = isOptions ? columnReader(header, ['STR_PRICE', 'OPT_TYPE', 'NOTION_VAL'], name) : null;
  const readFuture = isOptions ? null : columnReader(header, ['TRD_VAL'], name);
  return parsedOf(lines, 'nse-activity', (line) => {
    const row = read(line);
    const option = readOption?.(line);
    return {
      date,
      symbol: row.SYMBOL,
      kind: LEGACY_KINDS[row.INSTRUMENT],
      expiry: dateOf(row.EXP_DATE),
      strike: option === undefined ? null : numberOf(option.STR_PRICE),
      option: option?.OPT_TYPE ?? '',
      open: numberOf(row.OPEN_PRICE),
      high: numberOf(row.HI_PRICE),
      low: numberOf(row.LO_PRICE),
      close: numberOf(row.CLOSE_PRICE),
      last: null,
      previousClose: null,
      settle: null,
      underlying: null,
      openInterest: numberOf(row['OPEN_INT*']),
      openInterestChange: null,
      contracts: numberOf(row.NO_OF_CONT),
      turnover: optionalNumber(option?.NOTION_VAL ?? readFuture?.(line).TRD_VAL ?? ''),
      trades: optionalNumber(row.NO_OF_TRADE),
      lot: null,
    };
  });
}

function parsedOf(lines: readonly string[], source: SourceName, rowOf: (line: string) => Draft): Parsed {
  const refused = createTally();
  const leftOut = createTally();
  const rows: DerivativeDayRow[] = [];
  for (const line of lines) {
    const { date, expiry, kind, option, ...row } = rowOf(line);
    if (line.startsWith('*') || line.startsWith('"*')) leftOut.add('footnote');
    else if (date === null || expiry === null) refused.add('bad_date');
    else if (kind === undefined || row.symbol === '') refused.add('unknown_instrument');
    else if ([row.open, row.high, row.low, row.close, row.openInterest, row.contracts].some((value) => !(value >= 0))) refused.add('bad_number');
    else if (kind === 'IDF' || kind === 'STF') rows.push({ date, expiry, kind, ...row, strike: null, option: null, source });
    else if (!isStrike(row.strike) || (option !== 'CE' && option !== 'PE')) refused.add('bad_option');
    else rows.push({ date, expiry, kind, ...row, option, source });
  }
  return { batches: [{ table: 'derivative-day', series: DERIVATIVE_DAYS, rows }], refused: refused.counts(), leftOut: leftOut.counts(), notes: [] };
}

const isStrike = (strike: number | null): boolean => strike !== null && strike > 0;
