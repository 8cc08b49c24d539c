import type { Clock } from '../../kernel/clock.ts';
import { iso } from '../../kernel/time.ts';
import { type Batch, type HistoryStore, type Stored, sumOf } from './history-store.ts';
import { type Parsed, rowsIn } from './inputs/parsed.ts';
import { type Coverage, coverageOf, type Receipt, type Receipts } from './receipts.ts';
import { partitionKey, partitionOf, type Series, seriesKey, seriesOfKey } from './series.ts';

/** Where an input comes from. */
export interface Origin {
  readonly name: string;
  readonly sha256: string;
  readonly bytes: number;
  /** What the input claims to know, where that is more than from its first row to its last. */
  readonly coverage?: readonly Coverage[];
}

export interface Intake {
  /** Whether an input was taken before, as it is now, and its files are still there. */
  readonly has: (name: string, sha256: string | null) => boolean;
  /** Takes what an input holds; written with the next flush. */
  readonly take: (origin: Origin, parsed: Parsed) => Promise<void>;
  /** Writes what was taken, then the receipts: an input without one is taken again. */
  readonly flush: () => Promise<void>;
  /** What was written so far. */
  readonly stored: () => Stored;
}

/** Rows held before they are written: files of the same partition are then written once and not once an input. */
const MOST_ROWS_HELD = 250_000;

/** @throws HistoryError `bad_file`, from `take` and `flush` */
export async function createIntake(store: HistoryStore, receipts: Receipts, clock: Pick<Clock, 'now'>): Promise<Intake> {
  const present = new Set((await store.partitions()).map(({ key }) => key));
  const held = new Map<string, Batch[]>();
  let waiting: Omit<Receipt, 'reader'>[] = [];
  let rowsHeld = 0;
  let stored: Stored = { added: 0, changed: 0, conflicts: 0, filesWritten: 0 };

  async function flush(): Promise<void> {
    for (const [key, batches] of held) {
      stored = sumOf(stored, await store.put(joined(batches)));
      // A flush that is broken off and repeated writes nothing twice: rows that are there change nothing.
      held.delete(key);
    }
    rowsHeld = 0;
    for (const receipt of waiting) {
      await receipts.put(receipt);
      for (const each of receipt.coverage) for (const key of edgesOf(each)) present.add(key);
    }
    waiting = [];
  }

  return {
    has(name, sha256) {
      const receipt = receipts.of(name);
      if (receipt === null || (sha256 !== null && receipt.sha256 !== sha256)) return false;
      return receipt.coverage.flatMap(edgesOf).every((key) => present.has(key));
    },
    async take({ name, sha256, bytes, coverage }, parsed) {
      for (const batch of parsed.batches) {
        if (batch.rows.length === 0) continue;
        const key = seriesKey(batch.series);
        held.set(key, [...(held.get(key) ?? []), batch]);
        rowsHeld += batch.rows.length;
      }
      const { refused, leftOut, notes } = parsed;
      waiting.push({
        name,
        sha256,
        bytes,
        taken: iso(clock.now()),
        rows: rowsIn(parsed),
        refused,
        leftOut,
        notes: [...notes],
        coverage: [...(coverage ?? parsed.batches.flatMap(coverageOf))],
      });
      if (rowsHeld >= MOST_ROWS_HELD) await flush();
    },
    flush,
    stored: () => stored,
  };
}

/** Batches of one series as one. */
function joined(batches: readonly Batch[]): Batch {
  const [first] = batches as [Batch, ...Batch[]];
  return { ...first, rows: batches.flatMap(({ rows }) => rows as readonly never[]) } as Batch;
}

/** The files that hold the first and the last rows of a span. */
function edgesOf({ series: key, fromMs, toMs }: Coverage): readonly string[] {
  const known = seriesOfKey(`${key}/2000.parquet`);
  if (known === null) return [];
  const series: Series = known.series;
  return [...new Set([fromMs, toMs - 1].map((ms) => partitionKey(series, partitionOf(series, ms))))];
}
