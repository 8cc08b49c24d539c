import { subscribe } from 'node:diagnostics_channel';
import { createRequire } from 'node:module';
import type { FunctionJob, FunctionReport } from './measure-function.ts';

// The process in which a function's bundle is measured: told over its channel what to run, at which instant.

const wallNow = Date.now;
let aheadMs = 0;
Date.now = () => wallNow() + aheadMs;

const counted = { requests: 0, logBytes: 0 };
subscribe('http.client.request.start', () => {
  counted.requests += 1;
});
const write = process.stdout.write.bind(process.stdout);
process.stdout.write = (chunk: string | Uint8Array, ...rest: unknown[]): boolean => {
  counted.logBytes += Buffer.byteLength(chunk);
  return (write as (...given: unknown[]) => boolean)(chunk, ...rest);
};

type Handler = (event: unknown, context: unknown) => Promise<unknown>;
interface Bundle {
  readonly handler: Handler;
}
// Only at run time is it known which bundle is measured. What is in it was checked where it was written.
const load = createRequire(import.meta.url) as (file: string) => Bundle;

process.on('message', (job: FunctionJob) => void run(job).then((report) => process.send?.(report)));

async function run({ bundle, event, nowMs }: FunctionJob): Promise<FunctionReport> {
  aheadMs = nowMs - wallNow();
  counted.requests = 0;
  counted.logBytes = 0;
  const [begun, before] = [performance.now(), process.cpuUsage()];
  const answer = await load(bundle).handler(event, {});
  const { user, system } = process.cpuUsage(before);
  return {
    wallMs: performance.now() - begun,
    cpuMs: (user + system) / 1_000,
    requests: counted.requests,
    logBytes: counted.logBytes,
    maxRssMiB: process.resourceUsage().maxRSS / 1_024,
    answer,
  };
}
