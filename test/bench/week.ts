import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../infra/local/free-port.ts';
import packageJson from '../../package.json' with { type: 'json' };
import { NO_RECORDED_DATA, recordedDataFolder } from '../support/recorded-data.ts';
import { againstTarget } from './figures.ts';

const ROOT = join(import.meta.dirname, '../..');
const [FROM, TO] = ['2023-04-17T00:00:00Z', '2023-04-24T00:00:00Z'];
const MINUTES = (Date.parse(TO) - Date.parse(FROM)) / 60_000;
const LOOK_EVERY_MS = 250;

/** A week of six symbols of recorded 1m klines through the whole system, as a user starts it, with its database beside it. */
export async function benchWeek(): Promise<readonly string[]> {
  const data = recordedDataFolder();
  const klines = data === null ? null : join(data, 'binance-klines');
  if (klines === null || !existsSync(klines)) return [`week                        ${NO_RECORDED_DATA}`];
  const stateDir = mkdtempSync(join(tmpdir(), 'nightdesk-week-'));
  try {
    const { ms, peakMiB, databaseMiB, summary } = await run(klines, stateDir);
    return [
      `wall time                   ${(ms / 1_000).toFixed(1)} s for ${MINUTES} minutes: ${Math.round((MINUTES / ms) * 1_000)} minutes/s, ${(ms / MINUTES).toFixed(2)} ms a minute`,
      `peak resident memory        ${Math.round(peakMiB)} MiB, of the database ${Math.round(databaseMiB)} MiB`,
      ...summary.map((line) => `  ${line}`),
      againstTarget('wall time (s)', ms / 1_000, '<', 300),
      againstTarget('resident (MB)', peakMiB * 1.048576, '<', 400),
    ];
  } finally {
    rmSync(stateDir, { recursive: true, force: true });
  }
}

async function run(
  klines: string,
  stateDir: string,
): Promise<{ readonly ms: number; readonly peakMiB: number; readonly databaseMiB: number; readonly summary: readonly string[] }> {
  const options = ['--feed', 'replay', '--data', klines, '--at', FROM, '--until', TO, '--speed', 'max', '--session', 'scalping,swing', '--exit'];
  const began = performance.now();
  const [node, ...start] = startCommand();
  const child = spawn(node, [...start, ...options, '--state', stateDir, '--port', String(await freePort())], {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let [stdout, peakMiB, databaseMiB] = ['', 0, 0];
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  const look = setInterval(() => {
    peakMiB = Math.max(peakMiB, peakOf(String(child.pid)));
    databaseMiB = Math.max(databaseMiB, peakOf(pidIn(stateDir)));
  }, LOOK_EVERY_MS);
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  clearInterval(look);
  if (code !== 0) throw new Error(`The replay ended with ${code}`);
  const summary = (stdout.split('The data has ended.')[1] ?? '').split('\n').filter((line) => line !== '');
  return { ms: performance.now() - began, peakMiB, databaseMiB, summary };
}

/** What `npm start` runs, its node options included: they bound the memory. Without npm in between, whose memory is not ours. */
function startCommand(): readonly [string, ...string[]] {
  const [node, ...words] = packageJson.scripts.start.split(' ');
  if (node !== 'node') throw new Error(`npm start is expected to run node, it runs ${packageJson.scripts.start}`);
  return [join(ROOT, 'node_modules/.bin/node'), ...words];
}

/** Peak resident memory of a living process as the kernel counts it, MiB; 0 when it is gone. Linux. */
function peakOf(pid: string | null): number {
  const kib = pid === null ? undefined : /VmHWM:\s+(\d+) kB/.exec(read(`/proc/${pid}/status`) ?? '')?.[1];
  return kib === undefined ? 0 : Number(kib) / 1_024;
}

const pidIn = (stateDir: string): string | null => read(join(stateDir, 'dynamodb.pid'))?.trim() ?? null;

function read(path: string): string | null {
  return existsSync(path) ? readFileSync(path, 'utf8') : null;
}
