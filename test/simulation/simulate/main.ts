import { parseArgs } from 'node:util';
import { digest } from '../../../shared/kernel/digest.ts';
import { messageOf } from '../../../shared/kernel/errors.ts';
import { FAULT_KINDS } from './faults.ts';
import { progressLine, wholeNumber } from './options.ts';
import { createSeedPool, jobsOf } from './seed-pool.ts';
import { toldAgain } from './told-run.ts';
import { runSeed, type SeedResult } from './world.ts';

const HELP = `npm run simulate -- [--seeds N] [--first F] [--workers W]
npm run simulate -- --seed S [--trace]

Runs the engine and the store over a table that fails, under a scheduler that draws everything from the seed: crashes, writes
without an answer, throttling, conflicts, torn and late reads, doubled and reordered messages, clock jumps, two writers. After
every write the invariants are looked at; when the faults end, everything must settle.
N seeds (default 2000) from F (default 1) on all cores, or the one seed S, with every step under --trace. Exit 1 when one fails.`;

const CHUNK = 10;

async function runMany(first: number, seeds: number, workers: number | undefined): Promise<number> {
  const startMs = Date.now();
  const cpu = process.cpuUsage();
  const pool = createSeedPool(workers);
  const progress = progressLine();
  const results: SeedResult[] = [];
  try {
    await pool.run(jobsOf(first, seeds, CHUNK, { variant: null, untilBroken: true, isObserved: false }), (report) => {
      results.push(...report.results);
      progress.tell(() => `${results.length} of ${seeds} seeds, ${Math.round((Date.now() - startMs) / 1_000)} s`);
      return report.results.every(({ problems }) => problems.length === 0);
    });
  } finally {
    progress.end();
    await pool.close();
  }
  results.sort((a, b) => a.seed - b.seed);
  const used = process.cpuUsage(cpu);
  const [failed] = results.filter(({ problems }) => problems.length > 0);
  for (const line of summary(results, Date.now() - startMs, (used.user + used.system) / 1_000)) console.log(line);
  if (failed === undefined) return 0;
  for (const line of await toldAgain(failed)) console.log(line);
  return 1;
}

function summary(results: readonly SeedResult[], wallMs: number, cpuMs: number): readonly string[] {
  const sum = (of: (result: SeedResult) => number): string => results.reduce((total, result) => total + of(result), 0).toLocaleString('en-US');
  const passed = results.filter(({ problems }) => problems.length === 0).length;
  return [
    `${passed} of ${results.length} seeds passed in ${(wallMs / 1_000).toFixed(1)} s, ${(cpuMs / results.length).toFixed(0)} ms of CPU time a seed`,
    `${sum(({ steps }) => steps)} steps; ${sum(({ sessions }) => sessions)} sessions, ${sum(({ rows }) => rows)} journal rows, ${sum(({ fills }) => fills)} fills, ${sum(({ fundings }) => fundings)} fundings, ${sum(({ trades }) => trades)} trades; ${sum(({ answered }) => answered)} requests answered, ${sum(({ acknowledged }) => acknowledged)} writes acknowledged`,
    `Injected: ${FAULT_KINDS.map((kind) => `${kind} ${sum(({ faults }) => faults[kind])}`).join(', ')}`,
    `Journals: ${digest(results.map(({ journal }) => journal))}`,
  ];
}

/** One seed, twice: the second time must be the first again. */
async function runOne(seed: number, hasTrace: boolean): Promise<number> {
  const trace = hasTrace ? (line: string): void => console.log(line) : null;
  const result = await runSeed(seed, { trace });
  if (result.problems.length > 0) {
    for (const line of await toldAgain(result)) console.log(line);
    return 1;
  }
  const again = await runSeed(seed);
  console.log(`Seed ${seed} passed: ${result.steps} steps, ${result.rows} journal rows, ${result.fills} fills; journals ${result.journal}`);
  if (again.journal === result.journal && again.steps === result.steps) return 0;
  console.log(`NOT REPRODUCED: run again it came to ${again.journal} in ${again.steps} steps`);
  return 1;
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      seeds: { type: 'string', default: '2000' },
      first: { type: 'string', default: '1' },
      seed: { type: 'string' },
      workers: { type: 'string' },
      trace: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    console.log(HELP);
    return 0;
  }
  if (values.seed !== undefined) return runOne(wholeNumber('seed', values.seed, 0), values.trace);
  const workers = values.workers === undefined ? undefined : wholeNumber('workers', values.workers, 1);
  return runMany(wholeNumber('first', values.first, 0), wholeNumber('seeds', values.seeds, 1), workers);
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(messageOf(error));
  process.exitCode = 1;
}
