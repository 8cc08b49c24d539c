import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import type { LedgerStore, OutboxEvent } from '../../shared/engine/ports.ts';
import { wire } from '../../shared/kernel/canonical-json.ts';
import { messageOf } from '../../shared/kernel/errors.ts';
import type { Log } from '../../shared/kernel/log.ts';

// PutEvents takes at most ten entries.
const BATCH = 10;
const IDLE_MS = 250;

/**
 * Carries the ledger's outbox to the bus, in the order of the journal: on one machine by query, on AWS by the table's
 * stream. An event may come twice after a crash; consumers deduplicate by its id.
 */
export function startOutboxRelay(ledger: LedgerStore, endpoint: string, busName: string, log: Log): { readonly stop: () => Promise<void> } {
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  const client = new EventBridgeClient({ endpoint, region: 'local', credentials, maxAttempts: 2 });
  let isRunning = true;
  let isIdle = true;
  let wake: () => void = () => undefined;

  const pass = async (): Promise<number> => {
    const events = await ledger.outbox(BATCH);
    if (events.length === 0) return 0;
    const answer = await client.send(new PutEventsCommand({ Entries: events.map((event) => entryOf(event, busName)) }));
    if ((answer.FailedEntryCount ?? 0) > 0) throw new Error(`The bus refused ${answer.FailedEntryCount} of ${events.length} events`);
    await ledger.relayed(events);
    return events.length;
  };

  const loop = async (): Promise<void> => {
    while (isRunning) {
      isIdle = true;
      try {
        isIdle = (await pass()) === 0;
      } catch (error) {
        log('warn', 'outbox-not-relayed', { why: messageOf(error) });
      }
      if (isIdle && isRunning) {
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, IDLE_MS);
          wake = () => {
            clearTimeout(timer);
            resolve();
          };
        });
      }
    }
  };

  const running = loop();
  return {
    stop: async () => {
      isRunning = false;
      wake();
      await running;
      client.destroy();
    },
  };
}

const entryOf = (event: OutboxEvent, busName: string): { Source: string; DetailType: string; Detail: string; EventBusName: string } => ({
  Source: 'nightdesk',
  DetailType: event.type,
  Detail: JSON.stringify(wire({ id: event.id, sessionId: event.sessionId, seq: event.seq, atMs: event.atMs, event: event.detail })),
  EventBusName: busName,
});
