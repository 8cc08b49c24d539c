import { type ChildProcess, fork } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import type { EpochMs } from '../../../shared/kernel/time.ts';

/** One run of a function. */
export interface LambdaJob {
  readonly bundle: string;
  readonly event: unknown;
  /** What its clock shows; null for the time that it is. */
  readonly nowMs: EpochMs | null;
  readonly timeoutMs: number;
  readonly arn: string;
  readonly requestId: string;
}

export interface LambdaOutcome {
  readonly answer: unknown;
  /** What it threw; null when it answered. */
  readonly error: string | null;
  /** What was left of its time; where nothing was, Lambda would have ended it. */
  readonly leftMs: number;
}

/** A function as Lambda keeps it: a process that takes one event after the other. */
export interface Lambda {
  readonly run: (event: unknown, nowMs: EpochMs | null) => Promise<LambdaOutcome>;
  /** The lines of its log so far that have an event, by that name. */
  readonly told: (event: string) => readonly Readonly<Record<string, unknown>>[];
  /** Addresses beyond this machine that it would have reached. */
  readonly foreign: readonly string[];
  readonly stop: () => void;
}

export interface LambdaSetup {
  readonly bundle: string;
  readonly arn: string;
  readonly timeoutMs: number;
  /** All that it finds in its environment, beside the path to Node. */
  readonly environment: Readonly<Record<string, string>>;
}

export function startLambda({ bundle, arn, timeoutMs, environment }: LambdaSetup): Lambda {
  const child = fork(fileURLToPath(new URL('./lambda-process.ts', import.meta.url)), {
    env: { PATH: process.env.PATH ?? '', ...environment },
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  });
  const foreign: string[] = [];
  let output = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  child.on('message', (message: { readonly foreign?: string }) => {
    if (message.foreign !== undefined) foreign.push(message.foreign);
  });
  return {
    run: (event, nowMs) => outcomeOf(child, { bundle, event, nowMs, timeoutMs, arn, requestId: randomUUID() }),
    told: (event) =>
      output
        .split('\n')
        .filter((line) => line.includes(`"event":"${event}"`))
        .map((line) => JSON.parse(line) as Record<string, unknown>),
    foreign,
    stop: () => void child.kill(),
  };
}

function outcomeOf(child: ChildProcess, job: LambdaJob): Promise<LambdaOutcome> {
  return new Promise((resolve, reject) => {
    const ended = (code: number | null): void => reject(new Error(`The process of ${job.bundle} ended with ${code}`));
    const heard = (message: { readonly outcome?: LambdaOutcome }): void => {
      if (message.outcome === undefined) return;
      child.off('exit', ended).off('message', heard);
      resolve(message.outcome);
    };
    child.once('exit', ended).on('message', heard);
    child.send(job);
  });
}
