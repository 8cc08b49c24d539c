import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Golden, goldenFiles, goldenRuns } from '../../support/golden.ts';
import { NO_RECORDED_DATA } from '../../support/recorded-data.ts';
import { BASIS, CHAINS, LONG, SHARES, SHORT } from './periods.ts';

const FILES = { short: SHORT, shares: SHARES, chains: CHAINS, basis: BASIS, long: LONG } as const;

/** Plays the golden periods and compares them with what is kept, or with --write keeps what they came to. */
async function main(argv: readonly string[]): Promise<number> {
  const absent = Object.values(FILES).some((period) => goldenFiles(period).length === 0);
  if (absent) {
    console.error(`golden runs: ${NO_RECORDED_DATA}`);
    return 2;
  }
  const named = argv.filter((name) => name in FILES);
  let differing = 0;
  for (const [name, period] of Object.entries(FILES)) {
    if (named.length > 0 && !named.includes(name)) continue;
    const path = join(import.meta.dirname, `${name}.json`);
    const { user: before } = process.cpuUsage();
    const runs = await goldenRuns(period);
    const cpuSeconds = (process.cpuUsage().user - before) / 1e6;
    const kept = argv.includes('--write') || !existsSync(path) ? null : (JSON.parse(readFileSync(path, 'utf8')) as readonly Golden[]);
    if (kept === null) writeFileSync(path, `${JSON.stringify(runs, null, 2)}\n`);
    for (const run of runs) {
      const isSame = kept === null || kept.some((each) => JSON.stringify(each) === JSON.stringify(run));
      if (!isSame) differing += 1;
      console.log(
        `${isSame ? (kept === null ? 'written' : 'as kept') : 'DIFFERS'}  ${name} ${run.strategy}: ${run.decisions} decisions, ${run.trades} trades, equity ${run.equity}, ${run.hash.slice(0, 16)}`,
      );
    }
    console.log(`         ${name}: ${cpuSeconds.toFixed(1)} s of CPU`);
  }
  return differing === 0 ? 0 : 1;
}

process.exitCode = await main(process.argv.slice(2));
