import { type FileMetaData, parquetMetadataAsync, parquetRead, type RowGroup, type SchemaElement } from 'hyparquet';
import { messageOf } from '../../kernel/errors.ts';
import { dateOfDay } from '../../market/ist.ts';
import { HistoryError } from './history-error.ts';
import type { ByteRanges } from './history-files.ts';
import { type About, aboutSchema, decimalsOf, PARSERS, readAsWhole } from './parquet-file.ts';
import type { Column, Table } from './tables.ts';

/** The values of one column, decoded: instants in ms, dates as text, absent values as null. */
export type Values = Float64Array | readonly (number | string | null)[];

/** Rows that are read together, with the least and the greatest value of the columns that tell them. */
export interface RowGroupFacts {
  readonly index: number;
  readonly firstRow: number;
  readonly rows: number;
  readonly bounds: ReadonlyMap<string, { readonly least: number | string; readonly greatest: number | string }>;
}

export interface ParquetTable<Row> {
  readonly about: About;
  readonly rows: number;
  readonly groups: readonly RowGroupFacts[];
  /** The named columns of a row group, in the order of the names. @throws HistoryError `bad_file` */
  readonly columns: (group: RowGroupFacts, names: readonly (keyof Row & string)[]) => Promise<readonly Values[]>;
  /** The rows of a row group. @throws HistoryError `bad_file` */
  readonly read: (group: RowGroupFacts) => Promise<readonly Row[]>;
}

/**
 * Opens a file of the history: its footer is read, nothing else. `name` is used in messages.
 * @throws HistoryError `bad_file` when it is no Parquet, is cut off, or lacks columns or metadata of the table
 */
export async function openParquet<Row>(table: Table<Row>, file: ByteRanges, name: string): Promise<ParquetTable<Row>> {
  const footer = await orBadFile(name, () => parquetMetadataAsync(file, { parsers: PARSERS }));
  const metadata = { ...footer, schema: footer.schema.map(readAsWhole) };
  const about = aboutSchema.safeParse(Object.fromEntries((metadata.key_value_metadata ?? []).map(({ key, value }) => [key, value])));
  if (!about.success)
    throw badFile(name, `its metadata is not that of the history: ${about.error.issues.map(({ path }) => path.join('.')).join(', ')}`);
  const elements = new Map(metadata.schema.slice(1).map((element) => [element.name, element]));
  for (const column of table.columns) {
    if (!elements.has(column.name)) throw badFile(name, `it has no column ${column.name}; it has ${[...elements.keys()].join(', ')}`);
  }
  const byName = new Map(table.columns.map((column) => [column.name as string, column]));

  async function columns(group: RowGroupFacts, names: readonly (keyof Row & string)[]): Promise<readonly Values[]> {
    const raw = await orBadFile(name, () => readChunks(file, metadata, group, names));
    return names.map((each) => decode(byName.get(each) as Column<Row>, elements.get(each) as SchemaElement, raw.get(each) ?? []));
  }

  async function read(group: RowGroupFacts): Promise<readonly Row[]> {
    const names = table.columns.map((column) => column.name);
    const values = await columns(group, names);
    const rows: Row[] = [];
    for (let i = 0; i < group.rows; i++) {
      const row: Record<string, unknown> = {};
      for (const [at, each] of names.entries()) row[each] = values[at]?.[i] ?? null;
      rows.push(row as Row);
    }
    return rows;
  }

  const kinds = new Map(table.columns.map((column) => [column.name as string, column.kind]));
  return { about: about.data, rows: Number(metadata.num_rows), groups: groupsOf(metadata, kinds), columns, read };
}

async function orBadFile<Result>(name: string, task: () => Promise<Result>): Promise<Result> {
  try {
    return await task();
  } catch (error) {
    throw error instanceof HistoryError ? error : badFile(name, messageOf(error), error);
  }
}

const badFile = (name: string, why: string, cause?: unknown): HistoryError =>
  new HistoryError('bad_file', `Cannot read ${name}: ${why}`, { name }, cause === undefined ? {} : { cause });

function groupsOf({ row_groups: groups }: FileMetaData, kinds: ReadonlyMap<string, Column<unknown>['kind']>): readonly RowGroupFacts[] {
  let firstRow = 0;
  return groups.map((group, index) => {
    const facts = { index, firstRow, rows: Number(group.num_rows), bounds: boundsOf(group, kinds) };
    firstRow += facts.rows;
    return facts;
  });
}

function boundsOf({ columns }: RowGroup, kinds: ReadonlyMap<string, Column<unknown>['kind']>): RowGroupFacts['bounds'] {
  const bounds = new Map<string, { least: number | string; greatest: number | string }>();
  for (const { meta_data: column } of columns) {
    const name = column?.path_in_schema[0] ?? '';
    const [least, greatest] = [column?.statistics?.min_value, column?.statistics?.max_value];
    if (typeof least === 'string' && typeof greatest === 'string') bounds.set(name, { least, greatest });
    if (typeof least !== 'number' || typeof greatest !== 'number') continue;
    bounds.set(name, kinds.get(name) === 'date' ? { least: dateOfDay(least), greatest: dateOfDay(greatest) } : { least, greatest });
  }
  return bounds;
}

type Raw = ArrayLike<number | bigint | string | null | undefined>;

async function readChunks(file: ByteRanges, metadata: FileMetaData, group: RowGroupFacts, names: readonly string[]): Promise<Map<string, Raw>> {
  const chunks = new Map<string, { readonly rowStart: number; readonly data: Raw }[]>();
  await parquetRead({
    file: { byteLength: file.byteLength, slice: file.slice },
    metadata,
    columns: [...names],
    rowStart: group.firstRow,
    rowEnd: group.firstRow + group.rows,
    parsers: PARSERS,
    onChunk: ({ columnName, columnData, rowStart }) => {
      chunks.set(columnName, [...(chunks.get(columnName) ?? []), { rowStart, data: columnData }]);
    },
  });
  return new Map([...chunks].map(([name, parts]) => [name, joined(parts)]));
}

/** A column of more than one page comes in pieces. */
function joined(parts: readonly { readonly rowStart: number; readonly data: Raw }[]): Raw {
  const [only, ...more] = parts;
  if (only !== undefined && more.length === 0) return only.data;
  return [...parts].sort((a, b) => a.rowStart - b.rowStart).flatMap(({ data }) => Array.from(data));
}

function decode<Row>({ kind, isOptional }: Column<Row>, element: SchemaElement, raw: Raw): Values {
  switch (kind) {
    case 'time':
      return Float64Array.from(raw as ArrayLike<number>);
    case 'date':
      return Array.from(raw as ArrayLike<number | null | undefined>, (day) => (day == null ? null : dateOfDay(day)));
    case 'text':
      return Array.from(raw as ArrayLike<string | null | undefined>, (text) => text ?? null);
    case 'number':
      return isOptional ? optionalNumbers(raw, decimalsOf(element)) : numbers(raw, decimalsOf(element));
  }
}

function numbers(raw: Raw, decimals: number | null): Float64Array {
  const factor = 10 ** (decimals ?? 0);
  const values = new Float64Array(raw.length);
  for (let i = 0; i < raw.length; i++) values[i] = Number(raw[i]) / factor;
  return values;
}

function optionalNumbers(raw: Raw, decimals: number | null): readonly (number | null)[] {
  const factor = 10 ** (decimals ?? 0);
  return Array.from(raw, (value) => (value == null ? null : Number(value) / factor));
}
