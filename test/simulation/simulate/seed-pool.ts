import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { JobReport, SeedJob } from './seed-jobs.ts';

/** Worker threads that run seeds, as many as there are cores. */
export interface SeedPool {
  /**
   * Runs jobs in their order as workers become free, and hears of each as it ends. `onReport` returns false when no further job is to
   * begin.
   */
  readonly run: (jobs: Iterable<SeedJob>, onReport: (report: JobReport) => boolean) => Promise<void>;
  readonly close: () => Promise<void>;
}

export function createSeedPool(size = availableParallelism()): SeedPool {
  const workers = Array.from({ length: size }, () => new Worker(new URL('./seed-worker.ts', import.meta.url)));

  return {
    run: async (jobs, onReport) => {
      const left = jobs[Symbol.iterator]();
      let isGoingOn = true;
      const feed = async (worker: Worker): Promise<void> => {
        while (isGoingOn) {
          const { value: job, done } = left.next();
          if (done === true || job === undefined) return;
          const report = await answerOf(worker, job);
          if (!onReport(report)) isGoingOn = false;
        }
      };
      await Promise.all(workers.map(feed));
    },
    close: async () => {
      await Promise.all(workers.map((worker) => worker.terminate()));
    },
  };
}

/** @throws what ended the worker */
function answerOf(worker: Worker, job: SeedJob): Promise<JobReport> {
  return new Promise((resolve, reject) => {
    const settle = (then: () => void): void => {
      worker.off('message', told);
      worker.off('error', failed);
      then();
    };
    const told = (report: JobReport): void => settle(() => resolve(report));
    const failed = (error: unknown): void => settle(() => reject(error));
    worker.on('message', told);
    worker.on('error', failed);
    worker.postMessage(job);
  });
}

/** Jobs for the seeds from `first` on. */
export function* jobsOf(first: number, seeds: number, chunk: number, job: Omit<SeedJob, 'from' | 'count'>): Generator<SeedJob> {
  for (let from = first; from < first + seeds; from += chunk) yield { ...job, from, count: Math.min(chunk, first + seeds - from) };
}
