import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { startEmbedded } from '../../infra/local/embedded-dynamodb.ts';
import { freePort } from '../../infra/local/free-port.ts';
import { verifyLedger } from '../../shared/engine/verify-ledger.ts';
import { rng } from '../../shared/kernel/rng.ts';
import { createDynamoClient } from '../../shared/store/dynamo-client.ts';
import { createDynamoLedger } from '../../shared/store/dynamo-ledger.ts';
import { tableNames } from '../../shared/store/tables.ts';

const ROOT = join(import.meta.dirname, '../..');
const NODE = join(ROOT, 'node_modules/.bin/node');
/** The last line of the banner: from here on time runs. */
const STARTED = 'Ctrl-C stops';
/** Share of the kills that come while the program starts. */
const IN_START_UP = 0.2;
/** Kills are spread over this share of the whole run, so that the last of them still meets a running one. */
const SPREAD = 0.9;

/** A replay as a user would start it, but for where its state is kept. */
export interface Replay {
  /** Options of `npm start`, without `--state` and `--port`. */
  readonly options: readonly string[];
}

/** How one start of the program ended. */
export interface Ending {
  readonly wasKilled: boolean;
  readonly exitCode: number | null;
  readonly startUpMs: number;
  readonly totalMs: number;
  /** Orders and fills that it told of, as printed: what it acknowledged. */
  readonly told: readonly string[];
  /** The lines after "The data has ended."; empty when it was killed before. */
  readonly summary: readonly string[];
  readonly stderr: string;
}

/** What the ledger holds, read by a process of its own. */
export interface Books {
  readonly isSound: boolean;
  readonly rows: number;
  readonly fills: number;
  readonly hash: string;
  readonly differences: readonly unknown[];
  /** Hash of each journal row, the first at 0. */
  readonly hashes: readonly string[];
}

/** When a start is killed: so long after it began or after its time began to run, or when it has told so many orders and fills. */
type KillMoment = { readonly after: 'start' | 'banner'; readonly ms: number } | { readonly after: 'told'; readonly lines: number };

/** Runs a replay to its end, or kills it (signal 9, nothing is cleaned up) at a moment. */
export async function runReplay(
  { options }: Replay,
  stateDir: string,
  moment: KillMoment | null,
  signal: NodeJS.Signals = 'SIGKILL',
): Promise<Ending> {
  const port = await freePort();
  const began = performance.now();
  const child = spawn(NODE, ['infra/local/main.ts', ...options, '--exit', '--state', stateDir, '--port', String(port)], {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [stdout, stderr, startUpMs] = ['', '', Number.NaN];
  let timer: NodeJS.Timeout | undefined;
  let isTold = false;
  const killOn = (event: 'start' | 'banner'): void => {
    if (moment?.after === event) timer = setTimeout(() => child.kill(signal), moment.ms);
  };
  killOn('start');
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
    // Once: a program that was asked to stop still tells what it had begun, and a second asking ends it at once.
    if (moment?.after === 'told' && !isTold && toldIn(stdout).length >= moment.lines) {
      isTold = true;
      child.kill(signal);
    }
    if (!Number.isNaN(startUpMs) || !stdout.includes(STARTED)) return;
    startUpMs = performance.now() - began;
    killOn('banner');
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const [exitCode, endedBy] = await new Promise<[number | null, NodeJS.Signals | null]>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, by) => resolve([code, by]));
  });
  clearTimeout(timer);
  const [before = '', after = ''] = stdout.split('The data has ended.');
  return {
    wasKilled: endedBy === 'SIGKILL' || after === '',
    exitCode,
    startUpMs: Number.isNaN(startUpMs) ? performance.now() - began : startUpMs,
    totalMs: performance.now() - began,
    told: toldIn(before),
    summary: after.split('\n').filter((line) => line !== ''),
    stderr,
  };
}

const toldIn = (stdout: string): readonly string[] => stdout.split('\n').filter((line) => /^\S+Z {2}(order|fill) .*\S$/.test(line));

/** The books of the newest session in a state folder; null when there is none (yet). */
export async function readBooks(stateDir: string): Promise<Books | null> {
  if (!existsSync(stateDir)) return null;
  const embedded = await startEmbedded({ dataDir: stateDir, log: () => undefined });
  const client = createDynamoClient(embedded.endpoint);
  try {
    const ledger = createDynamoLedger(client, tableNames({}));
    const [latest] = await ledger.sessions().catch(withoutTable);
    if (latest === undefined) return null;
    const { isSound, rows, fills, journalHash, differences } = await verifyLedger(ledger, latest.sessionId);
    const hashes: string[] = [];
    for await (const row of ledger.rows(latest.sessionId, 0)) hashes.push(row.hash);
    return { isSound, rows, fills, hash: journalHash, differences, hashes };
  } finally {
    client.destroy();
    await embedded.stop();
  }
}

/** A program that was killed before it had made its tables has no sessions. */
function withoutTable(error: unknown): readonly [] {
  if (error instanceof Error && /ResourceNotFound/.test(`${error.message} ${String(error.cause)}`)) return [];
  throw error;
}

export interface Killed {
  readonly endings: readonly Ending[];
  readonly kills: number;
  /** What was found wrong; empty when the run came to the same as the one that nobody killed. */
  readonly faults: readonly string[];
  readonly books: Books | null;
}

export interface KillPlan {
  /** Moments drawn from a seed over the time that the whole run took, or named. */
  readonly moments: { readonly kills: number; readonly seed: string } | readonly KillMoment[];
  readonly signal?: NodeJS.Signals;
  /** Hears of each kill, for a person who waits. */
  readonly tell?: (line: string) => void;
}

/**
 * Replays with kills at seeded moments, each followed by a start with the same command, and compares with the run that was
 * never killed: the journal after every kill must be a beginning of that run's, everything told must be in it, and the end the same.
 */
export async function runKilled(replay: Replay, stateDir: string, whole: Ending, wholeBooks: Books, plan: KillPlan): Promise<Killed> {
  const { tell = () => undefined, signal = 'SIGKILL' } = plan;
  const endings: Ending[] = [];
  const faults: string[] = [];
  const whatWasTold = new Set(whole.told);
  const moments = 'seed' in plan.moments ? killMoments(plan.moments, whole) : plan.moments;
  for (const moment of moments) {
    const ending = await runReplay(replay, stateDir, moment, signal);
    endings.push(ending);
    if (!ending.wasKilled) break;
    const books = await readBooks(stateDir);
    faults.push(...faultsAfterKill(endings.length, books, wholeBooks));
    tell(
      `kill ${endings.length}, ${momentText(moment)}: ${books?.rows ?? 0} journal rows, ${books?.fills ?? 0} fills, ${books?.isSound === false ? 'NOT SOUND' : 'sound'}`,
    );
  }
  const kills = endings.filter(({ wasKilled }) => wasKilled).length;
  if (endings.at(-1)?.wasKilled !== false) endings.push(await runReplay(replay, stateDir, null));
  const last = endings.at(-1) as Ending;
  if (kills < moments.length / 2) faults.push(`Only ${kills} of ${moments.length} kills met a running program: this proves too little`);
  if (last.exitCode !== 0) faults.push(`The last start ended with ${last.exitCode}: ${last.stderr}`);
  const books = await readBooks(stateDir);
  faults.push(...faultsOfEnd(last, books, whole, wholeBooks));
  for (const line of endings.flatMap(({ told }) => told)) if (!whatWasTold.has(line)) faults.push(`Told, and not in the run without kills: ${line}`);
  return { endings, kills, faults, books };
}

function momentText(moment: KillMoment): string {
  if (moment.after === 'told') return `after ${moment.lines} orders and fills`;
  return `${Math.round(moment.ms)} ms after ${moment.after === 'start' ? 'the start' : 'time began to run'}`;
}

function faultsAfterKill(kill: number, books: Books | null, whole: Books): readonly string[] {
  if (books === null) return [];
  const faults: string[] = [];
  if (!books.isSound) faults.push(`After kill ${kill} the ledger is not sound: ${JSON.stringify(books.differences)}`);
  const first = books.hashes.findIndex((hash, index) => hash !== whole.hashes[index]);
  if (first >= 0) faults.push(`After kill ${kill} journal row ${first + 1} differs from the run without kills`);
  return faults;
}

function faultsOfEnd(last: Ending, books: Books | null, whole: Ending, wholeBooks: Books): readonly string[] {
  const faults: string[] = [];
  if (books?.isSound !== true) faults.push(`At the end the ledger is not sound: ${JSON.stringify(books?.differences ?? 'no session')}`);
  if (books?.hash !== wholeBooks.hash) faults.push(`The journal ends at ${books?.hash}, without kills at ${wholeBooks.hash}`);
  if (last.summary.join('\n') !== whole.summary.join('\n'))
    faults.push(`The summaries differ:\n${last.summary.join('\n')}\nwithout kills:\n${whole.summary.join('\n')}`);
  return faults;
}

/** When each start is killed: most within the replay, divided as by so many random points; some while the program starts. */
function killMoments({ kills, seed }: { readonly kills: number; readonly seed: string }, { startUpMs, totalMs }: Ending): readonly KillMoment[] {
  const draw = rng('kills', seed);
  const spacings = Array.from({ length: kills + 1 }, () => -Math.log(1 - draw.next()));
  const all = spacings.reduce((total, spacing) => total + spacing, 0);
  return spacings.slice(0, kills).map((spacing) => {
    if (draw.next() < IN_START_UP) return { after: 'start', ms: draw.next() * startUpMs };
    return { after: 'banner', ms: (SPREAD * (totalMs - startUpMs) * spacing) / all };
  });
}
