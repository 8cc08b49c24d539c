import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Golden, type GoldenPeriod, goldenFiles, goldenRuns } from '../../support/golden.ts';
import { NO_RECORDED_DATA } from '../../support/recorded-data.ts';
import { BASIS, CHAINS, LONG, SHARES, SHORT } from './periods.ts';

const FILES = { short: SHORT, shares: SHARES, chains: CHAINS, basis: BASIS, long: LONG } as const;

/** Plays a period and compares it with what is kept, or with `isWritten` keeps what it came to. @returns how many runs differ */
async function judge(name: string, period: GoldenPeriod, isWritten: boolean): Promise<number> {
  const path = join(import.meta.dirname, `${name}.json`);
  const { user: before } = process.cpuUsage();
  const runs = await goldenRuns(period);
  const cpuSeconds = (process.cpuUsage().user - before) / 1e6;
  const kept = isWritten || !existsSync(path) ? null : (JSON.parse(readFileSync(path, 'utf8')) as readonly Golden[]);
  if (kept === null) writeFileSync(path, `${JSON.stringify(runs, null, 2)}\n`);
  const isKept = (run: Golden): boolean => kept?.some((each) => JSON.stringify(each) === JSON.stringify(run)) === true;
  for (const run of runs) {
    const said = kept === null ? 'written' : isKept(run) ? 'as kept' : 'DIFFERS';
    const { strategy, decisions, trades, equity, hash } = run;
    console.log(`${said}  ${name} ${strategy}: ${decisions} decisions, ${trades} trades, equity ${equity}, ${hash.slice(0, 16)}`);
  }
  console.log(`         ${name}: ${cpuSeconds.toFixed(1)} s of CPU`);
  return kept === null ? 0 : runs.filter((run) => !isKept(run)).length;
}

/** Plays the golden periods, or those that are named; `--write` keeps what they come to. */
async function main(argv: readonly string[]): Promise<number> {
  if (Object.values(FILES).some((period) => goldenFiles(period).length === 0)) {
    console.error(`golden runs: ${NO_RECORDED_DATA}`);
    return 2;
  }
  const named = argv.filter((name) => name in FILES);
  let differing = 0;
  for (const [name, period] of Object.entries(FILES)) {
    if (named.length === 0 || named.includes(name)) differing += await judge(name, period, argv.includes('--write'));
  }
  return differing === 0 ? 0 : 1;
}

process.exitCode = await main(process.argv.slice(2));
