import { execFile } from 'node:child_process';
import { chmodSync, readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type NightdeskProcess, removeState, startNightdesk } from '../support/nightdesk-process.ts';
import { freshToken } from '../support/tokens.ts';

const COMMAND = resolve(import.meta.dirname, '../../functions/cli/token.ts');
const run = promisify(execFile);

describe('Nightdesk started with --token required', () => {
  let nightdesk: NightdeskProcess;
  const command = async (...args: readonly string[]): Promise<string> =>
    (await run(process.execPath, [COMMAND, ...args, '--local', '--state', nightdesk.stateDir])).stdout.trim();
  const statusWith = async (token: string | null): Promise<number> =>
    (await fetch(`${nightdesk.base}/status`, token === null ? {} : { headers: { authorization: `Bearer ${token}` } })).status;

  beforeAll(async () => {
    nightdesk = await startNightdesk(['--feed', 'simulated', '--token', 'required']);
  });
  // Tests come in any order: each begins without a token.
  beforeEach(async () => {
    await command('revoke', '--all');
  });
  afterAll(async () => {
    await nightdesk.interrupt();
    removeState(nightdesk.stateDir);
  });

  it('opens to the token that the command makes, and closes again when it is revoked', async () => {
    expect([await statusWith(null), await statusWith(freshToken())]).toEqual([401, 403]);
    const first = await command('create');
    expect(await statusWith(first)).toBe(200);

    const second = await command('rotate', '--grace', '1h');
    expect([await statusWith(first), await statusWith(second)]).toEqual([200, 200]);
    const [firstId = ''] = /[0-9a-f]{8}(?= {2}created \S+, accepted until \d)/.exec(await command('show-where')) ?? [];
    await command('revoke', firstId);
    expect([await statusWith(first), await statusWith(second)]).toEqual([403, 200]);
    await command('revoke', '--all');
    expect([await statusWith(second), await statusWith(null)]).toEqual([403, 401]);
  });

  it('keeps its checks of Host and Origin for who has a token', async () => {
    const token = await command('create');
    const response = await fetch(`${nightdesk.base}/status`, { headers: { origin: 'https://evil.example', authorization: `Bearer ${token}` } });
    expect(response.status).toBe(403);
    expect(await response.json()).toMatchObject({ code: 'foreign_origin' });
  });

  it('keeps hashes only, in a file of its owner, and no token in its log or on its console', async () => {
    const token = await command('create');
    expect([await statusWith(token), await statusWith(freshToken())]).toEqual([200, 403]);
    const file = join(nightdesk.stateDir, 'api-tokens.json');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const log = readFileSync(join(nightdesk.stateDir, 'nightdesk.log'), 'utf8');
    expect(log).toContain('access-denied');
    for (const text of [readFileSync(file, 'utf8'), log, nightdesk.output()]) expect(text).not.toContain(token.slice(10, 25));
  });

  it('stays shut while others may write its file', async () => {
    const token = await command('create');
    const file = join(nightdesk.stateDir, 'api-tokens.json');
    chmodSync(file, 0o660);
    expect(await statusWith(token)).toBe(500);
    chmodSync(file, 0o600);
    expect(await statusWith(token)).toBe(200);
  });
});
