import { spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type AccountServer, startAccountServer } from '../support/aws-account-server.ts';

const DEPLOY = resolve(import.meta.dirname, '../../infra/deploy');
const OUTPUTS = { NightdeskData: {}, NightdeskTrading: { ApiUrl: 'https://abc.execute-api.ap-south-1.amazonaws.com/' } };

/** A `cdk` that is first on the path: it writes down how it was called, and fails where it is told to. */
const FAKE_CDK = `#!/usr/bin/env node
const fs = require('node:fs');
const path = require('node:path');
const args = process.argv.slice(2);
if (args[0] === '--version') { console.log(process.env.FAKE_CDK_VERSION || '2.1148.1 (build fake)'); process.exit(0); }
fs.appendFileSync(process.env.FAKE_CDK_CALLS, JSON.stringify(args) + '\\n');
if (process.env.FAKE_CDK_FAILS === args.slice(0, 2).join(' ')) process.exit(3);
const at = args.indexOf('--outputs-file');
if (at > 0) { fs.mkdirSync(path.dirname(args[at + 1]), { recursive: true }); fs.writeFileSync(args[at + 1], ${JSON.stringify(JSON.stringify(OUTPUTS))}); }
`;

let account: AccountServer;
let folder: string;

beforeAll(async () => {
  account = await startAccountServer();
});
afterAll(() => account.stop());
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'nightdesk-deploy-'));
  writeFileSync(join(folder, 'cdk'), FAKE_CDK);
  chmodSync(join(folder, 'cdk'), 0o755);
  account.bootstrapVersion = '27';
  account.asked.length = 0;
});
afterEach(() => rmSync(folder, { recursive: true }));

interface Ran {
  readonly code: number | null;
  readonly output: string;
  readonly calls: readonly (readonly string[])[];
}

/** Runs a command as npm does, with the fake first on the path, an account on this machine, and no other network. */
async function run(
  command: string,
  args: readonly string[],
  more: { readonly env?: Record<string, string>; readonly typed?: string } = {},
): Promise<Ran> {
  const callsFile = join(folder, 'calls');
  const child = spawn(process.execPath, [join(DEPLOY, `${command}-command.ts`), ...args], {
    env: {
      PATH: `${folder}:${process.env.PATH}`,
      HOME: folder,
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
      AWS_EC2_METADATA_DISABLED: 'true',
      AWS_ENDPOINT_URL: account.url,
      NIGHTDESK_CONFIG: 'none',
      NIGHTDESK_BINANCE_WS_URLS: 'ws://127.0.0.1:1',
      NIGHTDESK_REGISTRY_URL: 'http://127.0.0.1:1',
      FAKE_CDK_CALLS: callsFile,
      ...more.env,
    },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let output = '';
  const keep = (text: Buffer): void => {
    output += text.toString('utf8');
  };
  for (const stream of [child.stdout, child.stderr]) stream.on('data', keep);
  child.stdin.end(more.typed ?? '');
  const code = await new Promise<number | null>((settle) => child.once('close', settle));
  const calls = existsSync(callsFile)
    ? readFileSync(callsFile, 'utf8')
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as readonly string[])
    : [];
  return { code, output, calls };
}

describe('npm run doctor', () => {
  it('asks the account and changes nothing', async () => {
    const { code, output, calls } = await run('doctor', []);
    expect(output).toMatch(/^ok +credentials +arn:aws:iam::123456789012:user\/trader$/m);
    expect(output).toMatch(/^ok +bootstrap +aws:\/\/123456789012\/ap-south-1, version 27$/m);
    expect(code).toBe(0);
    expect(calls).toEqual([]);
    expect(account.asked.filter((each) => each !== 'STS').every((each) => /\.(GetParameter|GetServiceQuota)$/.test(each))).toBe(true);
  });

  it('works without credentials and without a network, says so in each line, and in JSON', async () => {
    const env = { AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '', AWS_ENDPOINT_URL: 'http://127.0.0.1:1' };
    const { code, output } = await run('doctor', ['--json'], { env });
    const { ok, checks } = JSON.parse(output) as { ok: boolean; checks: { name: string; status: string; advice: string | null }[] };
    expect([code, ok]).toEqual([1, false]);
    expect(checks.filter(({ status }) => status === 'fail').map(({ name }) => name)).toEqual([
      'credentials',
      'bootstrap',
      'lambda quota',
      'fargate quota',
    ]);
    expect(checks.filter(({ status }) => status !== 'ok').every(({ advice }) => advice !== null)).toBe(true);
  });

  it('refuses an option that it does not know', async () => {
    expect((await run('doctor', ['--fix'])).code).toBe(2);
  });
});

describe('npm run deploy', () => {
  it('deploys both stacks and says where the API is, how to get a token, and what to call first', async () => {
    const { code, output, calls } = await run('deploy', []);
    expect(calls).toEqual([['deploy', '--all', '--require-approval', 'never', '--outputs-file', expect.stringMatching(/cdk\.out\/outputs\.json$/)]]);
    expect(output).toContain('API: https://abc.execute-api.ap-south-1.amazonaws.com/api/v8/live\n');
    expect(output).toContain('npm run token -- create');
    expect(output).toContain('curl -H "Authorization: Bearer $NIGHTDESK_TOKEN" https://abc.execute-api.ap-south-1.amazonaws.com/api/v8/live/status');
    expect(code).toBe(0);
  });

  it('bootstraps first where nobody has, in the account and region that it is about', async () => {
    account.bootstrapVersion = null;
    const config = join(folder, 'config.json');
    writeFileSync(config, '{"region": "eu-west-1"}');
    const { calls } = await run('deploy', [], { env: { NIGHTDESK_CONFIG: config } });
    expect(calls.map(([verb, where]) => [verb, where])).toEqual([
      ['bootstrap', 'aws://123456789012/eu-west-1'],
      ['deploy', '--all'],
    ]);
  });

  it('changes nothing when the doctor finds something in the way', async () => {
    const { code, output, calls } = await run('deploy', [], { env: { FAKE_CDK_VERSION: '3.0.0' } });
    expect([code, calls]).toEqual([1, []]);
    expect(output).toMatch(/^fail +cdk +3\.0\.0 is first on the path; pinned is 2\.1148\.1$/m);
    expect(output).toContain('Nothing was changed.');
  });

  it.each([
    ['bootstrap aws://123456789012/ap-south-1', 1],
    ['deploy --all', 2],
  ])('ends with an error when cdk %s fails, and tells no address', async (step, count) => {
    account.bootstrapVersion = null;
    const { code, output, calls } = await run('deploy', [], { env: { FAKE_CDK_FAILS: step } });
    expect([code, calls.length]).toEqual([1, count]);
    expect(output).toContain(`cdk ${step.split(' ')[0]} ended with 3.`);
    expect(output).not.toContain('execute-api');
  });
});

describe('npm run destroy', () => {
  const SENTENCE = 'delete the ledger of 123456789012 in ap-south-1';

  it('takes down what costs, leaves the ledger, and says what stays', async () => {
    const { code, output, calls } = await run('destroy', []);
    expect(calls).toEqual([['destroy', 'NightdeskTrading']]);
    expect(output).toMatch(/What stays:\n {2}NightdeskData +the ledger.*cents a month/s);
    expect(code).toBe(0);
  });

  it('deletes the ledger after a sentence that names it: protection off, then the stack', async () => {
    const { code, calls } = await run('destroy', ['--delete-ledger'], { typed: `${SENTENCE}\n` });
    const flag = ['--context', 'nightdesk:release-ledger=true'];
    expect(calls).toEqual([
      ['destroy', 'NightdeskTrading', '--force'],
      ['deploy', 'NightdeskData', '--exclusively', '--require-approval', 'never', ...flag],
      ['destroy', 'NightdeskData', '--force', ...flag],
    ]);
    expect(code).toBe(0);
  });

  it.each([
    ['yes', 'yes\n'],
    ['the sentence of another account', `${SENTENCE.replace('1234', '4321')}\n`],
    ['nothing', ''],
  ])('deletes nothing at all for %s', async (_, typed) => {
    const { code, output, calls } = await run('destroy', ['--delete-ledger'], { typed });
    expect([code, calls]).toEqual([1, []]);
    expect(output).toContain('Nothing was changed.');
  });

  it('does not ask for the sentence when nobody knows whose ledger it is', async () => {
    const env = { AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '' };
    const { code, calls } = await run('destroy', ['--delete-ledger'], { env, typed: `${SENTENCE}\n` });
    expect([code, calls]).toEqual([1, []]);
  });

  it('says how the ledger is protected again when it could not be deleted', async () => {
    const { code, output, calls } = await run('destroy', ['--delete-ledger'], {
      typed: `${SENTENCE}\n`,
      env: { FAKE_CDK_FAILS: 'destroy NightdeskData' },
    });
    expect([code, calls.length]).toEqual([1, 3]);
    expect(output).toContain('npm run deploy gives it back');
  });
});
