import { describe, expect, it } from 'vitest';
import { ssmParameter } from '../../../functions/alerts/ssm-parameter.ts';
import { messageOf } from '../../../shared/kernel/errors.ts';
import { alertServer, type Reply } from '../../support/alert-server.ts';

/** Asks an extension that answers so. */
async function asked(reply: Reply) {
  const server = await alertServer(reply);
  const env = { PARAMETERS_SECRETS_EXTENSION_HTTP_PORT: new URL(server.url).port, AWS_SESSION_TOKEN: 'session-token' };
  return { answer: ssmParameter('/nightdesk/alerts', env), server };
}

describe('a parameter of SSM', () => {
  it('is asked of the extension, decrypted, with the token of the function', async () => {
    const { answer, server } = await asked({
      status: 200,
      body: JSON.stringify({ Parameter: { Name: '/nightdesk/alerts', Value: '{"slack":"x"}' }, ResultMetadata: {} }),
    });
    expect(await answer).toBe('{"slack":"x"}');
    expect(server.received[0]?.path).toBe('/systemsmanager/parameters/get?name=%2Fnightdesk%2Falerts&withDecryption=true');
    expect(server.received[0]?.headers['x-aws-parameters-secrets-token']).toBe('session-token');
  });

  it('is null where nobody has set it', async () => {
    const { answer } = await asked({ status: 400, body: 'an unexpected error occurred while executing request: ParameterNotFound' });
    expect(await answer).toBeNull();
  });

  it.each([
    { status: 400, body: 'AccessDeniedException' },
    { status: 500, body: 'not ready to serve traffic, please wait' },
    { status: 200, body: '{"Value": "very-secret"}' },
    { status: 200, body: 'very-secret' },
  ])('is an error where it cannot be read, and no secret is part of it: %#', async (reply) => {
    const { answer } = await asked(reply);
    const message = await answer.then(() => '', messageOf);
    expect(message).toMatch(/not read/);
    expect(message).not.toContain('very-secret');
  });
});
