import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf, NightdeskError } from '../../shared/kernel/errors.ts';
import type { Log } from '../../shared/kernel/log.ts';
import { lockFolder } from './folder-lock.ts';
import { freePort } from './free-port.ts';
import { commandLineOf } from './process-facts.ts';

export class EmbeddedError extends NightdeskError<'not_installed' | 'did_not_start' | 'did_not_stop'> {}

export interface Embedded {
  /** Where it answers, for `AWS_ENDPOINT_URL_DYNAMODB` or a client's `endpoint`. */
  readonly endpoint: string;
  /** Ends the server, so that everything it acknowledged is in its file, and frees the folder. Asking twice is no error. */
  stop(): Promise<void>;
  /** Tells when the server ended although nobody stopped it, with a sentence for a person. */
  onExit(tell: (why: string) => void): void;
}

const PACKAGE = '@dynoxide/linux-x64';
const START_ATTEMPTS = 3;
const ANSWER_TIMEOUT_MS = 10_000;
const STOP_TIMEOUT_MS = 5_000;
const POLL_MS = 10;

/**
 * Starts the DynamoDB that comes with the project, its data in a file of `dataDir`. The folder belongs to this process
 * until `stop`: a second Nightdesk on it is refused, and a server that a killed Nightdesk left behind is ended first.
 * @throws EmbeddedError `not_installed`, `did_not_start`; FolderLockError `in_use`
 */
export async function startEmbedded({ dataDir, log }: { readonly dataDir: string; readonly log: Log }): Promise<Embedded> {
  const folder = resolve(dataDir);
  const binary = findBinary();
  mkdirSync(folder, { recursive: true });
  const unlock = lockFolder(folder);
  try {
    await endOrphan(folder, log);
    const server = await startServer(binary, folder);
    writeFileSync(endpointFile(folder), `${server.endpoint}\n`);
    log('info', 'dynamodb.started', { endpoint: server.endpoint, pid: server.child.pid, file: databaseFile(folder) });
    return running(server, folder, unlock);
  } catch (error) {
    unlock();
    throw error;
  }
}

/** The file that holds everything: where it is not, nothing was ever kept. */
export const databaseFile = (folder: string): string => join(folder, 'dynamodb.sqlite');
/** Tells other programs on this machine where the server of a running Nightdesk answers. */
const endpointFile = (folder: string): string => join(folder, 'dynamodb.endpoint');
const pidFile = (folder: string): string => join(folder, 'dynamodb.pid');
const logFile = (folder: string): string => join(folder, 'dynamodb.log');

/** Where the server answers that another process has started on the folder; null when none does within a few seconds. */
export async function endpointOfRunning(dataDir: string): Promise<string | null> {
  const file = endpointFile(resolve(dataDir));
  const until = Date.now() + STOP_TIMEOUT_MS;
  while (Date.now() < until) {
    const endpoint = existsSync(file) ? readFileSync(file, 'utf8').trim() : '';
    if (endpoint !== '' && (await answers(endpoint))) return endpoint;
    await sleep(10 * POLL_MS);
  }
  return null;
}

async function answers(endpoint: string): Promise<boolean> {
  try {
    const response = await fetch(endpoint, { signal: AbortSignal.timeout(1_000) });
    await response.arrayBuffer();
    return true;
  } catch {
    // Nobody is there: that is the answer to the question.
    return false;
  }
}

function findBinary(): string {
  const advice = `Run npm ci on Linux x64, or set AWS_ENDPOINT_URL_DYNAMODB to a DynamoDB endpoint of your own`;
  let manifest: string;
  try {
    manifest = createRequire(import.meta.url).resolve(`${PACKAGE}/package.json`);
  } catch (error) {
    throw new EmbeddedError(
      'not_installed',
      `The embedded DynamoDB (${PACKAGE}) is not installed here (${process.platform} ${process.arch}). ${advice}.`,
      {},
      { cause: error },
    );
  }
  const binary = join(dirname(manifest), 'dynoxide');
  if (!existsSync(binary)) throw new EmbeddedError('not_installed', `${PACKAGE} is installed without its program. ${advice}.`, { binary });
  return binary;
}

interface Server {
  readonly child: ChildProcess;
  readonly endpoint: string;
  /** Settled when the process has ended, with how. */
  readonly ended: Promise<string>;
}

/** Between finding a free port and using it another program may take it: then the server ends at once, and the next try has another port. */
async function startServer(binary: string, folder: string): Promise<Server> {
  let why = '';
  for (let attempt = 0; attempt < START_ATTEMPTS; attempt++) {
    const server = spawnServer(binary, folder, await freePort());
    const failure = await Promise.race([untilAnswers(server.endpoint), server.ended]);
    if (failure === null && server.child.exitCode === null) return server;
    why = failure ?? 'it ended at once';
    server.child.kill('SIGKILL');
    await server.ended;
  }
  throw new EmbeddedError('did_not_start', `The embedded DynamoDB did not start: ${why}. See ${logFile(folder)}${lastLine(folder)}`, { folder });
}

function spawnServer(binary: string, folder: string, port: number): Server {
  const output = openSync(logFile(folder), 'a');
  // A process group of its own: Ctrl-C in a terminal reaches all of ours at once, and the server must outlive our last writes.
  const child = spawn(binary, ['serve', '--host', '127.0.0.1', '--port', String(port), '--db-path', databaseFile(folder)], {
    cwd: folder,
    detached: true,
    stdio: ['ignore', output, output],
  });
  closeSync(output);
  const ended = new Promise<string>((settle) => {
    child.once('error', (error) => settle(messageOf(error)));
    child.once('exit', (code, signal) => settle(`it ended with ${signal ?? `code ${code}`}`));
  });
  if (child.pid !== undefined) writeFileSync(pidFile(folder), `${child.pid}\n`);
  return { child, endpoint: `http://127.0.0.1:${port}`, ended };
}

/** Null as soon as it answers anything to HTTP, else why not. */
async function untilAnswers(endpoint: string): Promise<string | null> {
  const until = Date.now() + ANSWER_TIMEOUT_MS;
  let why = 'no answer';
  while (Date.now() < until) {
    try {
      const response = await fetch(endpoint, { signal: AbortSignal.timeout(1_000) });
      await response.arrayBuffer();
      return null;
    } catch (error) {
      why = messageOf(error);
      await sleep(POLL_MS);
    }
  }
  return `it did not answer in ${ANSWER_TIMEOUT_MS / 1_000} s (${why})`;
}

function lastLine(folder: string): string {
  const lines = readFileSync(logFile(folder), 'utf8').trimEnd().split('\n');
  return lines.at(-1) ? `, which ends with: ${lines.at(-1)}` : '';
}

function running({ child, endpoint, ended }: Server, folder: string, unlock: () => void): Embedded {
  const listeners: ((why: string) => void)[] = [];
  let isStopping = false;
  // The last thing a process does that ends without stopping it, by an uncaught error for instance.
  const endWithUs = (): void => {
    child.kill('SIGTERM');
  };
  process.once('exit', endWithUs);
  const stopped = ended.then((why) => {
    process.off('exit', endWithUs);
    forget(folder);
    if (!isStopping) for (const tell of listeners) tell(`The embedded DynamoDB is gone: ${why}. See ${logFile(folder)}`);
  });
  return {
    endpoint,
    stop: async () => {
      isStopping = true;
      child.kill('SIGTERM');
      if (!(await within(stopped, STOP_TIMEOUT_MS))) child.kill('SIGKILL');
      await stopped;
      unlock();
    },
    onExit: (tell) => {
      listeners.push(tell);
    },
  };
}

async function within(done: Promise<void>, timeoutMs: number): Promise<boolean> {
  const late = new AbortController();
  try {
    return await Promise.race([done.then(() => true), sleep(timeoutMs, false, { signal: late.signal })]);
  } finally {
    late.abort();
  }
}

/** Ends the server that a killed Nightdesk left on this folder: two servers must never write one file. */
async function endOrphan(folder: string, log: Log): Promise<void> {
  if (!existsSync(pidFile(folder))) return;
  const pid = Number.parseInt(readFileSync(pidFile(folder), 'utf8'), 10);
  const isOurs = (): boolean => {
    const words = commandLineOf(pid);
    return words.some((word) => word.endsWith('dynoxide')) && words.includes(databaseFile(folder));
  };
  if (Number.isInteger(pid) && isOurs()) {
    log('warn', 'dynamodb.orphan', { pid, message: 'Ending the database server that a killed Nightdesk left behind' });
    await end(pid, isOurs);
  }
  forget(folder);
}

function forget(folder: string): void {
  for (const file of [endpointFile(folder), pidFile(folder)]) rmSync(file, { force: true });
}

async function end(pid: number, isThere: () => boolean): Promise<void> {
  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    process.kill(pid, signal);
    const until = Date.now() + STOP_TIMEOUT_MS;
    while (Date.now() < until) {
      if (!isThere()) return;
      await sleep(POLL_MS);
    }
  }
  throw new EmbeddedError('did_not_stop', `The database server ${pid} of a killed Nightdesk does not end: end it by hand`, { pid });
}
