import type { AlertSecrets } from '../../../shared/config/alert-settings.ts';
import type { AlertRules } from '../../../shared/config/alerts.ts';
import type { Alert, ChannelName } from '../../../shared/contracts/alert.ts';
import type { AlertChannel } from '../../../shared/engine/alerts/deliver-alerts.ts';
import { discordMessage } from './discord.ts';
import { type Message, post } from './post.ts';
import { slackMessage } from './slack.ts';
import { telegramMessage } from './telegram.ts';
import { webhookMessage } from './webhook.ts';

/** A channel for each secret that there is. */
export function channelsOf(
  { slack, discord, telegram, webhook }: AlertSecrets,
  rules: Pick<AlertRules, 'delivery' | 'telegramApi'>,
): readonly AlertChannel[] {
  const channel = <T>(
    name: ChannelName,
    secret: T | undefined,
    message: (secret: T, alerts: readonly Alert[], nowMs: number) => Message,
  ): readonly AlertChannel[] =>
    secret === undefined ? [] : [{ name, send: (alerts, nowMs) => post(message(secret, alerts, nowMs), rules.delivery.timeoutMs, nowMs) }];
  return [
    ...channel('slack', slack, slackMessage),
    ...channel('discord', discord, discordMessage),
    ...channel('telegram', telegram, (secret, alerts) => telegramMessage(rules.telegramApi, secret, alerts)),
    ...channel('webhook', webhook, webhookMessage),
  ];
}
