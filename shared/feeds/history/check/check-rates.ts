import { DAY_MS, type EpochMs, HOUR_MS, iso } from '../../../kernel/time.ts';
import { allRows, type HistoryStore, type PartitionFile, type Span } from '../history-store.ts';
import { type Series, SPAN_MS } from '../series.ts';
import type { RateRow } from '../tables.ts';
import type { Checked } from './check-bars.ts';
import type { Finding, FindingKind } from './finding.ts';

/** Rates have no timetable but a longest distance: days without one are the publisher's holidays. */
const LONGEST_DISTANCE_MS: Readonly<Partial<Record<Series['timeframe'], number>>> = { '8h': 8 * HOUR_MS, '1d': 6 * DAY_MS, '1mo': 31 * DAY_MS };

/** Checks a series of rates: in order, no doubles, real numbers, and none missing for longer than its publisher pauses. @throws HistoryError `bad_file` */
export async function checkRates(store: HistoryStore, series: Series, files: readonly PartitionFile[], spans: readonly Span[]): Promise<Checked> {
  const rows: RateRow[] = [];
  for (const { key } of files) {
    const file = await store.open('rates', key);
    if (file !== null) for (const row of await allRows(file)) rows.push(row);
  }
  const times = rows.map(({ time }) => time);
  const longestMs = LONGEST_DISTANCE_MS[series.timeframe] ?? SPAN_MS[series.timeframe];
  const findings = [...rows.flatMap((row, index) => faultsOf(row, rows[index - 1], series)), ...pausesIn(times, spans, longestMs)];
  return { rows: rows.length, firstMs: times[0] ?? null, lastMs: times.at(-1) ?? null, findings, limits: null };
}

function faultsOf({ time, rate }: RateRow, before: RateRow | undefined, { kind }: Series): readonly Finding[] {
  const found: Finding[] = [];
  const put = (what: FindingKind, says: string): void => {
    found.push({ kind: what, symbol: null, atMs: time, count: 1, says: `${says} at ${iso(time)}` });
  };
  if (before?.time === time) put('duplicate', 'a second rate');
  else if (before !== undefined && time < before.time) put('order', `a rate after that of ${iso(before.time)}`);
  if (!Number.isFinite(rate) || (kind === 'fx' && rate <= 0)) put('ohlc', `no rate: ${rate}`);
  return found;
}

function pausesIn(times: readonly EpochMs[], spans: readonly Span[], longestMs: number): readonly Finding[] {
  return spans.flatMap(({ fromMs, toMs }) => {
    // What is missing at an end of a span is missing too.
    const known = [fromMs, ...times.filter((time) => time >= fromMs && time < toMs), toMs];
    return known.slice(1).flatMap((after, index): readonly Finding[] => {
      const before = known[index] ?? after;
      if (after - before <= longestMs) return [];
      return [{ kind: 'gap', symbol: null, atMs: before, count: 1, says: `no rate between ${iso(before)} and ${iso(after)}` }];
    });
  });
}
