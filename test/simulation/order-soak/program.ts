import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { databaseFile } from '../../../infra/local/embedded-dynamodb.ts';
import { commandLineOf } from '../../../infra/local/process-facts.ts';
import { API_BASE_PATH } from '../../../shared/contracts/routes.ts';

export const ROOT = join(import.meta.dirname, '../../..');
export const NODE = join(ROOT, 'node_modules/.bin/node');

/** Who is killed: Nightdesk, its database, or both at once. */
export type Victim = 'program' | 'store' | 'both';

/** Without its database Nightdesk ends by itself, within this time. */
const ENDS_BY_ITSELF_MS = 60_000;

/** One life of the real program: started as `npm start` does, and killed. */
export interface Program {
  readonly base: string;
  /** True when its API answers, false when it ended before. */
  readonly ready: Promise<boolean>;
  readonly ended: Promise<Ending>;
  readonly startUpMs: () => number | null;
  /** The instant that its clock began at, as it says itself. */
  readonly fromMs: () => number | null;
  readonly hasEnded: () => boolean;
  /** SIGKILL: nothing is cleaned up. */
  readonly kill: (victim: Victim) => void;
  /** As Ctrl-C does. */
  readonly interrupt: () => void;
}

export interface Ending {
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stderr: string;
  /** Whether it went on without its database until somebody ended it. */
  readonly hungOn: boolean;
}

/** The last line of the banner: from here on time runs. */
const STARTED = 'Ctrl-C stops';

/** Starts the program; `options` are those of `npm start` without `--state` and `--port`. */
export function startProgram(options: readonly string[], { stateDir, port }: { readonly stateDir: string; readonly port: number }): Program {
  const began = performance.now();
  const child = spawn(NODE, ['--max-semi-space-size=16', 'infra/local/main.ts', ...options, '--state', stateDir, '--port', String(port)], {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [stdout, stderr] = ['', ''];
  let startUpMs: number | null = null;
  let tellReady: (isReady: boolean) => void = () => undefined;
  const ready = new Promise<boolean>((resolve) => {
    tellReady = resolve;
  });
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    if (startUpMs !== null) return;
    stdout += text;
    if (!stdout.includes(STARTED)) return;
    startUpMs = performance.now() - began;
    tellReady(true);
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  let hungOn = false;
  let patience: NodeJS.Timeout | undefined;
  const ended = new Promise<Ending>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (exitCode, signal) => {
      clearTimeout(patience);
      tellReady(false);
      resolve({ exitCode, signal, stderr, hungOn });
    });
  });
  const kill = (victim: Victim): void => {
    if (victim !== 'program') killStore(stateDir);
    if (victim !== 'store') child.kill('SIGKILL');
    else {
      patience = setTimeout(() => {
        hungOn = !hasEnded(child);
        child.kill('SIGKILL');
      }, ENDS_BY_ITSELF_MS);
    }
  };
  return {
    base: `http://127.0.0.1:${port}${API_BASE_PATH}`,
    ready,
    ended,
    startUpMs: () => startUpMs,
    fromMs: () => instantIn(stdout),
    hasEnded: () => hasEnded(child),
    kill,
    interrupt: () => child.kill('SIGINT'),
  };
}

const hasEnded = ({ exitCode, signalCode }: ChildProcess): boolean => exitCode !== null || signalCode !== null;

function instantIn(banner: string): number | null {
  const [, from] = /virtual, from (\S+Z)/.exec(banner) ?? [];
  return from === undefined ? null : Date.parse(from);
}

/** The program writes its database's process down. What it left behind in an earlier life may be another program's process by now. */
function killStore(stateDir: string): void {
  const file = join(stateDir, 'dynamodb.pid');
  const pid = existsSync(file) ? Number.parseInt(readFileSync(file, 'utf8'), 10) : Number.NaN;
  if (!Number.isInteger(pid) || !commandLineOf(pid).includes(databaseFile(resolve(stateDir)))) return;
  process.kill(pid, 'SIGKILL');
}
