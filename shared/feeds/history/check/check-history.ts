import { messageOf } from '../../../kernel/errors.ts';
import { HistoryError } from '../history-error.ts';
import type { HistoryStore, PartitionFile } from '../history-store.ts';
import type { Coverage, Receipts } from '../receipts.ts';
import { type Series, seriesKey, seriesOfKey, tableNameOf } from '../series.ts';
import { type Checked, checkBars } from './check-bars.ts';
import { checkDays } from './check-days.ts';
import { checkRates } from './check-rates.ts';
import { bridged } from './coverage.ts';
import { isViolation } from './finding.ts';

export interface SeriesCheck extends Checked {
  /** `binance/spot/BTCUSDT/1m` */
  readonly series: string;
  readonly isClean: boolean;
}

/**
 * Checks every series of the history, or those whose keys begin with the prefix. A series whose inputs are on record but whose
 * files are gone is checked too: all of it is missing.
 * @param onSeries  called before each series
 */
export async function checkHistory(
  store: HistoryStore,
  receipts: Receipts,
  prefix = '',
  onSeries: (done: number, of: number, name: string) => void = () => undefined,
): Promise<readonly SeriesCheck[]> {
  const files = new Map<string, PartitionFile[]>();
  const coverage = new Map<string, Coverage[]>();
  for (const { coverage: claims } of receipts.all()) {
    for (const claim of claims) if (claim.series.startsWith(prefix)) coverage.set(claim.series, [...(coverage.get(claim.series) ?? []), claim]);
  }
  for (const file of await store.partitions(prefix)) {
    const key = seriesKey(file.series);
    files.set(key, [...(files.get(key) ?? []), file]);
  }
  const keys = [...new Set([...files.keys(), ...coverage.keys()])].sort();
  const checks: SeriesCheck[] = [];
  for (const [index, key] of keys.entries()) {
    onSeries(index, keys.length, key);
    const series = seriesOfKey(`${key}/2000.parquet`)?.series;
    if (series === undefined) continue;
    const checked = await checkSeries(store, series, files.get(key) ?? [], coverage.get(key) ?? []);
    checks.push({ series: key, ...checked, isClean: !checked.findings.some(isViolation) });
  }
  onSeries(keys.length, keys.length, '');
  return checks;
}

async function checkSeries(store: HistoryStore, series: Series, files: readonly PartitionFile[], coverage: readonly Coverage[]): Promise<Checked> {
  const table = tableNameOf(series);
  try {
    switch (table) {
      case 'bars':
        return await checkBars(store, series, files, bridged(coverage));
      case 'rates':
        return await checkRates(store, series, files, bridged(coverage));
      case 'equity-day':
      case 'derivative-day':
        return await checkDays(store, table, files, coverage);
    }
  } catch (error) {
    if (!(error instanceof HistoryError)) throw error;
    return {
      rows: 0,
      firstMs: null,
      lastMs: null,
      findings: [{ kind: 'unreadable', symbol: null, atMs: null, count: 1, says: messageOf(error) }],
      limits: null,
    };
  }
}
