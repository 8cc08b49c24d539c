import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { NightdeskError } from '../../shared/kernel/errors.ts';
import type { EpochMs } from '../../shared/kernel/time.ts';

class MeasureError extends NightdeskError<'function_ended'> {}

/** One run of a function: the bundle, what it is sent, and the instant that it takes for now. */
export interface FunctionJob {
  readonly bundle: string;
  readonly event: unknown;
  readonly nowMs: EpochMs;
}

export interface FunctionReport {
  readonly wallMs: number;
  readonly cpuMs: number;
  readonly requests: number;
  readonly logBytes: number;
  readonly maxRssMiB: number;
  readonly answer: unknown;
}

/** A function's process: the first run is cold, the rest are warm. */
export interface FunctionProcess {
  readonly run: (event: unknown, nowMs: EpochMs) => Promise<FunctionReport>;
  readonly stop: () => void;
}

/** A process for one bundle, with the variables that the stack gives the function and nothing else of ours. */
export function functionProcess(bundle: string, environment: Readonly<Record<string, string>>): FunctionProcess {
  const child = fork(fileURLToPath(new URL('./function-process.ts', import.meta.url)), {
    env: { PATH: process.env.PATH ?? '', NODE_OPTIONS: '--enable-source-maps', ...environment },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  return {
    run: (event, nowMs) => asked(child, { bundle, event, nowMs }),
    stop: () => void child.kill(),
  };
}

function asked(child: ChildProcess, job: FunctionJob): Promise<FunctionReport> {
  return new Promise((resolve, reject) => {
    const ended = (code: number | null): void => reject(new MeasureError('function_ended', `The process of ${job.bundle} ended with ${code}`));
    child.once('exit', ended);
    child.once('message', (report: FunctionReport) => {
      child.off('exit', ended);
      resolve(report);
    });
    child.send(job);
  });
}
