import type { SourceName } from '../sources.ts';
import { binanceSeriesOf, parseBinance } from './binance-bars.ts';
import { cellsOf } from './csv.ts';
import { isActivityReport, parseActivityReport, parseLegacyDerivatives, parseUdiffDerivatives } from './derivative-days.ts';
import { parseFullBhavcopy, parseLegacyCash, parseUdiffCash } from './equity-days.ts';
import { parseEcbCross, parseFedMonths } from './exchange-rates.ts';
import { parseContractBars, parseIndexCloses, parseIndexMinutes, parseIstMinutes, parseYahooHistory, parseYahooTickers } from './nse-bars.ts';
import type { Parsed } from './parsed.ts';

/** A text to be recognised: the path of its file or archive, the name of the text in an archive, and how klines in it are believed. */
export interface InputText {
  readonly path: string;
  readonly member: string | null;
  readonly text: string;
  readonly klineSource: SourceName;
}

/** What a text holds, recognised by its columns; null for a text that is no history of a form known here. @throws HistoryError `bad_input` */
export function parseInput({ path, member, text, klineSource }: InputText): Parsed | null {
  const where = member === null ? path : `${path}/${member}`;
  const end = text.search(/\r?\n/);
  const firstLine = end < 0 ? text : text.slice(0, end);
  const header = cellsOf(firstLine).join(',').toLowerCase();
  const klines = binanceSeriesOf(path);
  if (klines !== null && (header.startsWith('open_time,open,high,low,close,volume') || /^\d{13,16},/.test(header))) {
    return parseBinance(text, klines, klineSource);
  }
  if (/^[a-z]+,\d{8},\d{2}:\d{2},/.test(header)) return parseIndexMinutes(text);
  if (isActivityReport(where)) return parseActivityReport(text, where);
  if (header.startsWith('traddt,')) return isDerivatives(text) ? parseUdiffDerivatives(text, where) : parseUdiffCash(text, where);
  if (header === 'date,open,high,low,close,volume')
    return CONTRACT_FILE.test(path) && INDIAN_STAMP.test(text) ? parseContractBars(text, where) : null;
  return FORMS.find(([columns]) => header.includes(columns))?.[1](text, where) ?? null;
}

/** Many tables have these columns: a contract of NSE is told by its name and by times in India. */
const CONTRACT_FILE = /(?:^|\/)[A-Z0-9&-]+\d{2}[A-Z]{3}(?:\d+(?:CE|PE)|FUT)\.csv(?:\.gz)?$/;
const INDIAN_STAMP = /^\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}\+05:30,/m;

/** The segment stands in every row of UDiFF. */
const isDerivatives = (text: string): boolean => /^[^,\n]*,[^,\n]*,FO,/m.test(text);

const FORMS: readonly (readonly [columns: string, parse: (text: string, where: string) => Parsed])[] = [
  ['symbol,series,date1,prev_close,', parseFullBhavcopy],
  ['symbol,series,open,high,low,close,last,prevclose,', parseLegacyCash],
  ['instrument,symbol,expiry_dt,', parseLegacyDerivatives],
  ['code,date,open,high,low,close,volume', parseIstMinutes],
  ['price,close,high,low,open,volume', parseYahooTickers],
  ['datetime,open,high,low,close,volume', parseYahooHistory],
  ['index name,index date,', parseIndexCloses],
  ['date,eur_usd,eur_inr,usd_inr_cross', parseEcbCross],
  ['date,country,exchange rate', parseFedMonths],
];
