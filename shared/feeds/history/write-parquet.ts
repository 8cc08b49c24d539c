import type { SchemaElement } from 'hyparquet';
import { type ColumnSource, parquetWriteBuffer } from 'hyparquet-writer';
import { dayOfDate } from '../../market/ist.ts';
import { exactDecimals, wholeOf } from './decimal-scale.ts';
import type { About } from './parquet-file.ts';
import type { Column, Table } from './tables.ts';

interface Encoded {
  readonly element: SchemaElement;
  readonly column: ColumnSource;
}

type Cell = number | string | null;

const MOST_IN_32_BITS = 999_999_999n;
const PRECISION = { INT32: 9, INT64: 18 } as const;

/**
 * Rows as a Parquet file: decimals as scaled whole numbers, each column packed as differences; texts as a dictionary.
 * The rows must be in the order of the table. The same rows and metadata give the same bytes.
 */
export function writeParquet<Row>(table: Table<Row>, rows: readonly Row[], about: About): Uint8Array {
  const encoded = table.columns.map((column) =>
    encode(
      column,
      rows.map((row) => row[column.name] as Cell),
    ),
  );
  return new Uint8Array(
    parquetWriteBuffer({
      columnData: encoded.map(({ column }) => column),
      schema: [{ name: 'root', num_children: encoded.length }, ...encoded.map(({ element }) => element)],
      codec: table.isCompressed ? 'SNAPPY' : 'UNCOMPRESSED',
      rowGroupSize: table.rowGroupRows,
      kvMetadata: Object.entries(about).map(([key, value]) => ({ key, value })),
      createdBy: 'nightdesk history (hyparquet-writer)',
    }),
  );
}

function encode<Row>(column: Column<Row>, cells: readonly Cell[]): Encoded {
  switch (column.kind) {
    case 'time':
      return encodeTimes(column, cells as readonly number[]);
    case 'date':
      return encodeDates(column, cells as readonly (string | null)[]);
    case 'text':
      return encodeTexts(column, cells as readonly (string | null)[]);
    case 'number':
      return encodeNumbers(column, cells as readonly (number | null)[]);
  }
}

const repetition = ({ isOptional }: Pick<Column<unknown>, 'isOptional'>) => (isOptional ? 'OPTIONAL' : 'REQUIRED');

function encodeTimes<Row>({ name, isOptional }: Column<Row>, cells: readonly number[]): Encoded {
  return {
    element: {
      name,
      type: 'INT64',
      repetition_type: repetition({ isOptional }),
      logical_type: { type: 'TIMESTAMP', isAdjustedToUTC: true, unit: 'MILLIS' },
    },
    column: { name, data: BigInt64Array.from(cells, BigInt), encoding: 'DELTA_BINARY_PACKED', statistics: true },
  };
}

function encodeDates<Row>({ name, isOptional }: Column<Row>, cells: readonly (string | null)[]): Encoded {
  return {
    element: { name, type: 'INT32', repetition_type: repetition({ isOptional }), converted_type: 'DATE', logical_type: { type: 'DATE' } },
    column: { name, data: cells.map((date) => (date === null ? null : dayOfDate(date))), encoding: 'DELTA_BINARY_PACKED', statistics: true },
  };
}

function encodeTexts<Row>({ name, isOptional }: Column<Row>, cells: readonly (string | null)[]): Encoded {
  return {
    element: { name, type: 'BYTE_ARRAY', repetition_type: repetition({ isOptional }), converted_type: 'UTF8', logical_type: { type: 'STRING' } },
    column: { name, data: [...cells], encoding: 'RLE_DICTIONARY', codec: 'SNAPPY', statistics: true },
  };
}

function encodeNumbers<Row>({ name, isOptional }: Column<Row>, cells: readonly (number | null)[]): Encoded {
  const scale = exactDecimals(cells);
  const repetition_type = repetition({ isOptional });
  if (scale === null) {
    const data = isOptional ? [...cells] : Float64Array.from(cells as readonly number[]);
    return { element: { name, type: 'DOUBLE', repetition_type }, column: { name, data, encoding: 'PLAIN', codec: 'SNAPPY', statistics: false } };
  }
  const factor = 10 ** scale;
  // The writer takes whole numbers as scaled already when they are bigints, and would scale numbers once more.
  const wholes = cells.map((value) => (value === null ? null : BigInt(wholeOf(value, factor) ?? Number.NaN)));
  const type = wholes.every((whole) => whole === null || (whole <= MOST_IN_32_BITS && whole >= -MOST_IN_32_BITS)) ? 'INT32' : 'INT64';
  const precision = PRECISION[type];
  const decimal = { scale, precision, converted_type: 'DECIMAL', logical_type: { type: 'DECIMAL', scale, precision } } as const;
  return {
    element: { name, type, repetition_type, ...decimal },
    column: { name, data: wholes, encoding: 'DELTA_BINARY_PACKED', statistics: false },
  };
}
