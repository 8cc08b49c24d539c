import { parseArgs } from 'node:util';
import { AWS_PRICES } from '../../shared/config/aws-prices.ts';
import { simulatedSource } from '../../shared/feeds/simulated-source.ts';
import { messageOf, NightdeskError } from '../../shared/kernel/errors.ts';
import { DAY_MS, HOUR_MS, iso } from '../../shared/kernel/time.ts';
import type { Market } from '../../shared/market/instrument.ts';
import type { Usage } from '../../shared/store/metered-items.ts';
import type { Terminal } from './ledger/subcommand.ts';
import { type MeasuredRun, measuredRun } from './measured-run.ts';

class CostCommandError extends NightdeskError<'bad_option'> {}

const EXIT = { done: 0, failed: 1, badOption: 2 } as const;
/** A Tuesday on which NSE trades. */
const START_MS = Date.parse('2026-10-06T00:00:00Z');
const LONGEST_HOURS = 168;
const DAYS_A_MONTH = 730 / 24;

const HELP = `Runs the deployed system on a virtual clock over a simulated market, counts every read and write of its tables by
DynamoDB's rules, and prices them.

  npm run cost -- --measure [options]

  --measure          measure (the only thing it does so far)
  --hours N          virtual hours to run, 1 to ${LONGEST_HOURS} (default 24); the result is told for a day
  --markets LIST     crypto (six symbols) or both (sixteen, NSE in its hours); default crypto
  --seed N           seed of the market (default 1)
  --json             the result as JSON
  --help             this page

Exit code 0: measured. 1: the run failed. 2: a bad option.`;

const SPEC = {
  measure: { type: 'boolean', default: false },
  hours: { type: 'string', default: '24' },
  markets: { type: 'string', default: 'crypto' },
  seed: { type: 'string', default: '1' },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const;

interface CostOptions {
  readonly hours: number;
  readonly markets: readonly Market[];
  readonly seed: string;
  readonly json: boolean;
}

/** The cost command. Nothing outside this process is read or written. @returns the exit code */
export async function runCostCommand(argv: readonly string[], terminal: Terminal): Promise<number> {
  try {
    const options = readOptions(argv);
    if (options === null) {
      terminal.out(HELP);
      return EXIT.done;
    }
    const problems: string[] = [];
    const run = await measure(options, problems);
    for (const line of options.json ? [JSON.stringify(jsonOf(run, options), null, 2)] : linesOf(run, options)) terminal.out(line);
    for (const problem of problems.slice(0, 5)) terminal.err(problem);
    return problems.length === 0 ? EXIT.done : EXIT.failed;
  } catch (error) {
    terminal.err(messageOf(error));
    return error instanceof CostCommandError ? EXIT.badOption : EXIT.failed;
  }
}

/** Null when help was asked for. @throws CostCommandError `bad_option` */
function readOptions(argv: readonly string[]): CostOptions | null {
  const { measure, hours, markets, seed, json, help } = parsed(argv);
  if (help || !measure) return null;
  const count = Number(hours);
  if (!Number.isInteger(count) || count < 1 || count > LONGEST_HOURS) throw badOption(`--hours takes 1 to ${LONGEST_HOURS}, received ${hours}`);
  if (markets !== 'crypto' && markets !== 'both') throw badOption(`--markets takes crypto or both, received ${JSON.stringify(markets)}`);
  return { hours: count, markets: markets === 'both' ? ['CRYPTO', 'NSE'] : ['CRYPTO'], seed, json };
}

function parsed(argv: readonly string[]) {
  try {
    return parseArgs({ args: [...argv], options: SPEC, strict: true }).values;
  } catch (error) {
    throw badOption(messageOf(error), error);
  }
}

const badOption = (message: string, cause?: unknown): CostCommandError => new CostCommandError('bad_option', message, {}, { cause });

function measure({ hours, markets, seed }: CostOptions, problems: string[]): Promise<MeasuredRun> {
  return measuredRun({
    world: { scope: `simulated:${seed}`, evidence: 'simulated', markets },
    source: (clock) => simulatedSource({ clock, seed, markets }),
    startMs: START_MS,
    endMs: START_MS + hours * HOUR_MS,
    strategies: ['scalping', 'swing'],
    seed,
    log: (level, event, facts) => void (level === 'error' ? problems.push(`${event} ${JSON.stringify(facts)}`) : undefined),
  });
}

const aDay = (value: number, hours: number): number => Math.round((value * DAY_MS) / (hours * HOUR_MS));

/** US dollars a month at a region's price. */
function monthly(
  { writeUnits, readUnits }: Usage,
  hours: number,
): readonly { readonly region: string; readonly usd: number; readonly source: string }[] {
  return AWS_PRICES.map(({ region, source, ...price }) => {
    const perDay =
      (aDay(writeUnits, hours) * Number(price.writeRequestUnitsPerMillionUsd) +
        aDay(readUnits, hours) * Number(price.readRequestUnitsPerMillionUsd)) /
      1e6;
    return { region, usd: perDay * DAYS_A_MONTH, source };
  });
}

function scanUnits({ scanReadUnits }: MeasuredRun): { readonly cold: number; readonly warmMedian: number; readonly warmMost: number } {
  const [cold = 0, ...warm] = scanReadUnits;
  const sorted = [...warm].sort((a, b) => a - b);
  return { cold, warmMedian: sorted[Math.floor(sorted.length / 2)] ?? 0, warmMost: sorted.at(-1) ?? 0 };
}

const jsonOf = (run: MeasuredRun, { hours, markets, seed }: CostOptions) => ({
  hours,
  markets,
  seed,
  unitsADay: { write: aDay(run.total.writeUnits, hours), read: aDay(run.total.readUnits, hours) },
  byKind: Object.fromEntries(run.usage),
  firstStart: run.start,
  scan: scanUnits(run),
  fills: run.fills,
  usdAMonth: monthly(run.total, hours),
});

function linesOf(run: MeasuredRun, { hours, markets, seed }: CostOptions): readonly string[] {
  const { cold, warmMedian, warmMost } = scanUnits(run);
  const marketUnits = [...run.usage].filter(([kind]) => kind.startsWith('market')).reduce((total, [, usage]) => total + usage.writeUnits, 0);
  return [
    `${hours} virtual hours from ${iso(START_MS)}, ${markets.join(' and ')}, seed ${seed}, ${run.fills} fills; units a day:`,
    '',
    `${'rows'.padEnd(18)}${'writes'.padStart(10)}${'write units'.padStart(14)}${'reads'.padStart(10)}${'read units'.padStart(14)}`,
    ...[...run.usage].map(([kind, usage]) => row(kind, usage, hours)),
    row('all', run.total, hours),
    '',
    `Prices, bars and ticks: ${aDay(marketUnits, hours)} write units a day`,
    `A scan: ${warmMedian} read units when warm (at most ${warmMost}), ${cold} when cold`,
    `History at the first start: ${run.start.writeUnits} write units, once`,
    ...monthly(run.total, hours).map(({ region, usd, source }) => `Tables in ${region}: $${usd.toFixed(2)} a month (${source})`),
  ];
}

const row = (kind: string, { writes, writeUnits, reads, readUnits }: Usage, hours: number): string =>
  kind.padEnd(18) +
  [writes, writeUnits].map((value, index) => String(aDay(value, hours)).padStart(index === 0 ? 10 : 14)).join('') +
  [reads, readUnits].map((value, index) => String(aDay(value, hours)).padStart(index === 0 ? 10 : 14)).join('');
