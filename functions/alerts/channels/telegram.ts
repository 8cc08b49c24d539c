import { wordingOf } from '../../../shared/alerts/wording.ts';
import type { AlertSecrets } from '../../../shared/config/alert-settings.ts';
import type { Alert } from '../../../shared/contracts/alert.ts';
import { jsonOrNull, type Message, memberOf } from './post.ts';

const MOST_CHARACTERS = 4_096;

/**
 * A message of a Telegram bot: plain text, so that nothing in it needs escaping; without a sound when it is only for information.
 * @param api base address of the Bot API
 * @see https://core.telegram.org/bots/api#sendmessage
 */
export function telegramMessage(api: string, { token, chat }: NonNullable<AlertSecrets['telegram']>, alerts: readonly Alert[]): Message {
  return {
    url: `${api}/bot${token}/sendMessage`,
    body: JSON.stringify({
      chat_id: chat,
      text: wordingOf(alerts, MOST_CHARACTERS),
      link_preview_options: { is_disabled: true },
      disable_notification: alerts.every(({ severity }) => severity === 'info'),
    }),
    isAccepted: (answer) => (jsonOrNull(answer) as { readonly ok?: unknown } | null)?.ok === true,
    reasonIn: (answer) => memberOf(answer, 'description'),
  };
}
