import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ssmParameter } from '../../../functions/alerts/ssm-parameter.ts';
import { messageOf } from '../../../shared/kernel/errors.ts';
import { MINUTE_MS } from '../../../shared/kernel/time.ts';
import { alertServer } from '../../support/alert-server.ts';
import { type SsmServer, startSsmServer } from '../../support/ssm-server.ts';

const NAME = '/nightdesk/alerts';
let ssm: SsmServer;

beforeEach(async () => {
  ssm = await startSsmServer();
  vi.stubEnv('AWS_ENDPOINT_URL_SSM', ssm.url);
  vi.stubEnv('AWS_REGION', 'ap-south-1');
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'key');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'secret');
});
afterEach(() => vi.unstubAllEnvs());

describe('a parameter of SSM', () => {
  it('is asked for decrypted', async () => {
    ssm.interfere(NAME, '{"slack":"x"}');
    expect(await ssmParameter(NAME, () => 0)()).toBe('{"slack":"x"}');
    expect(ssm.requests).toMatchObject([{ operation: 'GetParameter', input: { Name: NAME, WithDecryption: true } }]);
  });

  it('is null where nobody has set it', async () => {
    expect(await ssmParameter(NAME, () => 0)()).toBeNull();
  });

  it('is remembered for five minutes, that there is none as well, and then holds what is new', async () => {
    let nowMs = 0;
    const read = ssmParameter(NAME, () => nowMs);
    expect(await read()).toBeNull();
    ssm.interfere(NAME, 'set');
    nowMs = 5 * MINUTE_MS - 1;
    expect(await read()).toBeNull();
    nowMs = 5 * MINUTE_MS;
    expect([await read(), ssm.requests.length]).toEqual(['set', 2]);
  });

  it('is an error where it may not be read, which the next run asks again', async () => {
    ssm.interfere(NAME, 'set');
    ssm.refuseWith('AccessDeniedException', 400);
    const read = ssmParameter(NAME, () => 0);
    await expect(read()).rejects.toMatchObject({ code: 'not_read', message: `The parameter ${NAME} was not read: AccessDeniedException` });
    await expect(read()).rejects.toMatchObject({ code: 'not_read' });
    expect(ssm.requests).toHaveLength(2);
  });

  it.each(['{"Value": "very-secret"}', 'very-secret', '{"Parameter": {"Value": {"is": "very-secret"'])(
    'is an error where what comes is not understood, and no secret is part of it: %s',
    async (body) => {
      vi.stubEnv('AWS_ENDPOINT_URL_SSM', (await alertServer({ status: 200, body })).url);
      const message = await ssmParameter(NAME, () => 0)().then(() => '', messageOf);
      expect(message).toMatch(/not read/);
      expect(message).not.toContain('very-secret');
    },
  );
});
