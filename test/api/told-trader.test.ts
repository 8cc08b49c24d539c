import { describe, expect, it, onTestFinished } from 'vitest';
import { signature } from '../../functions/alerts/channels/webhook.ts';
import { alertServer } from '../support/alert-server.ts';
import { removeState, startNightdesk } from '../support/nightdesk-process.ts';

const SECRET = `whsec_${Buffer.alloc(32, 3).toString('base64')}`;
const SIMULATED = ['--feed', 'simulated', '--speed', '60', '--session', 'scalping,swing'] as const;

interface Sent {
  readonly alerts: readonly { readonly id: string; readonly kind: string; readonly evidence: string }[];
}

describe('the trader', () => {
  it('is told by the real program, signed, once, also after a start anew and by a service that was away', async () => {
    const server = await alertServer({ status: 503 });
    const env = {
      NIGHTDESK_ALERTS_WEBHOOK_URL: `${server.url}/hook`,
      NIGHTDESK_ALERTS_WEBHOOK_SECRET: SECRET,
      NIGHTDESK_ALERTS_MUTE: 'unusual-volume',
    };
    const first = await startNightdesk(SIMULATED, { env });
    onTestFinished(() => removeState(first.stateDir));
    await expect.poll(() => server.received.length).toBeGreaterThan(0);
    await first.interrupt();
    const beforeStop = server.received.length;

    server.replies({ status: 200 });
    const again = await startNightdesk(SIMULATED, { env, stateDir: first.stateDir });
    onTestFinished(() => void again.child.kill('SIGKILL'));
    const { status } = await fetch(`${again.base}/alerts/test`, { method: 'POST' });
    expect(status).toBe(202);
    const told = (): readonly Sent['alerts'][number][] => server.received.slice(beforeStop).flatMap(({ body }) => (JSON.parse(body) as Sent).alerts);
    await expect.poll(() => told().map(({ kind }) => kind)).toEqual(expect.arrayContaining(['session', 'fill', 'stop-out', 'test']));
    await again.interrupt();

    expect(new Set(told().map(({ id }) => id)).size).toBe(told().length);
    expect(new Set(told().map(({ evidence }) => evidence))).toEqual(new Set(['simulated']));
    expect(told().map(({ kind }) => kind)).not.toContain('unusual-volume');
    for (const { headers, body } of server.received) {
      expect(headers['webhook-signature']).toBe(signature(SECRET, `${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`));
    }
  });

  it('hears in one line what is wrong with a channel, before anything is started', async () => {
    const env = { NIGHTDESK_ALERTS_SLACK_URL: 'http://hooks.example.com/services/secret' };
    const message = await startNightdesk(SIMULATED, { env }).then(
      () => 'started',
      (error: Error) => error.message,
    );
    expect(message).toMatch(/ended with 2: The alert channels are not set up well\. slack: expected an https address\n$/);
    expect(message).not.toContain('secret');
  });
});
