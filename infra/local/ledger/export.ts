import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { JournalRow } from '../../../shared/contracts/journal.ts';
import { beancountLines } from '../../../shared/ledger/export/beancount.ts';
import { daysCsv, fillsCsv, postingsCsv, tradesCsv } from '../../../shared/ledger/export/csv.ts';
import { journalLine } from '../../../shared/ledger/export/journal-line.ts';
import { badOption, EXIT, type GivenOptions, type LedgerTask, type Subcommand, sessionsAsked } from './subcommand.ts';

interface ExportFile {
  readonly name: string;
  readonly lines: (rows: readonly JournalRow[]) => Iterable<string>;
}

interface Format {
  /** What is written without a folder. */
  readonly main: ExportFile;
  readonly beside: readonly ExportFile[];
}

const FORMATS: ReadonlyMap<string, Format> = new Map([
  [
    'csv',
    {
      main: { name: 'journal.csv', lines: postingsCsv },
      beside: [
        { name: 'fills.csv', lines: fillsCsv },
        { name: 'trades.csv', lines: tradesCsv },
        { name: 'days.csv', lines: daysCsv },
      ],
    },
  ],
  ['jsonl', { main: { name: 'journal.jsonl', lines: (rows) => rows.map(journalLine) }, beside: [] }],
  ['beancount', { main: { name: 'ledger.beancount', lines: beancountLines }, beside: [] }],
]);

/** `export` is a word of the language. */
export const exportJournal: Subcommand = {
  name: 'export',
  help: `export: writes the journal of a session for other programs.
  --format csv         a line a posting; with --out also fills.csv, trades.csv and days.csv
  --format jsonl       a journal row a line, whose hashes can be checked by whoever has it
  --format beancount   a ledger that bean-check accepts
  --out DIR            into files of that folder (otherwise to the terminal: npm run --silent keeps it clean)`,
  options: { format: { type: 'string' }, out: { type: 'string' } },
  check: (options) => {
    formatOf(options);
  },
  run: async (task) => {
    const rows = await rowsAsked(task);
    const { main, beside } = formatOf(task.options);
    const { out } = task.options;
    if (typeof out === 'string') for (const file of [main, ...beside]) task.terminal.out(write(out, file, rows));
    else for (const line of main.lines(rows)) task.terminal.out(line);
    return EXIT.sound;
  },
};

function formatOf({ format }: GivenOptions): Format {
  const found = FORMATS.get(String(format));
  if (found === undefined) throw badOption(`export takes --format ${[...FORMATS.keys()].join('|')}; received ${JSON.stringify(format ?? null)}`);
  return found;
}

/** Journal rows only ever come behind those that are there: what was read is a whole journal, also while the session trades. */
async function rowsAsked(task: LedgerTask): Promise<readonly JournalRow[]> {
  const [sessionId] = await sessionsAsked(task);
  const rows: JournalRow[] = [];
  for await (const row of task.ledger.rows(sessionId, 0)) rows.push(row);
  return rows;
}

/** Writes a file whole, or not at all when the journal contradicts itself. @returns what is said of it */
function write(folder: string, { name, lines }: ExportFile, rows: readonly JournalRow[]): string {
  const written = [...lines(rows)];
  mkdirSync(folder, { recursive: true });
  const path = join(folder, name);
  writeFileSync(path, `${written.join('\n')}\n`);
  return `${path}: ${written.length} lines`;
}
