import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { APIGatewayProxyEventV2, Context } from 'aws-lambda';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type Embedded, startEmbedded } from '../../infra/local/embedded-dynamodb.ts';
import { runLedgerCommand } from '../../infra/local/ledger-cli.ts';
import { autoStartText, NO_AUTO_START } from '../../shared/config/auto-start.ts';
import { toVariables } from '../../shared/config/environment.ts';
import { createDynamoClient } from '../../shared/store/dynamo-client.ts';
import { createDynamoItems } from '../../shared/store/dynamo-items.ts';
import { ensureTables } from '../../shared/store/ensure-tables.ts';
import { LEDGER_FORMAT } from '../../shared/store/format-number.ts';
import { ledgerKeys } from '../../shared/store/keys.ts';
import { tableNames } from '../../shared/store/tables.ts';

const MAIN = resolve(import.meta.dirname, '../../infra/local/main.ts');
const SENTENCE =
  /^This ledger was written by an older Nightdesk \(session S-old is in format 1, this version reads \d+\) and nothing in it was changed: /;
const NAMES = tableNames({});
const KEY = ledgerKeys.session(1, 'S-old');

const folder = mkdtempSync(join(tmpdir(), 'nightdesk-format-'));
let embedded: Embedded;

/** Writes the session's own row: as the first versions did, or with a number. */
async function written(format: number | null): Promise<void> {
  const client = createDynamoClient(embedded.endpoint);
  await ensureTables(client, NAMES);
  const attributes = { sessionId: 'S-old', startedMs: 1, ...(format === null ? {} : { format }) };
  await createDynamoItems(client, NAMES).write([{ kind: 'put', table: 'ledger', key: KEY, attributes }]);
  client.destroy();
}

beforeAll(async () => {
  embedded = await startEmbedded({ dataDir: folder, log: () => undefined });
  await written(null);
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await embedded.stop();
  rmSync(folder, { recursive: true, force: true });
});

const HEALTH = {
  version: '2.0',
  routeKey: 'GET /api/v8/live/health',
  rawPath: '/api/v8/live/health',
  rawQueryString: '',
  headers: {},
  isBase64Encoded: false,
  requestContext: { http: { method: 'GET', path: '/api/v8/live/health', protocol: 'HTTP/1.1', sourceIp: '127.0.0.1', userAgent: 'test' } },
} as unknown as APIGatewayProxyEventV2;

describe('a ledger of an older format', { shuffle: false }, () => {
  it('is refused by a function with the sentence as its answer, as long as it is there', async () => {
    const env = {
      ...toVariables({
        ledgerTable: NAMES.ledger,
        marketTable: NAMES.market,
        nudgeQueueUrl: 'http://127.0.0.1:1/nudges',
        world: 'live',
        marketMode: 'switch',
        nseHours: 'none',
        symbols: 'all',
        autoStart: autoStartText(NO_AUTO_START),
      }),
      AWS_ENDPOINT_URL_DYNAMODB: embedded.endpoint,
      AWS_REGION: 'local',
      AWS_ACCESS_KEY_ID: 'local',
      AWS_SECRET_ACCESS_KEY: 'local',
    };
    for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
    const { handler } = await import('../../functions/api/handler.ts');
    for (const _ of ['first', 'again']) {
      const { statusCode, body } = await handler(HEALTH, {} as Context);
      const problem = JSON.parse(body ?? '') as { code: string; detail: string };
      expect([statusCode, problem.code]).toEqual([500, 'format']);
      expect(problem.detail).toMatch(SENTENCE);
    }
    await written(LEDGER_FORMAT);
    expect((await handler(HEALTH, {} as Context)).statusCode).toBe(200);
    await written(null);
    vi.unstubAllEnvs();
  });

  it('is refused by the ledger command', async () => {
    const told: string[] = [];
    const env = { AWS_ENDPOINT_URL_DYNAMODB: embedded.endpoint };
    const code = await runLedgerCommand(['verify'], { out: (line) => told.push(line), err: (line) => told.push(line), env });
    expect([code, told.length]).toEqual([1, 1]);
    expect(told[0]).toMatch(SENTENCE);
  });

  it('is refused by npm start in one line, with the exit code of something that the person has to change', async () => {
    const child = spawn(process.execPath, [MAIN, '--feed', 'simulated', '--port', '6519', '--state', mkdtempSync(join(folder, 'state-'))], {
      env: { ...process.env, AWS_ENDPOINT_URL_DYNAMODB: embedded.endpoint, NIGHTDESK_CONFIG: 'none' },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let said = '';
    child.stderr.on('data', (text: Buffer) => {
      said += text.toString('utf8');
    });
    expect(await new Promise((settle) => child.once('close', settle))).toBe(2);
    expect(said.trimEnd().split('\n')).toEqual([expect.stringMatching(SENTENCE)]);
  });
});
