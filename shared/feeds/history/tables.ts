import type { EpochMs } from '../../kernel/time.ts';
import type { SourceName } from './sources.ts';

/** A bar: `time` is the start of its span; volume is in units of the base. Prices are raw, never adjusted. */
export interface BarRow {
  readonly time: EpochMs;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  readonly volume: number;
  readonly source: SourceName;
}

/** A rate at an instant: a funding rate as a share of the notional, or units of the quote currency for one of the base. */
export interface RateRow {
  readonly time: EpochMs;
  readonly rate: number;
  readonly source: SourceName;
}

/** The end-of-day row of a security of the cash market. `date` is the trading date in India; null: the source does not tell. */
export interface EquityDayRow {
  readonly date: string;
  readonly symbol: string;
  readonly series: string;
  readonly isin: string | null;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  readonly last: number | null;
  readonly previousClose: number | null;
  /** Shares. */
  readonly volume: number;
  /** Rupees. */
  readonly turnover: number | null;
  readonly trades: number | null;
  /** Shares delivered, of those traded. */
  readonly delivered: number | null;
  readonly source: SourceName;
}

/** Stock or index, future or option, as UDiFF names them. */
export const DERIVATIVE_KINDS = ['IDF', 'IDO', 'STF', 'STO'] as const;
export type DerivativeKind = (typeof DERIVATIVE_KINDS)[number];

/**
 * The end-of-day row of a contract. A contract that did not trade carries prices of 0 or old ones: `settle` is its mark, and
 * nothing of such a row is a price at which something could have been filled.
 */
export interface DerivativeDayRow {
  readonly date: string;
  /** The underlying. */
  readonly symbol: string;
  readonly kind: DerivativeKind;
  readonly expiry: string;
  /** Null for futures, as `option`. */
  readonly strike: number | null;
  readonly option: 'CE' | 'PE' | null;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  readonly last: number | null;
  readonly previousClose: number | null;
  readonly settle: number | null;
  readonly underlying: number | null;
  /** In units of the underlying, not in lots; so is its change. */
  readonly openInterest: number;
  readonly openInterestChange: number | null;
  /** Contracts (lots) traded. */
  readonly contracts: number;
  /** Rupees, notional. */
  readonly turnover: number | null;
  readonly trades: number | null;
  /** Units in a lot on that day. */
  readonly lot: number | null;
  readonly source: SourceName;
}

export interface Rows {
  readonly bars: BarRow;
  readonly rates: RateRow;
  readonly 'equity-day': EquityDayRow;
  readonly 'derivative-day': DerivativeDayRow;
}
export type TableName = keyof Rows;

/** `time` is an instant, `date` a calendar date (text in rows, a day number on disk). */
export type ColumnKind = 'time' | 'date' | 'number' | 'text';

export interface Column<Row> {
  readonly name: keyof Row & string;
  readonly kind: ColumnKind;
  readonly isOptional: boolean;
}

export interface Table<Row> {
  readonly name: TableName;
  readonly columns: readonly Column<Row>[];
  /** What makes a row the same row, and the order of rows in a file. */
  readonly key: readonly (keyof Row & string)[];
  /** The instant by which a row finds its file. */
  readonly atOf: (row: Row) => EpochMs;
  /** Rows that are read together: a week of minutes, or a few hundred symbols. */
  readonly rowGroupRows: number;
  /** Whether packed numbers are compressed once more: it saves nothing of bars, and a fifth of rows in which zeros come and go. */
  readonly isCompressed: boolean;
}

const required = <Row>(kind: ColumnKind, ...names: readonly (keyof Row & string)[]): readonly Column<Row>[] =>
  names.map((name) => ({ name, kind, isOptional: false }));
const optional = <Row>(kind: ColumnKind, ...names: readonly (keyof Row & string)[]): readonly Column<Row>[] =>
  names.map((name) => ({ name, kind, isOptional: true }));

const startOfDate = ({ date }: { readonly date: string }): EpochMs => Date.parse(`${date}T00:00:00Z`);

export const TABLES: { readonly [Name in TableName]: Table<Rows[Name]> } = {
  bars: {
    name: 'bars',
    columns: [
      ...required<BarRow>('time', 'time'),
      ...required<BarRow>('number', 'open', 'high', 'low', 'close', 'volume'),
      ...required<BarRow>('text', 'source'),
    ],
    key: ['time'],
    atOf: ({ time }) => time,
    rowGroupRows: 10_080,
    isCompressed: false,
  },
  rates: {
    name: 'rates',
    columns: [...required<RateRow>('time', 'time'), ...required<RateRow>('number', 'rate'), ...required<RateRow>('text', 'source')],
    key: ['time'],
    atOf: ({ time }) => time,
    rowGroupRows: 10_080,
    isCompressed: false,
  },
  'equity-day': {
    name: 'equity-day',
    columns: [
      ...required<EquityDayRow>('date', 'date'),
      ...required<EquityDayRow>('text', 'symbol', 'series'),
      ...optional<EquityDayRow>('text', 'isin'),
      ...required<EquityDayRow>('number', 'open', 'high', 'low', 'close'),
      ...optional<EquityDayRow>('number', 'last', 'previousClose'),
      ...required<EquityDayRow>('number', 'volume'),
      ...optional<EquityDayRow>('number', 'turnover', 'trades', 'delivered'),
      ...required<EquityDayRow>('text', 'source'),
    ],
    key: ['symbol', 'series', 'date'],
    atOf: startOfDate,
    rowGroupRows: 8_192,
    isCompressed: true,
  },
  'derivative-day': {
    name: 'derivative-day',
    columns: [
      ...required<DerivativeDayRow>('date', 'date'),
      ...required<DerivativeDayRow>('text', 'symbol', 'kind'),
      ...required<DerivativeDayRow>('date', 'expiry'),
      ...optional<DerivativeDayRow>('text', 'option'),
      ...optional<DerivativeDayRow>('number', 'strike'),
      ...required<DerivativeDayRow>('number', 'open', 'high', 'low', 'close'),
      ...optional<DerivativeDayRow>('number', 'last', 'previousClose', 'settle', 'underlying'),
      ...required<DerivativeDayRow>('number', 'openInterest'),
      ...optional<DerivativeDayRow>('number', 'openInterestChange'),
      ...required<DerivativeDayRow>('number', 'contracts'),
      ...optional<DerivativeDayRow>('number', 'turnover', 'trades', 'lot'),
      ...required<DerivativeDayRow>('text', 'source'),
    ],
    key: ['symbol', 'kind', 'expiry', 'option', 'strike', 'date'],
    atOf: startOfDate,
    rowGroupRows: 8_192,
    isCompressed: true,
  },
};

/** The order of rows in a file: by the columns of the key, absent values first. */
export function compareRows<Row>({ key }: Table<Row>, a: Row, b: Row): number {
  for (const name of key) {
    const left = a[name] as number | string | null;
    const right = b[name] as number | string | null;
    if (left === right) continue;
    if (left === null) return -1;
    if (right === null) return 1;
    return left < right ? -1 : 1;
  }
  return 0;
}
