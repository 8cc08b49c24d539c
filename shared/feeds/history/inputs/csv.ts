import { dateOfDay, dayOfDate } from '../../../market/ist.ts';
import { HistoryError } from '../history-error.ts';

/** The lines of a text that are not empty. */
export const linesOf = (text: string): readonly string[] => text.split(/\r?\n/).filter((line) => line.trim() !== '');

/** The cells of a line without the blanks around them; a quoted cell may hold commas. */
export function cellsOf(line: string): readonly string[] {
  if (!line.includes('"')) return line.split(',').map((cell) => cell.trim());
  return [...line.matchAll(/(?:^|,)\s*(?:"((?:[^"]|"")*)"|([^,]*))/g)].map(([, quoted, plain]) =>
    (quoted ?? plain ?? '').replaceAll('""', '"').trim(),
  );
}

/** The cells of the columns named, by the names of a header in any case. @throws HistoryError `bad_input` for a column that is not there */
export function columnReader<Name extends string>(
  header: string,
  names: readonly Name[],
  where: string,
): (line: string) => Readonly<Record<Name, string>> {
  const found = cellsOf(header).map((name) => name.toLowerCase());
  const places = names.map((name) => {
    const place = found.indexOf(name.toLowerCase());
    if (place < 0) throw new HistoryError('bad_input', `${where} has no column ${name}; it has ${cellsOf(header).join(', ')}`, { where, name });
    return [name, place] as const;
  });
  return (line) => {
    const cells = cellsOf(line);
    return Object.fromEntries(places.map(([name, place]) => [name, cells[place] ?? ''])) as Readonly<Record<Name, string>>;
  };
}

const NUMBER_FORM = /^-?\d+(?:\.\d+)?(?:e[+-]?\d{1,3})?$/i;

/** A number as exchanges and spreadsheets write it, NaN for anything else: `Number` alone would read "" as 0. */
export const numberOf = (text: string | undefined): number => (text !== undefined && NUMBER_FORM.test(text) ? Number(text) : Number.NaN);

/** A number that may be absent: null for "", "-" and what is no number. */
export function optionalNumber(text: string): number | null {
  const value = numberOf(text);
  return Number.isNaN(value) ? null : value;
}

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];

/** A calendar date in one of the forms of NSE's files: 2026-08-03, 03-Aug-2026, 03-08-2026, 03/08/2026. Null for anything else. */
export function dateOf(text: string): string | null {
  const iso = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text);
  if (iso !== null) return realDate(text);
  const match = /^(\d{2})[-/](\d{2}|[A-Za-z]{3})[-/](\d{4})$/.exec(text);
  if (match === null) return null;
  const [, day = '', month = '', year = ''] = match;
  const number = /^\d/.test(month) ? month : String(MONTHS.indexOf(month.toLowerCase()) + 1).padStart(2, '0');
  return realDate(`${year}-${number}-${day}`);
}

function realDate(date: string): string | null {
  const ms = Date.parse(`${date}T00:00:00Z`);
  return Number.isNaN(ms) || new Date(ms).toISOString().slice(0, 10) !== date ? null : dateOfDay(dayOfDate(date));
}
