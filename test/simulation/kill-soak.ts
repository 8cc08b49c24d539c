import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { messageOf } from '../../shared/kernel/errors.ts';
import { DAY_MS, HOUR_MS, iso } from '../../shared/kernel/time.ts';
import { writeGeneratedFrames } from '../support/generated-frames.ts';
import { writeGeneratedKlines } from '../support/generated-klines.ts';
import { type Replay, readBooks, runKilled, runReplay } from './killed-replay.ts';

const HELP = `npm run soak:kill -- [--kills N] [--seed S] [--hours H] [--data PATH]... [--at ISO] [--until ISO]
                     [--frames] [--gently] [--keep]

Replays H hours (default 6) of generated klines, or the data named, once without a kill and once with N (default 10)
kill -9 at moments drawn from the seed (default 1), each followed by a start with the same command. The journal's hash,
the summary and everything told must be the same, and the ledger sound after every kill. Exit 0 when they are, else 1.
--frames generates recorded stream frames instead of klines. --gently stops by SIGTERM instead: the program may clean up.
--keep leaves the state folders where they are.`;

const START_MS = Date.parse('2023-04-17T00:00:00Z');
const WARM_UP_MS = 3 * DAY_MS;

interface SoakOptions {
  readonly kills: number;
  readonly seed: string;
  readonly hours: number;
  readonly data: readonly string[];
  readonly at: string | null;
  readonly until: string | null;
  readonly frames: boolean;
  readonly gently: boolean;
  readonly keep: boolean;
}

function readSoakOptions(): SoakOptions | null {
  const { values } = parseArgs({
    options: {
      kills: { type: 'string', default: '10' },
      seed: { type: 'string', default: '1' },
      hours: { type: 'string', default: '6' },
      data: { type: 'string', multiple: true, default: [] as string[] },
      at: { type: 'string' },
      until: { type: 'string' },
      frames: { type: 'boolean', default: false },
      gently: { type: 'boolean', default: false },
      keep: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return null;
  const [kills, hours] = [Number(values.kills), Number(values.hours)];
  if (!Number.isInteger(kills) || kills < 1) throw new TypeError(`--kills takes a whole number from 1, received ${values.kills}`);
  if (!(hours > 0)) throw new TypeError(`--hours takes a number above 0, received ${values.hours}`);
  const { seed, data, at = null, until = null, frames, gently, keep } = values;
  return { kills, hours, seed, data, at, until, frames, gently, keep };
}

function replayOf({ data, hours, at, until, seed, frames }: SoakOptions, folder: string): Replay {
  const common = ['--feed', 'replay', '--speed', 'max', '--session', 'scalping,swing'];
  if (data.length > 0) {
    const bounds = [...(at === null ? [] : ['--at', at]), ...(until === null ? [] : ['--until', until])];
    return { options: [...common, ...data.flatMap((path) => ['--data', path]), ...bounds] };
  }
  const untilMs = START_MS + hours * HOUR_MS;
  const generated = join(folder, 'klines');
  writeGeneratedKlines(generated, { seed, fromMs: START_MS - WARM_UP_MS, toMs: frames ? START_MS : untilMs });
  if (frames) {
    const paths = writeGeneratedFrames(generated, { seed, fromMs: START_MS, toMs: untilMs });
    return { options: [...common, ...paths.flatMap((path) => ['--data', path])] };
  }
  return { options: [...common, '--data', generated, '--at', iso(START_MS), '--until', iso(untilMs)] };
}

async function main(): Promise<number> {
  const options = readSoakOptions();
  if (options === null) {
    console.log(HELP);
    return 0;
  }
  const folder = mkdtempSync(join(tmpdir(), 'nightdesk-soak-'));
  try {
    const replay = replayOf(options, folder);
    console.log(`npm start -- ${replay.options.join(' ')} --exit`);
    const whole = await runReplay(replay, join(folder, 'whole'), null);
    const wholeBooks = await readBooks(join(folder, 'whole'));
    if (whole.exitCode !== 0 || wholeBooks === null) throw new Error(`The run without kills failed (${whole.exitCode}): ${whole.stderr}`);
    console.log(
      `Without a kill, ${(whole.totalMs / 1_000).toFixed(1)} s, start-up ${(whole.startUpMs / 1_000).toFixed(1)} s:\n${whole.summary.join('\n')}`,
    );
    const killed = await runKilled(replay, join(folder, 'killed'), whole, wholeBooks, {
      moments: { kills: options.kills, seed: options.seed },
      signal: options.gently ? 'SIGTERM' : 'SIGKILL',
      tell: (line) => console.log(line),
    });
    console.log(`Killed ${killed.kills} times:\n${killed.endings.at(-1)?.summary.join('\n')}`);
    if (wholeBooks.fills === 0) console.log('Nothing was traded: little is proved');
    for (const fault of killed.faults) console.log(`FAULT ${fault}`);
    console.log(
      killed.faults.length === 0
        ? `Same journal, same summary, sound after every kill (seed ${options.seed})`
        : `${killed.faults.length} faults (seed ${options.seed})`,
    );
    return killed.faults.length === 0 ? 0 : 1;
  } finally {
    if (options.keep) console.log(`Kept in ${folder}`);
    else rmSync(folder, { recursive: true, force: true });
  }
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(messageOf(error));
  process.exitCode = 1;
}
