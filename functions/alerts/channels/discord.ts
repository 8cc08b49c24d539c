import { wordingOf } from '../../../shared/alerts/wording.ts';
import type { Alert } from '../../../shared/contracts/alert.ts';
import { type Message, memberOf } from './post.ts';

const MOST_CHARACTERS = 2_000;

/**
 * A message of a Discord webhook. It names nobody, whatever its text says.
 * @see https://discord.com/developers/docs/resources/webhook#execute-webhook
 */
export function discordMessage(url: string, alerts: readonly Alert[]): Message {
  return {
    url,
    body: JSON.stringify({ content: fitted(alerts), allowed_mentions: { parse: [] } }),
    reasonIn: (answer) => memberOf(answer, 'message'),
  };
}

/** Escaping makes a text longer, twice as long at most. */
function fitted(alerts: readonly Alert[]): string {
  const text = escaped(wordingOf(alerts, MOST_CHARACTERS));
  return text.length <= MOST_CHARACTERS ? text : escaped(wordingOf(alerts, MOST_CHARACTERS / 2));
}

const escaped = (text: string): string => text.replace(/[\\*_~`|>#]/g, '\\$&');
