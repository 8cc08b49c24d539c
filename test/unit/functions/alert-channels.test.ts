import { createHmac, randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { channelsOf } from '../../../functions/alerts/channels/channels.ts';
import { signature } from '../../../functions/alerts/channels/webhook.ts';
import type { Outcome } from '../../../shared/alerts/delivery-plan.ts';
import type { AlertSecrets } from '../../../shared/config/alert-settings.ts';
import type { Alert, ChannelName } from '../../../shared/contracts/alert.ts';
import { type AlertServer, alertServer, type Received, type Reply } from '../../support/alert-server.ts';
import { alertOf, HURRIED, QUICK } from '../../support/alerts.ts';

const NOW_MS = Date.parse('2026-11-20T08:00:00.500Z');
const KEY = randomBytes(32);
const SECRET = `whsec_${KEY.toString('base64')}`;

const secretsAt = (url: string): AlertSecrets => ({
  slack: `${url}/services/T0/B0/slack-secret`,
  discord: `${url}/api/webhooks/1/discord-secret`,
  telegram: { token: '123:telegram-secret', chat: '-100200' },
  webhook: { url: `${url}/hook?key=webhook-secret`, secret: SECRET },
});

/** Sends through the channel of that name as the program does. */
async function send(
  server: Pick<AlertServer, 'url'>,
  name: ChannelName,
  alerts: readonly Alert[] = [alertOf('a')],
  nowMs = NOW_MS,
  delivery = QUICK,
): Promise<Outcome> {
  const channel = channelsOf(secretsAt(server.url), { delivery, telegramApi: server.url }).find((each) => each.name === name);
  if (channel === undefined) throw new Error(`no channel ${name}`);
  return channel.send(alerts, nowMs);
}

describe('the channels', () => {
  it('are those that have a secret', () => {
    const names = (secrets: AlertSecrets): readonly string[] =>
      channelsOf(secrets, { delivery: QUICK, telegramApi: 'https://t' }).map(({ name }) => name);
    expect(names(secretsAt('http://127.0.0.1:1'))).toEqual(['slack', 'discord', 'telegram', 'webhook']);
    expect(names({ discord: 'https://d' })).toEqual(['discord']);
    expect(names({})).toEqual([]);
  });
});

describe('Slack', () => {
  it('gets a text in which its three special characters are escaped', async () => {
    const server = await alertServer({ status: 200, body: 'ok' });
    expect(await send(server, 'slack', [alertOf('a', { text: 'a < b & c > <!channel>' })])).toEqual({ kind: 'delivered' });
    const [request] = server.received;
    expect(request?.path).toBe('/services/T0/B0/slack-secret');
    expect(request?.headers['content-type']).toBe('application/json');
    expect(JSON.parse(request?.body ?? '')).toEqual({
      text: '[simulated] Alert a. a &lt; b &amp; c &gt; &lt;!channel&gt; (2025-01-06T04:00:00Z)',
    });
  });

  it('has not taken a message that it answers with anything but ok', async () => {
    const server = await alertServer({ status: 200, body: '<html>Log in to the hotel network</html>' });
    expect(await send(server, 'slack')).toEqual({ kind: 'failed', why: 'status 200: not the answer of this service', retryAfterMs: null });
  });

  it('says in a word why it refuses', async () => {
    const server = await alertServer({ status: 404, body: 'no_team' });
    expect(await send(server, 'slack')).toEqual({ kind: 'refused', why: 'status 404, no_team' });
  });
});

describe('Discord', () => {
  it('gets a content that names nobody, its marks escaped', async () => {
    const server = await alertServer({ status: 204 });
    expect(await send(server, 'discord', [alertOf('a', { title: 'fo_arbitrage', text: '@everyone **look** `x`' })])).toEqual({ kind: 'delivered' });
    expect(JSON.parse(server.received[0]?.body ?? '')).toEqual({
      content: '[simulated] fo\\_arbitrage. @everyone \\*\\*look\\*\\* \\`x\\` (2025-01-06T04:00:00Z)',
      allowed_mentions: { parse: [] },
    });
  });

  it('gets at most 2000 characters, however many have to be escaped', async () => {
    const server = await alertServer({ status: 204 });
    await send(server, 'discord', [alertOf('a', { text: '*'.repeat(5_000) })]);
    const { content } = JSON.parse(server.received[0]?.body ?? '') as { content: string };
    expect(content.length).toBeGreaterThan(1_000);
    expect(content.length).toBeLessThanOrEqual(2_000);
  });

  it('says how long to wait in its body, in seconds', async () => {
    const server = await alertServer({ status: 429, body: '{"message": "You are being rate limited.", "retry_after": 0.65, "global": false}' });
    expect(await send(server, 'discord')).toEqual({ kind: 'failed', why: 'status 429, You are being rate limited.', retryAfterMs: 650 });
  });
});

describe('Telegram', () => {
  it('gets plain text for the chat, silently when it is only for information', async () => {
    const server = await alertServer({ status: 200, body: '{"ok": true, "result": {"message_id": 42}}' });
    expect(await send(server, 'telegram')).toEqual({ kind: 'delivered' });
    await send(server, 'telegram', [alertOf('a'), alertOf('b', { severity: 'critical' })]);
    const [quiet, loud] = server.received;
    expect(quiet?.path).toBe('/bot123:telegram-secret/sendMessage');
    expect(JSON.parse(quiet?.body ?? '')).toEqual({
      chat_id: '-100200',
      text: '[simulated] Alert a. Something happened (2025-01-06T04:00:00Z)',
      link_preview_options: { is_disabled: true },
      disable_notification: true,
    });
    expect(JSON.parse(loud?.body ?? '')).toMatchObject({ disable_notification: false });
  });

  it('has taken a message only when it says so', async () => {
    for (const body of ['{"ok": false, "description": "Bad Request: chat not found"}', '[]', 'null', 'garbage', '']) {
      const server = await alertServer({ status: 200, body });
      expect(await send(server, 'telegram')).toMatchObject({ kind: 'failed' });
    }
  });

  it('says how long to wait among its parameters, and why it refuses in its description', async () => {
    const server = await alertServer(
      { status: 429, body: '{"ok":false,"error_code":429,"description":"Too Many Requests: retry after 7","parameters":{"retry_after":7}}' },
      { status: 403, body: '{"ok":false,"error_code":403,"description":"Forbidden: bot was blocked by the user"}' },
    );
    expect(await send(server, 'telegram')).toEqual({ kind: 'failed', why: 'status 429, Too Many Requests: retry after 7', retryAfterMs: 7_000 });
    expect(await send(server, 'telegram')).toEqual({ kind: 'refused', why: 'status 403, Forbidden: bot was blocked by the user' });
  });
});

describe('a webhook', () => {
  it('gets the alerts as the API tells them, signed with the second', async () => {
    const server = await alertServer({ status: 200 });
    expect(await send(server, 'webhook', [alertOf('a'), alertOf('b')])).toEqual({ kind: 'delivered' });
    const { headers = {}, body = '' }: Partial<Received> = server.received[0] ?? {};
    const { atMs, ...rest } = alertOf('a');
    expect(JSON.parse(body)).toEqual({
      type: 'nightdesk.alerts',
      sentAt: '2026-11-20T08:00:00.500Z',
      alerts: [
        { ...rest, at: new Date(atMs).toISOString() },
        { ...rest, id: 'b', title: 'Alert b', at: new Date(atMs).toISOString() },
      ],
    });
    expect(headers['webhook-timestamp']).toBe('1795161600');
    const signed = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`;
    expect(headers['webhook-signature']).toBe(`v1,${createHmac('sha256', KEY).update(signed).digest('base64')}`);
  });

  it('is signed as the example of the standard is', () => {
    const signed = 'msg_p5jXN8AQM9LWM0D4loKWxJek.1614265330.{"test": 2432232314}';
    expect(signature('whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', signed)).toBe('v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=');
  });

  it('has the same id each time the same alerts are sent, and another signature each second', async () => {
    const server = await alertServer({ status: 500 });
    await send(server, 'webhook', [alertOf('a')], NOW_MS);
    await send(server, 'webhook', [alertOf('a')], NOW_MS + 5_000);
    await send(server, 'webhook', [alertOf('b')], NOW_MS);
    const [first, again, other] = server.received.map(({ headers }) => headers);
    expect(first?.['webhook-id']).toMatch(/^msg_[0-9a-f]{32}$/);
    expect(again?.['webhook-id']).toBe(first?.['webhook-id']);
    expect(other?.['webhook-id']).not.toBe(first?.['webhook-id']);
    expect(again?.['webhook-signature']).not.toBe(first?.['webhook-signature']);
  });
});

describe('an answer', () => {
  const answered = async (reply: Reply, delivery = QUICK): Promise<Outcome> =>
    send(await alertServer(reply), 'webhook', [alertOf('a')], NOW_MS, delivery);

  it.each([
    [200, 'delivered'],
    [204, 'delivered'],
    [302, 'refused'],
    [400, 'refused'],
    [401, 'refused'],
    [404, 'refused'],
    [410, 'refused'],
    [408, 'failed'],
    [425, 'failed'],
    [429, 'failed'],
    [500, 'failed'],
    [503, 'failed'],
  ] as const)('of %i means %s', async (status, kind) => {
    expect((await answered({ status, headers: { location: 'http://127.0.0.1:1/elsewhere' } })).kind).toBe(kind);
  });

  it.each([
    ['7', 7_000],
    ['0', 0],
    ['0.25', 250],
    ['Fri, 20 Nov 2026 08:00:30 GMT', 29_500],
    ['Fri, 20 Nov 2026 07:00:00 GMT', 0],
    ['soon', null],
    ['-5', null],
    ['2026-11-20', null],
    ['', null],
  ])('that asks to come again after %j is waited for: %s ms', async (header, retryAfterMs) => {
    expect(await answered({ status: 429, headers: { 'retry-after': header } })).toEqual({ kind: 'failed', why: 'status 429', retryAfterMs });
  });

  it('that does not come within the timeout is a failure, and so is one that never ends', async () => {
    expect(await answered(() => undefined, HURRIED)).toEqual({ kind: 'failed', why: 'no answer within 800 ms', retryAfterMs: null });
    const dripping: Reply = (_request, response) => {
      response.writeHead(200);
      const timer = setInterval(() => response.write('.'), 50);
      response.on('close', () => clearInterval(timer));
    };
    expect(await answered(dripping, HURRIED)).toEqual({ kind: 'failed', why: 'no answer within 800 ms', retryAfterMs: null });
  });

  it('of any length is read only at its beginning', async () => {
    const endless: Reply = (_request, response) => {
      response.writeHead(200);
      const more = (): void => void (response.destroyed || response.write('x'.repeat(65_536), () => setImmediate(more)));
      more();
    };
    expect(await answered(endless)).toEqual({ kind: 'delivered' });
  });

  it('that is cut off, or none at all, is a failure', async () => {
    expect(await answered((request) => request.socket.destroy())).toMatchObject({ kind: 'failed', why: expect.stringMatching(/^not reached: /) });
    expect(await send({ url: 'http://127.0.0.1:1' }, 'webhook')).toEqual({
      kind: 'failed',
      why: expect.stringMatching(/^not reached: /),
      retryAfterMs: null,
    });
  });

  it.each(['slack', 'discord', 'telegram', 'webhook'] as const)('never brings the secret of %s into the reason', async (name) => {
    const echo: Reply = (request, response) => {
      response.writeHead(400);
      response.end(`Cannot POST ${request.url}`);
    };
    const outcomes = [await send(await alertServer(echo), name), await send({ url: 'http://127.0.0.1:1' }, name)];
    expect(JSON.stringify(outcomes)).not.toContain('secret');
  });
});
