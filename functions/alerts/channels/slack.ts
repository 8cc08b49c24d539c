import { wordingOf } from '../../../shared/alerts/wording.ts';
import type { Alert } from '../../../shared/contracts/alert.ts';
import type { Message } from './post.ts';

/** Slack takes more; longer texts are folded away. */
const MOST_CHARACTERS = 3_000;

/**
 * A message of a Slack incoming webhook. It answers `ok`, or the reason as one word.
 * @see https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks
 */
export function slackMessage(url: string, alerts: readonly Alert[]): Message {
  return {
    url,
    body: JSON.stringify({ text: escaped(wordingOf(alerts, MOST_CHARACTERS)) }),
    isAccepted: (answer) => answer.trim() === 'ok',
    reasonIn: (answer) => /^[a-z_]{1,60}$/.exec(answer.trim())?.[0] ?? null,
  };
}

/** Three characters have a meaning in Slack's text. */
const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
