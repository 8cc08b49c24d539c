import { instrumentsOf } from '../../../config/instruments.ts';
import { NSE_CALENDAR } from '../../../config/nse-calendar.ts';
import { DAY_MS, type EpochMs } from '../../../kernel/time.ts';
import { tradingDay } from '../../../market/calendar.ts';
import { allRows, type HistoryStore, type PartitionFile, type Span } from '../history-store.ts';
import type { Coverage } from '../receipts.ts';
import { compareRows, type Rows, TABLES, type Table } from '../tables.ts';
import type { Checked } from './check-bars.ts';
import { bridged } from './coverage.ts';
import type { Finding } from './finding.ts';
import { outliersIn, type Point } from './outliers.ts';

type DayTable = 'equity-day' | 'derivative-day';

/** Beyond the widest price band of the exchange, and taken back the next day. */
const OUTLIER = { sigmas: 12, leastMove: 0.25 };
/** Series whose securities are shares: bonds and the like trade seldom and by their own rules. */
const SHARES = new Set(['EQ', 'BE']);
const LIMITS = 'gaps are looked for in the default symbols and in whole days; a security need not trade every day';

const dayOf = (date: string): EpochMs => Date.parse(`${date}T00:00:00Z`);

/**
 * Checks the exchange's end-of-day rows: order, doubles, prices of what was traded; that every session in the spans known has
 * its day, and every default symbol its row on it; closes that leave for a day and come back. @throws HistoryError `bad_file`
 */
export async function checkDays(
  store: HistoryStore,
  table: DayTable,
  files: readonly PartitionFile[],
  coverage: readonly Coverage[],
): Promise<Checked> {
  const findings: Finding[] = [];
  const datesOf = new Map<string, Set<string>>();
  const dates = new Set<string>();
  const closes = new Map<string, Point[]>();
  let rows = 0;
  for (const { key } of files) {
    const file = await store.open(table, key);
    if (file === null) continue;
    const own = await allRows(file);
    rows += own.length;
    findings.push(...disorderIn(TABLES[table] as Table<Rows[DayTable]>, own), ...own.flatMap((row) => faultOf(row) ?? []));
    for (const row of own) {
      dates.add(row.date);
      datesOf.set(row.symbol, (datesOf.get(row.symbol) ?? new Set()).add(row.date));
      if ('series' in row && SHARES.has(row.series))
        closes.set(row.symbol, [...(closes.get(row.symbol) ?? []), { atMs: dayOf(row.date), price: row.close }]);
    }
  }
  const whole = coverage.filter(({ symbol }) => symbol === null);
  findings.push(...missingDays(dates, bridged(whole), null));
  const names = table === 'equity-day' ? instrumentsOf('NSE').map(({ venueSymbol }) => venueSymbol) : ['NIFTY', 'BANKNIFTY'];
  for (const name of names) {
    const spans = bridged(coverage.filter(({ symbol }) => symbol === null || symbol === name));
    // A day that is missing for everybody is told once.
    const found = missingDays(datesOf.get(name) ?? new Set(), spans, name);
    findings.push(...found.filter(({ atMs }) => !findings.some((each) => each.kind === 'gap' && each.symbol === null && each.atMs === atMs)));
  }
  for (const [symbol, points] of closes) findings.push(...outliersOf(symbol, points));
  const known = [...dates].sort();
  return {
    rows,
    firstMs: known[0] === undefined ? null : dayOf(known[0]),
    lastMs: known.length === 0 ? null : dayOf(known.at(-1) ?? ''),
    findings,
    limits: LIMITS,
  };
}

function disorderIn(table: Table<Rows[DayTable]>, rows: readonly Rows[DayTable][]): readonly Finding[] {
  return rows.slice(1).flatMap((row, index): readonly Finding[] => {
    const order = compareRows(table, rows[index] ?? row, row);
    if (order < 0) return [];
    const kind = order === 0 ? 'duplicate' : 'order';
    return [
      {
        kind,
        symbol: row.symbol,
        atMs: dayOf(row.date),
        count: 1,
        says: `${kind === 'duplicate' ? 'a second row' : 'a row out of order'} of ${row.date}`,
      },
    ];
  });
}

/** Prices of a row must enclose each other when something was traded; else they are old ones or zeros. */
function faultOf(row: Rows[DayTable]): Finding | null {
  const traded = 'volume' in row ? row.volume : row.contracts;
  const { open, high, low, close } = row;
  // Bonds and same-day settlement take their close from elsewhere.
  if ('series' in row && !SHARES.has(row.series)) return null;
  if (traded === 0 || (low > 0 && high >= Math.max(open, close) && low <= Math.min(open, close))) return null;
  const what = 'series' in row ? row.series : `${row.kind} ${row.expiry} ${row.strike ?? ''}${row.option ?? ''}`.trim();
  return {
    kind: 'ohlc',
    symbol: row.symbol,
    atMs: dayOf(row.date),
    count: 1,
    says: `${what} of ${row.date}: open ${open} high ${high} low ${low} close ${close}`,
  };
}

function missingDays(dates: ReadonlySet<string>, spans: readonly Span[], symbol: string | null): readonly Finding[] {
  const missing: string[] = [];
  for (const { fromMs, toMs } of spans) {
    for (let atMs = fromMs; atMs < toMs; atMs += DAY_MS) {
      const date = new Date(atMs).toISOString().slice(0, 10);
      if (!dates.has(date) && tradingDay(NSE_CALENDAR, date).isTradingDay) missing.push(date);
    }
  }
  return missing.map((date) => ({
    kind: 'gap',
    symbol,
    atMs: dayOf(date),
    count: 1,
    says: `no ${symbol === null ? 'rows' : 'row'} of the session of ${date}`,
  }));
}

function outliersOf(symbol: string, points: readonly Point[]): readonly Finding[] {
  const sorted = [...points].sort((a, b) => a.atMs - b.atMs);
  return outliersIn(sorted, OUTLIER).map(({ atMs, price, before, after }) => ({
    kind: 'outlier',
    symbol,
    atMs,
    count: 1,
    says: `a close of ${price} on ${new Date(atMs).toISOString().slice(0, 10)} between ${before} and ${after}`,
  }));
}
