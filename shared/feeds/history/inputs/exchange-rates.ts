import type { Series } from '../series.ts';
import type { SourceName } from '../sources.ts';
import type { RateRow } from '../tables.ts';
import { columnReader, linesOf, numberOf } from './csv.ts';
import { createTally, type Parsed } from './parsed.ts';

/** Rupees for a dollar, by day, from the European Central Bank's rates of both to the euro. */
export function parseEcbCross(text: string, where: string): Parsed {
  const [header = '', ...lines] = linesOf(text);
  const read = columnReader(header, ['date', 'usd_inr_cross'], where);
  const series: Series = { venue: 'ecb', kind: 'fx', symbol: 'USDINR', timeframe: '1d' };
  return parsedOf(series, 'ecb', lines, (line) => {
    const { date, usd_inr_cross: rate } = read(line);
    return [date, rate];
  });
}

/** Rupees for a dollar, the mean of each month, from the Federal Reserve's release H.10. */
export function parseFedMonths(text: string, where: string): Parsed {
  const [header = '', ...lines] = linesOf(text);
  const read = columnReader(header, ['Date', 'Country', 'Exchange rate'], where);
  const series: Series = { venue: 'fed', kind: 'fx', symbol: 'USDINR', timeframe: '1mo' };
  const own = lines.filter((line) => read(line).Country === 'India');
  return parsedOf(series, 'fed', own, (line) => {
    const { Date: date, 'Exchange rate': rate } = read(line);
    return [date, rate];
  });
}

function parsedOf(
  series: Series,
  source: SourceName,
  lines: readonly string[],
  read: (line: string) => readonly [date: string, rate: string],
): Parsed {
  const refused = createTally();
  const rows: RateRow[] = [];
  for (const line of lines) {
    const [date, text] = read(line);
    const time = /^\d{4}-\d{2}-\d{2}$/.test(date) ? Date.parse(`${date}T00:00:00Z`) : Number.NaN;
    const rate = numberOf(text);
    if (Number.isNaN(time) || !(rate > 0)) refused.add('bad_row');
    else rows.push({ time, rate, source });
  }
  return { batches: [{ table: 'rates', series, rows }], refused: refused.counts(), leftOut: {}, notes: [] };
}
