import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import type { Outcome } from '../../../shared/alerts/delivery-plan.ts';
import { wordingOf } from '../../../shared/alerts/wording.ts';
import { ALERT_MAIL, BUS_SOURCE } from '../../../shared/contracts/bus-event.ts';
import type { AlertChannel } from '../../../shared/engine/alerts/deliver-alerts.ts';
import { messageOf } from '../../../shared/kernel/errors.ts';

const MOST_CHARACTERS = 8_000;

/** Mail by way of the bus: a rule there hands the text to the topic that mails it, as JSON has it: so it is one line. */
export function mailChannel(busName: string): AlertChannel {
  const client = new EventBridgeClient({ maxAttempts: 2 });
  return {
    name: 'mail',
    send: async (alerts): Promise<Outcome> => {
      const Detail = JSON.stringify({ text: wordingOf(alerts, MOST_CHARACTERS).replaceAll('\n', ' | ') });
      try {
        const { FailedEntryCount = 0, Entries = [] } = await client.send(
          new PutEventsCommand({ Entries: [{ Source: BUS_SOURCE, DetailType: ALERT_MAIL, Detail, EventBusName: busName }] }),
        );
        return FailedEntryCount === 0 ? { kind: 'delivered' } : failed(Entries[0]?.ErrorCode ?? 'the bus refused it');
      } catch (error) {
        return failed(messageOf(error));
      }
    },
  };
}

const failed = (why: string): Outcome => ({ kind: 'failed', why, retryAfterMs: null });
