import { createHash } from 'node:crypto';
import * as z from 'zod';
import { DAY_MS } from '../../kernel/time.ts';
import { HistoryError } from './history-error.ts';
import { type HistoryFiles, readWhole } from './history-files.ts';
import type { Batch } from './history-store.ts';
import { SPAN_MS, seriesKey } from './series.ts';

/** Raised when a reader of files learns to read them better: what was taken by an older one is taken again. */
const READER = 1;

const counts = z.record(z.string(), z.int().nonnegative());

const coverage = z.strictObject({
  series: z.string(),
  /** Of a series that holds many symbols, the only one that the input tells; null: the whole market. */
  symbol: z.string().nullable(),
  fromMs: z.int(),
  toMs: z.int(),
});
/** A span for which an input claims to know a series: what is absent inside of it is a gap. */
export type Coverage = Readonly<z.infer<typeof coverage>>;

const receiptSchema = z.strictObject({
  /** The path or address of the input. */
  name: z.string(),
  sha256: z.string().length(64),
  bytes: z.int().nonnegative(),
  taken: z.iso.datetime(),
  reader: z.int(),
  rows: z.int().nonnegative(),
  refused: counts,
  leftOut: counts,
  notes: z.array(z.string()),
  coverage: z.array(coverage),
});
/** What says that an input is in the history: written after its rows are. */
export type Receipt = Readonly<z.infer<typeof receiptSchema>>;

const FOLDER = 'receipts/';

export const sha256 = (bytes: Uint8Array | string): string => createHash('sha256').update(bytes).digest('hex');

export interface Receipts {
  /** The receipt of an input, null when it was not taken, or by an older reader. */
  readonly of: (name: string) => Receipt | null;
  readonly all: () => readonly Receipt[];
  readonly put: (receipt: Omit<Receipt, 'reader'>) => Promise<void>;
}

/**
 * The receipts of a history, all in memory. One file each, so that no writer has to read what another wrote.
 * @throws HistoryError `bad_file`
 */
export async function openReceipts(files: HistoryFiles): Promise<Receipts> {
  const receipts = new Map<string, Receipt>();
  for (const { key } of await files.list(FOLDER)) {
    const receipt = await read(files, key);
    receipts.set(receipt.name, receipt);
  }
  return {
    of: (name) => {
      const receipt = receipts.get(name);
      return receipt?.reader === READER ? receipt : null;
    },
    all: () => [...receipts.values()],
    async put(receipt) {
      const whole = { ...receipt, reader: READER };
      await files.write(`${FOLDER}${sha256(receipt.name).slice(0, 32)}.json`, new TextEncoder().encode(`${JSON.stringify(whole, null, 1)}\n`));
      receipts.set(receipt.name, whole);
    },
  };
}

async function read(files: HistoryFiles, key: string): Promise<Receipt> {
  const text = new TextDecoder().decode((await readWhole(files, key)) ?? new Uint8Array());
  const parsed = receiptSchema.safeParse(jsonOf(text));
  if (!parsed.success) throw new HistoryError('bad_file', `${key} is no receipt: delete it, and its input is taken again`, { key });
  return parsed.data;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** What rows claim to know: from their first to their last, and of end-of-day rows of a whole market each of their days. */
export function coverageOf(batch: Batch): readonly Coverage[] {
  const series = seriesKey(batch.series);
  switch (batch.table) {
    case 'bars':
    case 'rates': {
      const times = batch.rows.map(({ time }) => time);
      if (times.length === 0) return [];
      const [first, last] = extremes(times);
      return [{ series, symbol: null, fromMs: first, toMs: last + SPAN_MS[batch.series.timeframe] }];
    }
    case 'equity-day':
    case 'derivative-day': {
      const symbols = new Set<string>(batch.rows.map(({ symbol }) => symbol));
      const days = [...new Set(batch.rows.map(({ date }) => date))].map((date) => Date.parse(`${date}T00:00:00Z`)).sort((a, b) => a - b);
      const [only] = symbols;
      const [first, last] = [days[0], days.at(-1)];
      if (only === undefined || first === undefined || last === undefined) return [];
      if (symbols.size === 1) return [{ series, symbol: only, fromMs: first, toMs: last + DAY_MS }];
      return days.map((fromMs) => ({ series, symbol: null, fromMs, toMs: fromMs + DAY_MS }));
    }
  }
}

function extremes(values: readonly number[]): readonly [least: number, greatest: number] {
  return values.reduce(([least, greatest], value) => [Math.min(least, value), Math.max(greatest, value)], [Infinity, -Infinity] as readonly [
    number,
    number,
  ]);
}
