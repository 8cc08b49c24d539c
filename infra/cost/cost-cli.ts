import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { simulatedSource } from '../../shared/feeds/simulated-source.ts';
import { messageOf, NightdeskError } from '../../shared/kernel/errors.ts';
import { DAY_MS, HOUR_MS } from '../../shared/kernel/time.ts';
import type { Market } from '../../shared/market/instrument.ts';
import type { Usage } from '../../shared/store/metered-items.ts';
import { readConfigFile } from '../config/config-file.ts';
import type { Terminal } from '../local/ledger/subcommand.ts';
import { billPage } from './bill-page.ts';
import { configuredBill } from './configured-bill.ts';
import { measuredFunctions } from './measured-functions.ts';
import { type MeasuredRun, measuredRun } from './measured-run.ts';
import { type Measurement, type RowsOfKind, readMeasurement, type TableDay, writeMeasurement } from './measurement.ts';
import { memoryPage } from './memory-page.ts';
import { withBill } from './readme-bill.ts';

class CostCommandError extends NightdeskError<'bad_option' | 'not_measured'> {}

const README = fileURLToPath(new URL('../../README.md', import.meta.url));

const EXIT = { done: 0, failed: 1, badOption: 2 } as const;
/** A Tuesday on which NSE trades; a little before its opening. */
const START_MS = Date.parse('2026-10-06T00:00:00Z');
const IN_NSE_HOURS_MS = Date.parse('2026-10-06T04:00:00Z');
const LONGEST_HOURS = 168;
const FUNCTION_MINUTES = 24;
const SYMBOLS = { crypto: 6, both: 16 } as const;

const HELP = `Prints what a month on AWS costs: measured operations at list prices, for the symbols of nightdesk.config.json, and
for 6, 16, 50 and 500.

  npm run cost [-- options]

  --memory           what the scan would take and cost with each memory setting
  --measure          measure anew: every read and write of the tables over a virtual day by DynamoDB's rules, and the bundles
                     of the functions, cold and warm, over the embedded DynamoDB
  --write            put the bill into the README; with --measure also keep what was measured in infra/cost/measurement.json
  --hours N          with --measure: virtual hours, 1 to ${LONGEST_HOURS} (default 24); the result is told for a day
  --seed N           with --measure: seed of the market (default 1)
  --json             what was measured, as JSON
  --help             this page

Exit code 0: done. 1: it failed. 2: a bad option.`;

const SPEC = {
  memory: { type: 'boolean', default: false },
  measure: { type: 'boolean', default: false },
  write: { type: 'boolean', default: false },
  hours: { type: 'string', default: '24' },
  seed: { type: 'string', default: '1' },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const;

/** The cost command. Nothing outside this machine is asked. @returns the exit code */
export async function runCostCommand(argv: readonly string[], terminal: Terminal): Promise<number> {
  try {
    const options = readOptions(argv);
    if (options.help) {
      terminal.out(HELP);
      return EXIT.done;
    }
    const measured = options.measure ? await measure(options, argv) : readMeasurement();
    if (options.write) keep(measured);
    terminal.out(pageOf(measured, options, terminal));
    return EXIT.done;
  } catch (error) {
    terminal.err(messageOf(error));
    return error instanceof CostCommandError && error.code === 'bad_option' ? EXIT.badOption : EXIT.failed;
  }
}

/** What was asked for; the bill begins with that of the configuration of this checkout. */
function pageOf(measured: Measurement, { json, memory }: CostOptions, { env }: Terminal): string {
  if (json) return JSON.stringify(measured, null, 2);
  if (memory) return memoryPage(measured);
  const { deployment, from } = readConfigFile(env);
  return `${configuredBill(measured, deployment, from)}\n\n${billPage(measured)}`;
}

/** What was measured, and the page that is made of it where people read it. */
function keep(measured: Measurement): void {
  writeMeasurement(measured);
  writeFileSync(README, withBill(readFileSync(README, 'utf8'), billPage(measured)));
}

type CostOptions = ReturnType<typeof readOptions>;

/** @throws CostCommandError `bad_option` */
function readOptions(argv: readonly string[]) {
  const { hours, ...options } = parsed(argv);
  const count = Number(hours);
  if (!Number.isInteger(count) || count < 1 || count > LONGEST_HOURS) throw badOption(`--hours takes 1 to ${LONGEST_HOURS}, received ${hours}`);
  return { ...options, hours: count };
}

function parsed(argv: readonly string[]) {
  try {
    return parseArgs({ args: [...argv], options: SPEC, strict: true }).values;
  } catch (error) {
    throw badOption(messageOf(error), error);
  }
}

const badOption = (message: string, cause?: unknown): CostCommandError => new CostCommandError('bad_option', message, {}, { cause });

async function measure(options: CostOptions, argv: readonly string[]): Promise<Measurement> {
  const begunMs = Date.now();
  const functions = await measuredFunctions(IN_NSE_HOURS_MS, FUNCTION_MINUTES);
  const tables = { crypto: await tableDay(options, 'crypto'), both: await tableDay(options, 'both') };
  return {
    measuredOn: new Date(begunMs).toISOString().slice(0, 'YYYY-MM-DD'.length),
    host: hostOf(),
    command: `npm run cost -- ${argv.join(' ')}`,
    commit: execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim(),
    tables,
    functions,
  };
}

const hostOf = (): string =>
  `${cpus()[0]?.model ?? 'unknown cpu'}, ${cpus().length} cores, node ${process.version}, load ${loadavg()[0]?.toFixed(1)}`;

/** A day of the tables. @throws CostCommandError `not_measured` when the run had an error */
async function tableDay({ hours, seed }: CostOptions, which: keyof typeof SYMBOLS): Promise<TableDay> {
  const markets: readonly Market[] = which === 'both' ? ['CRYPTO', 'NSE'] : ['CRYPTO'];
  const run = await measuredRun({
    world: { scope: `simulated:${seed}`, evidence: 'simulated', markets },
    source: (clock) => simulatedSource({ clock, seed, markets }),
    startMs: START_MS,
    endMs: START_MS + hours * HOUR_MS,
    strategies: ['scalping', 'swing'],
    seed,
    log: (level, event, facts) => {
      if (level === 'error') throw new CostCommandError('not_measured', `${event} ${JSON.stringify(facts)}`);
    },
  });
  const day = (value: number): number => Math.round((value * DAY_MS) / (hours * HOUR_MS));
  return {
    symbols: SYMBOLS[which],
    fills: day(run.fills),
    scanReadUnits: scanUnits(run),
    feedLogBytes: day(run.feedLogBytes),
    rows: Object.fromEntries([...run.usage].map(([kind, usage]) => [kind, rowsOf(usage, day)])),
  };
}

const rowsOf = (usage: Usage, day: (value: number) => number): RowsOfKind => ({
  writes: day(usage.writes),
  writeUnits: day(usage.writeUnits),
  writtenBytes: day(usage.writtenBytes),
  reads: day(usage.reads),
  readUnits: day(usage.readUnits),
  readBytes: day(usage.readBytes),
});

function scanUnits({ scanReadUnits }: MeasuredRun): TableDay['scanReadUnits'] {
  const [cold = 0, ...warm] = scanReadUnits;
  const sorted = [...warm].sort((a, b) => a - b);
  return { cold, warmMedian: sorted[Math.floor(sorted.length / 2)] ?? 0, warmMost: sorted.at(-1) ?? 0 };
}
