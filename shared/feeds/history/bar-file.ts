import { messageOf } from '../../kernel/errors.ts';
import type { EpochMs } from '../../kernel/time.ts';
import type { Candle } from '../../market/price.ts';
import { RecordedDataError } from '../replay/recorded-data-error.ts';
import { fileRanges } from './directory-files.ts';
import { openParquet, type ParquetTable, type RowGroupFacts } from './read-parquet.ts';
import { type BarRow, TABLES } from './tables.ts';

/** Reads the bars of a file one at a time, asking for the next row group only when the last one is used up. */
export interface BarCursor {
  /** The next bar if it is in memory; null when `more` must be awaited first. */
  next(): Candle | null;
  /** Loads the next row group; false at the end of the file. */
  more(): Promise<boolean>;
  close(): Promise<void>;
}

const PRICES = ['time', 'open', 'high', 'low', 'close', 'volume'] as const;

/**
 * The bars of a file of the history from an instant on; row groups before it are not read.
 * @throws RecordedDataError `unreadable`, from `more`
 */
export function barCursor(path: string, fromMs: EpochMs): BarCursor {
  let groups: Promise<{ readonly file: ParquetTable<BarRow>; readonly waiting: RowGroupFacts[] }> | null = null;
  let columns: readonly Float64Array[] = [];
  let rows = 0;
  let at = 0;
  return {
    next() {
      while (at < rows) {
        const candle = candleAt(columns, at++);
        if (candle.openMs >= fromMs) return candle;
      }
      return null;
    },
    async more() {
      groups ??= open(path).then((file) => ({
        file,
        waiting: file.groups.filter(({ bounds }) => Number(bounds.get('time')?.greatest ?? fromMs) >= fromMs),
      }));
      const { file, waiting } = await groups;
      const group = waiting.shift();
      if (group === undefined) return false;
      columns = (await orUnreadable(path, () => file.columns(group, PRICES))) as readonly Float64Array[];
      rows = group.rows;
      at = 0;
      return true;
    },
    close: async () => undefined,
  };
}

/** Open times of the first and the last bar of a file, from its footer; null for a file without bars. @throws RecordedDataError `unreadable` */
export async function barFileExtent(path: string): Promise<{ readonly firstMs: EpochMs; readonly lastMs: EpochMs } | null> {
  const bounds = (await open(path)).groups.flatMap((group) => group.bounds.get('time') ?? []);
  if (bounds.length === 0) return null;
  return { firstMs: Math.min(...bounds.map(({ least }) => Number(least))), lastMs: Math.max(...bounds.map(({ greatest }) => Number(greatest))) };
}

const open = (path: string): Promise<ParquetTable<BarRow>> => orUnreadable(path, async () => openParquet(TABLES.bars, await fileRanges(path), path));

async function orUnreadable<Result>(path: string, task: () => Promise<Result>): Promise<Result> {
  try {
    return await task();
  } catch (error) {
    throw new RecordedDataError('unreadable', messageOf(error), { path }, { cause: error });
  }
}

function candleAt([times, opens, highs, lows, closes, volumes]: readonly Float64Array[], index: number): Candle {
  const at = (column: Float64Array | undefined): number => column?.[index] ?? Number.NaN;
  return { openMs: at(times), open: at(opens), high: at(highs), low: at(lows), close: at(closes), volume: at(volumes) };
}
