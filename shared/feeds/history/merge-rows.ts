import { authorityOf, type SourceName } from './sources.ts';
import { compareRows, type Table } from './tables.ts';

export interface Merged<Row> {
  readonly rows: readonly Row[];
  readonly added: number;
  /** Rows that were there and say more, or something else, than before. */
  readonly changed: number;
  /** Rows that two sources tell differently; the one with the higher authority, else the one that was there first, is kept. */
  readonly conflicts: number;
}

interface Sourced {
  readonly source: SourceName;
}

/** Adds rows to those of a file. What is there already, from the same source or a better one, stays: the same rows again change nothing. */
export function mergeRows<Row extends Sourced>(table: Table<Row>, stored: readonly Row[], incoming: readonly Row[]): Merged<Row> {
  const sorted = [...incoming].sort((a, b) => compareRows(table, a, b));
  const rows: Row[] = [];
  const count = { added: 0, changed: 0, conflicts: 0 };
  let at = 0;
  for (const row of sorted) {
    for (let next = stored[at]; next !== undefined && compareRows(table, next, row) < 0; next = stored[++at]) rows.push(next);
    const next = stored[at];
    const last = rows.at(-1);
    if (next !== undefined && compareRows(table, next, row) === 0) {
      rows.push(next);
      at++;
      combine(table, rows, row, count);
    } else if (last !== undefined && compareRows(table, last, row) === 0) {
      combine(table, rows, row, count);
    } else {
      rows.push(row);
      count.added++;
    }
  }
  for (const row of stored.slice(at)) rows.push(row);
  return { rows, ...count };
}

/** Puts what the row says into the last of the rows, which is about the same thing. */
function combine<Row extends Sourced>(table: Table<Row>, rows: Row[], row: Row, count: { changed: number; conflicts: number }): void {
  const there = rows.at(-1) as Row;
  const isBetter = authorityOf(row.source) > authorityOf(there.source);
  const [kept, other] = isBetter ? [row, there] : [there, row];
  const filled = filledFrom(table, kept, other);
  if (table.columns.some(({ name }) => name !== 'source' && kept[name] !== null && other[name] !== null && kept[name] !== other[name]))
    count.conflicts++;
  if (table.columns.every(({ name }) => filled[name] === there[name])) return;
  rows[rows.length - 1] = filled;
  count.changed++;
}

/** A row with what it does not tell taken from another. */
function filledFrom<Row>(table: Table<Row>, row: Row, other: Row): Row {
  const gaps = table.columns.filter(({ name }) => row[name] === null && other[name] !== null);
  return gaps.length === 0 ? row : { ...row, ...Object.fromEntries(gaps.map(({ name }) => [name, other[name]])) };
}
