import { createHmac } from 'node:crypto';
import { type AlertSecrets, signingKey } from '../../../shared/config/alert-settings.ts';
import type { Alert } from '../../../shared/contracts/alert.ts';
import { digest } from '../../../shared/kernel/digest.ts';
import { iso, SECOND_MS } from '../../../shared/kernel/time.ts';
import type { Message } from './post.ts';

/**
 * A message for programs, signed as Standard Webhooks has it: HMAC-SHA256 over id, second and body. The same alerts have the
 * same id, however often they are sent; each alert has its own besides.
 * @see https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 */
export function webhookMessage({ url, secret }: NonNullable<AlertSecrets['webhook']>, alerts: readonly Alert[], nowMs: number): Message {
  const id = `msg_${digest(alerts.map((alert) => alert.id)).slice(0, 32)}`;
  const second = String(Math.floor(nowMs / SECOND_MS));
  const body = JSON.stringify({
    type: 'nightdesk.alerts',
    sentAt: iso(nowMs),
    alerts: alerts.map(({ atMs, ...alert }) => ({ ...alert, at: iso(atMs) })),
  });
  return { url, body, headers: { 'webhook-id': id, 'webhook-timestamp': second, 'webhook-signature': signature(secret, `${id}.${second}.${body}`) } };
}

/** The signature of a text, by a secret as it is written down. */
export const signature = (secret: string, signed: string): string => `v1,${createHmac('sha256', signingKey(secret)).update(signed).digest('base64')}`;
