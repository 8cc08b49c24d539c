import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type * as z from 'zod';
import { type Trade, tradeSchema } from '../../../shared/contracts/fill.ts';
import { type JournalRow, journalRowSchema } from '../../../shared/contracts/journal.ts';
import type { BacktestListener } from '../../../shared/engine/backtest/books.ts';
import { recordedLines } from '../../../shared/feeds/replay/recorded-lines.ts';
import { canonicalJson } from '../../../shared/kernel/canonical-json.ts';
import { journalLine } from '../../../shared/ledger/export/journal-line.ts';
import { createLineFile } from './line-file.ts';

/** What a run writes, a file each, a line of JSON for each thing: see docs/backtest-files.md. */
const NAMES = { journal: 'journal.jsonl', trades: 'trades.jsonl', decisions: 'decisions.jsonl' } as const;

/** The files of a run in a folder. */
export interface RunFiles {
  readonly listener: BacktestListener;
  /** Ends the files. @returns the SHA-256 of the decisions, hex */
  readonly close: () => { readonly decisionsHash: string };
  readonly rows: () => AsyncIterable<JournalRow>;
  readonly trades: () => AsyncIterable<Trade>;
}

/** Begins the files in a folder, which is made; those of another run there are replaced. */
export function createRunFiles(folder: string): RunFiles {
  mkdirSync(folder, { recursive: true });
  const paths = { journal: join(folder, NAMES.journal), trades: join(folder, NAMES.trades), decisions: join(folder, NAMES.decisions) };
  const [journal, trades, decisions] = [createLineFile(paths.journal), createLineFile(paths.trades), createLineFile(paths.decisions)];
  return {
    listener: {
      row: (row) => journal.write(journalLine(row)),
      trade: (trade) => trades.write(canonicalJson(trade)),
      scan: ({ id, minuteMs, decisions: considered }) => {
        for (const decision of considered) decisions.write(canonicalJson({ ...decision, scanId: id, minuteMs }));
      },
    },
    close: () => {
      journal.close();
      trades.close();
      return { decisionsHash: decisions.close() };
    },
    rows: () => valuesOf(paths.journal, journalRowSchema),
    trades: () => valuesOf(paths.trades, tradeSchema),
  };
}

async function* valuesOf<Schema extends z.ZodType>(path: string, schema: Schema): AsyncGenerator<z.infer<Schema>> {
  for await (const lines of recordedLines(path)) for (const line of lines) if (line !== '') yield schema.parse(JSON.parse(line));
}
