import { request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import * as z from 'zod';
import { API_BASE_PATH } from '../../shared/contracts/routes.ts';
import { messageOf, NightdeskError } from '../../shared/kernel/errors.ts';
import type { Ended } from './tools.ts';

class EmulateError extends NightdeskError<'no_emulator' | 'not_deployed' | 'other_answer' | 'nothing_told'> {}

/** What a run on an emulator works with. */
export interface EmulatePorts {
  /** Where all of the emulator's services answer. */
  readonly endpoint: string;
  readonly cdk: (args: readonly string[]) => Promise<Ended>;
  /** Makes a token by the command that people use. */
  readonly token: () => Promise<string>;
  /** Starts the feed with these variables; resolves once it has the lease, with how to stop it. */
  readonly feed: (environment: Readonly<Record<string, string>>) => Promise<() => Promise<unknown>>;
  readonly outputs: () => unknown;
  readonly say: (line: string) => void;
}

/** The emulator's account, region, and what signs its requests: it looks at no signature. */
export const EMULATED = { account: '000000000000', region: 'ap-south-1' } as const;

const TOLD_WITHIN_MS = 60_000;
const LOOK_EVERY_MS = 1_000;

const outputsSchema = z.object({ NightdeskTrading: z.object({ ApiUrl: z.url() }) });
const functionsSchema = z.object({
  Functions: z.array(z.object({ FunctionName: z.string(), Environment: z.object({ Variables: z.record(z.string(), z.string()) }).optional() })),
});

interface Call {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly body?: string;
}

/** The five first looks that `npm run deploy` prints. */
const FIRST_LOOKS: readonly Call[] = [
  { method: 'GET', path: 'status' },
  { method: 'GET', path: 'quotes' },
  { method: 'POST', path: 'start-paper-trading', body: '{}' },
  { method: 'GET', path: 'portfolio' },
  { method: 'GET', path: 'decisions' },
];

/**
 * Deploys both stacks to an emulator, as to AWS, and uses them: a token, the feed beside it as a process, the five first looks through
 * the API and its authorizer, and an alert that came by the ledger's stream, the outbox and the bus.
 * @throws EmulateError, one sentence
 */
export async function emulate({ endpoint, cdk, token, feed, outputs, say }: EmulatePorts): Promise<void> {
  await assertAnswers(endpoint);
  for (const args of [
    ['bootstrap', `aws://${EMULATED.account}/${EMULATED.region}`],
    ['deploy', '--all', '--require-approval', 'never', '--outputs-file', 'cdk.out/emulated-outputs.json'],
  ]) {
    const { code } = await cdk(['--app', 'node infra/aws/emulated-app.ts', '--output', 'cdk.out/emulated', ...args]);
    if (code !== 0) throw new EmulateError('not_deployed', `cdk ${args[0]} ended with ${code ?? 'a signal'}`);
  }
  const { NightdeskTrading } = outputsSchema.parse(outputs());
  const api = new URL(NightdeskTrading.ApiUrl).hostname.split('.')[0] ?? '';
  const ask = caller(endpoint, api);

  const without = await ask({ method: 'GET', path: 'status' }, null);
  if (without.status !== 401) throw new EmulateError('other_answer', `Without a token the API answered ${without.status}`);
  const bearer = await token();
  const stopFeed = await feed(await environmentOf(endpoint, 'ScanFunction'));
  try {
    for (const call of FIRST_LOOKS) {
      const { status, body } = await ask(call, bearer);
      say(`${call.method} ${API_BASE_PATH}/${call.path}: ${status} ${body.slice(0, 160)}`);
      // A session of a run before is still there.
      if (status !== 200 && status !== 409) throw new EmulateError('other_answer', `${call.method} ${call.path} answered ${status}: ${body}`);
    }
    say(`An alert by way of stream, outbox and bus: ${await firstAlert(() => ask({ method: 'GET', path: 'alerts' }, bearer))}`);
  } finally {
    await stopFeed();
  }
}

async function assertAnswers(endpoint: string): Promise<void> {
  try {
    await (await fetch(endpoint, { signal: AbortSignal.timeout(5_000) })).arrayBuffer();
  } catch (error) {
    throw new EmulateError(
      'no_emulator',
      `Nothing answers at ${endpoint} (${messageOf(error)}). Start an emulator first: pip install ministack, then ministack`,
    );
  }
}

/** Variables of a deployed function, as the emulator has filled them in. */
async function environmentOf(endpoint: string, name: string): Promise<Readonly<Record<string, string>>> {
  const scope = `Credential=emulated/20260101/${EMULATED.region}/lambda/aws4_request`;
  const headers = { authorization: `AWS4-HMAC-SHA256 ${scope}, SignedHeaders=host, Signature=none` };
  const { Functions } = functionsSchema.parse(await (await fetch(`${endpoint}/2015-03-31/functions/`, { headers })).json());
  const found = Functions.find(({ FunctionName }) => FunctionName.includes(name));
  if (found?.Environment === undefined) throw new EmulateError('not_deployed', `The emulator has no ${name}`);
  return found.Environment.Variables;
}

type Ask = (call: Call, token: string | null) => Promise<{ readonly status: number; readonly body: string }>;

/** Asks an API of the emulator, which tells them apart by the host that is asked. */
const caller =
  (endpoint: string, api: string): Ask =>
  ({ method, path, body }, token) =>
    new Promise((resolve, reject) => {
      const { hostname, port } = new URL(endpoint);
      const headers = {
        host: `${api}.execute-api.localhost:${port}`,
        ...(token === null ? {} : { authorization: `Bearer ${token}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      };
      const asked = request({ hostname, port, method, path: `${API_BASE_PATH}/${path}`, headers }, async (response) => {
        const chunks: Buffer[] = [];
        for await (const chunk of response) chunks.push(chunk as Buffer);
        resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString('utf8') });
      });
      asked.once('error', reject).end(body);
    });

const alertsSchema = z.object({ alerts: z.array(z.object({ kind: z.string() })) });

async function firstAlert(read: () => ReturnType<Ask>): Promise<string> {
  for (let waitedMs = 0; waitedMs < TOLD_WITHIN_MS; waitedMs += LOOK_EVERY_MS) {
    const { alerts } = alertsSchema.parse(JSON.parse((await read()).body));
    const [alert] = alerts;
    if (alert !== undefined) return alert.kind;
    await sleep(LOOK_EVERY_MS);
  }
  throw new EmulateError('nothing_told', `No alert was there after ${TOLD_WITHIN_MS / 1_000} s`);
}
