import { parentPort } from 'node:worker_threads';
import { messageOf } from '../../../shared/kernel/errors.ts';
import { createObserver } from './observed.ts';
import type { JobReport, SeedJob } from './seed-jobs.ts';
import { runSeed, type SeedResult } from './world.ts';

/** A worker thread: runs the seeds that it is told to, and tells what came of them. */

// Stores refuse by throwing, thousands of times a second: where they did so is told by a run with a trace.
Error.stackTraceLimit = 2;

const stray: unknown[] = [];
process.on('unhandledRejection', (error) => stray.push(error));

async function runOne(seed: number, options: Parameters<typeof runSeed>[1]): Promise<SeedResult> {
  const result = await runSeed(seed, options);
  const lost = stray.splice(0).map((error) => ({ invariant: 'errors' as const, what: `nobody heard of: ${messageOf(error)}`, step: result.steps }));
  return lost.length === 0 ? result : { ...result, problems: [...result.problems, ...lost] };
}

async function work(job: SeedJob): Promise<JobReport> {
  const observer = job.isObserved ? createObserver() : null;
  const results: SeedResult[] = [];
  for (let seed = job.from; seed < job.from + job.count; seed++) {
    const result = await runOne(seed, { variant: job.variant, ...(observer?.watching ?? {}) });
    results.push(result);
    if (job.untilBroken && result.problems.length > 0) break;
  }
  return { job, results, observed: observer?.observed() ?? null };
}

parentPort?.on('message', async (job: SeedJob) => parentPort?.postMessage(await work(job)));
