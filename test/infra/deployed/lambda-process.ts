import { createRequire } from 'node:module';
import { Socket } from 'node:net';
import type { LambdaJob, LambdaOutcome } from './lambda.ts';

// What Lambda's runtime is to a function: loads its bundle with the first event, hands events over, tells what came of them.
// The clock can be set, and no address beyond this machine is reached.

const wallNow = Date.now;
let aheadMs = 0;
Date.now = () => wallNow() + aheadMs;

const connect = Socket.prototype.connect;
Socket.prototype.connect = function (this: Socket, ...given: unknown[]) {
  const [options] = (Array.isArray(given[0]) ? given[0] : given) as [{ readonly host?: string }];
  if (!['127.0.0.1', 'localhost', '::1'].includes(options.host ?? 'localhost')) {
    process.send?.({ foreign: options.host });
    throw new Error(`No address beyond this machine is reached here: ${options.host}`);
  }
  return (connect as (...all: unknown[]) => Socket).apply(this, given);
} as typeof connect;

type Handler = (event: unknown, context: unknown) => Promise<unknown>;
// Only at run time is it known which bundle is run. What is in it was checked where it was written.
const load = createRequire(import.meta.url) as (file: string) => { readonly handler: Handler };

process.on('message', (job: LambdaJob) => void run(job).then((outcome) => process.send?.({ outcome })));

async function run({ bundle, event, nowMs, timeoutMs, arn, requestId }: LambdaJob): Promise<LambdaOutcome> {
  aheadMs = nowMs === null ? 0 : nowMs - wallNow();
  const begunMs = performance.now();
  const getRemainingTimeInMillis = (): number => timeoutMs - (performance.now() - begunMs);
  try {
    const answer = await load(bundle).handler(event, { getRemainingTimeInMillis, awsRequestId: requestId, invokedFunctionArn: arn });
    // As JSON, which is how Lambda hands it on.
    return { answer: JSON.parse(JSON.stringify(answer ?? null)) as unknown, error: null, leftMs: getRemainingTimeInMillis() };
  } catch (error) {
    const told = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    return { answer: null, error: told, leftMs: getRemainingTimeInMillis() };
  }
}
