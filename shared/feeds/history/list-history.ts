import type { EpochMs } from '../../kernel/time.ts';
import type { HistoryStore, PartitionFile } from './history-store.ts';
import type { ParquetTable } from './read-parquet.ts';
import { seriesKey, tableNameOf } from './series.ts';

export interface SeriesListing {
  /** `binance/spot/BTCUSDT/1m` */
  readonly series: string;
  readonly symbol: string;
  readonly timeframe: string;
  /** Start of the first and of the last row; midnight UTC of the trading date for end-of-day rows. */
  readonly firstMs: EpochMs | null;
  readonly lastMs: EpochMs | null;
  readonly rows: number;
  readonly files: number;
  readonly bytes: number;
  readonly sources: readonly string[];
}

/** What the history holds, by series; only the footers of files are read. @throws HistoryError `bad_file` */
export async function listHistory(store: HistoryStore, prefix = ''): Promise<readonly SeriesListing[]> {
  const bySeries = new Map<string, PartitionFile[]>();
  for (const file of await store.partitions(prefix)) {
    const key = seriesKey(file.series);
    bySeries.set(key, [...(bySeries.get(key) ?? []), file]);
  }
  const listings: SeriesListing[] = [];
  for (const [series, files] of bySeries) listings.push(await listingOf(store, series, files));
  return listings;
}

async function listingOf(store: HistoryStore, name: string, files: readonly PartitionFile[]): Promise<SeriesListing> {
  const sources = new Set<string>();
  const instants: EpochMs[] = [];
  let rows = 0;
  for (const { key, series } of files) {
    const file: ParquetTable<unknown> | null = await store.open(tableNameOf(series), key);
    if (file === null) continue;
    rows += file.rows;
    for (const source of file.about.sources.split(',')) sources.add(source);
    for (const { bounds } of file.groups) {
      const bound = bounds.get('time') ?? bounds.get('date');
      if (bound !== undefined) instants.push(instantOf(bound.least), instantOf(bound.greatest));
    }
  }
  const { symbol = '', timeframe = '' } = files[0]?.series ?? {};
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  const extent = { firstMs: instants.length === 0 ? null : Math.min(...instants), lastMs: instants.length === 0 ? null : Math.max(...instants) };
  return { series: name, symbol, timeframe, ...extent, rows, files: files.length, bytes, sources: [...sources].sort() };
}

const instantOf = (bound: number | string): EpochMs => (typeof bound === 'number' ? bound : Date.parse(`${bound}T00:00:00Z`));
