import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { messageOf } from '../../shared/kernel/errors.ts';
import { hostLine } from '../bench/figures.ts';
import { linesOf } from './order-soak/figures.ts';
import { drawKills } from './order-soak/kills.ts';
import { runOrderSoak } from './order-soak/soak.ts';

const HELP = `npm run soak:orders -- [--kills N] [--seed S] [--port P] [--state DIR]

Runs the real program on its embedded store, on the simulated market at 60 times real time, and trades through its API: orders of
every kind, cancellations, closes and changed brackets, each under an id. Kills it N times (default 200) with signal 9 at moments
drawn from the seed (default 1), also while a request is under way and while it starts, now and then its store too or alone, and
starts it again with the same command: at once, or with a gap of minutes that no feed heard. What has no answer is asked again.
After every start: all that was acknowledged is there, once, and as it was said; books and journal agree; what rests is there, and
was met by what was traded meanwhile. Exit 0 when no fault was found, else 1. Port: 6161. State: a temporary folder, kept on faults.`;

const LAST_LIFE_MS = 6_000;

interface Asked {
  readonly kills: number;
  readonly seed: string;
  readonly port: number;
  readonly stateDir: string | null;
}

function readOptions(): Asked | null {
  const { values } = parseArgs({
    options: {
      kills: { type: 'string', default: '200' },
      seed: { type: 'string', default: '1' },
      port: { type: 'string', default: '6161' },
      state: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return null;
  const [kills, port] = [Number(values.kills), Number(values.port)];
  if (!Number.isInteger(kills) || kills < 1) throw new TypeError(`--kills takes a whole number from 1, received ${values.kills}`);
  if (!Number.isInteger(port) || port < 1 || port > 65_535) throw new TypeError(`--port takes 1 to 65535, received ${values.port}`);
  return { kills, port, seed: values.seed, stateDir: values.state ?? null };
}

async function main(): Promise<number> {
  const options = readOptions();
  if (options === null) {
    console.log(HELP);
    return 0;
  }
  const folder = options.stateDir === null ? mkdtempSync(join(tmpdir(), 'nightdesk-orders-')) : null;
  const stateDir = options.stateDir ?? join(folder ?? '', 'state');
  console.log(`${hostLine()}\nnpm run soak:orders -- --kills ${options.kills} --seed ${options.seed}\n`);
  const began = performance.now();
  const { faults, figures } = await runOrderSoak({
    ...options,
    kills: drawKills(options.kills, options.seed),
    stateDir,
    lastLifeMs: LAST_LIFE_MS,
    tell: (line) => console.log(line),
  });
  console.log(`\n${linesOf(figures).join('\n')}\nwall time      ${((performance.now() - began) / 60_000).toFixed(1)} minutes`);
  if (faults.length === 0) {
    console.log(`Nothing acknowledged was lost, nothing was doubled (seed ${options.seed})`);
    if (folder !== null) rmSync(folder, { recursive: true, force: true });
    return 0;
  }
  for (const fault of faults) console.log(`FAULT ${fault}`);
  console.log(`${faults.length} faults (seed ${options.seed}); the state is kept in ${stateDir}`);
  return 1;
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(error instanceof Error ? (error.stack ?? error.message) : messageOf(error));
  process.exitCode = 1;
}
