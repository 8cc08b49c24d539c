import type { Clock } from '../../kernel/clock.ts';
import { type EpochMs, iso } from '../../kernel/time.ts';
import type { Candle } from '../../market/price.ts';
import type { HistoryFiles } from './history-files.ts';
import { mergeRows } from './merge-rows.ts';
import { openParquet, type ParquetTable } from './read-parquet.ts';
import { partitionKey, partitionOf, partitionSpan, type Series, seriesKey, seriesOfKey } from './series.ts';
import { type Rows, TABLES, type Table, type TableName } from './tables.ts';
import { writeParquet } from './write-parquet.ts';

/** Rows for one series; the name of their table says of which form. */
export type Batch = {
  readonly [Name in TableName]: { readonly table: Name; readonly series: Series; readonly rows: readonly Rows[Name][] };
}[TableName];

export interface Stored {
  readonly added: number;
  readonly changed: number;
  readonly conflicts: number;
  readonly filesWritten: number;
}

/** A span of time, `toMs` exclusive. */
export interface Span {
  readonly fromMs: EpochMs;
  readonly toMs: EpochMs;
}

/** A file of the history as its key tells it. */
export interface PartitionFile {
  readonly key: string;
  readonly bytes: number;
  readonly series: Series;
  readonly partition: string;
}

export interface HistoryStore {
  readonly files: HistoryFiles;
  /** Adds rows to their files; files in which nothing changes are not touched. @throws HistoryError `bad_file` */
  readonly put: (batch: Batch) => Promise<Stored>;
  /** The files of the history, by key; those below a prefix of keys. */
  readonly partitions: (prefix?: string) => Promise<readonly PartitionFile[]>;
  /** Opens one file. @throws HistoryError `bad_file` */
  readonly open: <Name extends TableName>(table: Name, key: string) => Promise<ParquetTable<Rows[Name]> | null>;
  /** The bars of a series in a span, oldest first, a row group at a time. @throws HistoryError `bad_file` */
  readonly candles: (series: Series, span: Span) => AsyncGenerator<Candle>;
}

const NOTHING: Stored = { added: 0, changed: 0, conflicts: 0, filesWritten: 0 };

export const sumOf = (a: Stored, b: Stored): Stored => ({
  added: a.added + b.added,
  changed: a.changed + b.changed,
  conflicts: a.conflicts + b.conflicts,
  filesWritten: a.filesWritten + b.filesWritten,
});

/** The history over its files. One process at a time may write: a file is read, added to and replaced. */
export function createHistoryStore(files: HistoryFiles, clock: Pick<Clock, 'now'>): HistoryStore {
  async function open<Name extends TableName>(table: Name, key: string): Promise<ParquetTable<Rows[Name]> | null> {
    const file = await files.open(key);
    return file === null ? null : openParquet(TABLES[table] as Table<Rows[Name]>, file, key);
  }

  async function putRows<Name extends TableName>(name: Name, series: Series, rows: readonly Rows[Name][]): Promise<Stored> {
    const table = TABLES[name] as Table<Rows[Name]>;
    let sum = NOTHING;
    for (const [partition, own] of byPartition(table, series, rows)) {
      const key = partitionKey(series, partition);
      const file = await open(name, key);
      const merged = mergeRows(table, file === null ? [] : await allRows(file), own);
      const isChanged = merged.added + merged.changed > 0;
      if (isChanged) await files.write(key, writeParquet(table, merged.rows, aboutOf(series, merged.rows)));
      sum = sumOf(sum, { ...merged, filesWritten: isChanged ? 1 : 0 });
    }
    return sum;
  }

  const aboutOf = ({ venue, kind, symbol, timeframe }: Series, rows: readonly Rows[TableName][]) => ({
    venue,
    kind,
    symbol,
    timeframe,
    adjustment: 'raw' as const,
    sources: [...new Set(rows.map(({ source }) => source))].sort().join(','),
    created: iso(clock.now()),
  });

  async function partitions(prefix = ''): Promise<readonly PartitionFile[]> {
    return (await files.list(prefix)).flatMap(({ key, bytes }) => {
      const known = seriesOfKey(key);
      return known === null ? [] : { key, bytes, ...known };
    });
  }

  async function* candles(series: Series, span: Span): AsyncGenerator<Candle> {
    for (const { key, partition } of await partitions(`${seriesKey(series)}/`)) {
      const { fromMs, toMs } = partitionSpan(partition);
      if (toMs <= span.fromMs || fromMs >= span.toMs) continue;
      const file = await files.open(key);
      if (file !== null) yield* candlesOf(await openParquet(TABLES.bars, file, key), span);
    }
  }

  return { files, partitions, open, candles, put: (batch) => putRows(batch.table, batch.series, batch.rows) };
}

/** The bars of one file in a span, a row group at a time; groups outside of the span are not read. @throws HistoryError `bad_file` */
async function* candlesOf(file: ParquetTable<Rows['bars']>, span: Span): AsyncGenerator<Candle> {
  for (const group of file.groups) {
    const bounds = group.bounds.get('time');
    if (bounds !== undefined && (Number(bounds.greatest) < span.fromMs || Number(bounds.least) >= span.toMs)) continue;
    const [time, open, high, low, close, volume] = (await file.columns(group, ['time', 'open', 'high', 'low', 'close', 'volume'])) as Float64Array[];
    for (let i = 0; i < group.rows; i++) {
      const openMs = at(time, i);
      if (openMs < span.fromMs || openMs >= span.toMs) continue;
      yield { openMs, open: at(open, i), high: at(high, i), low: at(low, i), close: at(close, i), volume: at(volume, i) };
    }
  }
}

/** All bars of one file as they lie in it; none where there is no file. @throws HistoryError `bad_file` */
export async function* storedBars(store: HistoryStore, key: string): AsyncGenerator<Candle> {
  const file = await store.open('bars', key);
  if (file !== null) yield* candlesOf(file, { fromMs: Number.NEGATIVE_INFINITY, toMs: Number.POSITIVE_INFINITY });
}

const at = (values: Float64Array | undefined, index: number): number => values?.[index] ?? Number.NaN;

/** All rows of a file. @throws HistoryError `bad_file` */
export async function allRows<Row>(file: ParquetTable<Row>): Promise<readonly Row[]> {
  const rows: Row[] = [];
  for (const group of file.groups) for (const row of await file.read(group)) rows.push(row);
  return rows;
}

function byPartition<Row>(table: Table<Row>, series: Series, rows: readonly Row[]): ReadonlyMap<string, readonly Row[]> {
  const partitions = new Map<string, Row[]>();
  for (const row of rows) {
    const partition = partitionOf(series, table.atOf(row));
    const own = partitions.get(partition);
    if (own === undefined) partitions.set(partition, [row]);
    else own.push(row);
  }
  return new Map([...partitions].sort(([a], [b]) => (a < b ? -1 : 1)));
}
