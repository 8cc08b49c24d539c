import { EventBridgeClient, PutEventsCommand, type PutEventsRequestEntry } from '@aws-sdk/client-eventbridge';
import { BUS_SOURCE, type BusDetail } from '../../shared/contracts/bus-event.ts';
import { busFacts } from '../../shared/contracts/bus-facts.ts';
import type { LedgerStore, OutboxEvent } from '../../shared/engine/ports.ts';
import { canonicalJson } from '../../shared/kernel/canonical-json.ts';
import { wallSleep } from '../../shared/kernel/clock-system.ts';
import { messageOf } from '../../shared/kernel/errors.ts';
import type { Log } from '../../shared/kernel/log.ts';
import { ledgerKeys } from '../../shared/store/keys.ts';

// PutEvents takes at most ten entries.
const BATCH = 10;
const IDLE_MS = 250;
const DRAIN_POLL_MS = 20;

export interface OutboxRelay {
  /** Resolves when everything committed so far has been carried. */
  readonly drained: () => Promise<void>;
  readonly stop: () => Promise<void>;
}

/**
 * Carries the ledger's outbox to the bus, in the order of the journal: on one machine by query, on AWS by the table's
 * stream. An event may come twice after a crash; consumers deduplicate by its id.
 */
export function startOutboxRelay(ledger: LedgerStore, endpoint: string, busName: string, log: Log): OutboxRelay {
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  const client = new EventBridgeClient({ endpoint, region: 'local', credentials, maxAttempts: 2 });
  let isRunning = true;
  let isIdle = true;
  let wake: () => void = () => undefined;

  const pass = async (): Promise<number> => {
    const events = await ledger.outbox(BATCH);
    if (events.length === 0) return 0;
    const entries = events.map((event) => entryOf(event, busName));
    const answer = await client.send(new PutEventsCommand({ Entries: entries.map(({ entry }) => entry) }));
    if ((answer.FailedEntryCount ?? 0) > 0) throw new Error(`The bus refused ${answer.FailedEntryCount} of ${events.length} events`);
    await ledger.relayed(events);
    for (const { entry, detail } of entries) log('info', 'event-told', { type: entry.DetailType, ...busFacts(detail) });
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
    drained: async () => {
      while (isRunning && (await ledger.outbox(1)).length > 0) {
        wake();
        await wallSleep(DRAIN_POLL_MS);
      }
    },
    stop: async () => {
      isRunning = false;
      wake();
      await running;
      client.destroy();
    },
  };
}

function entryOf(event: OutboxEvent, busName: string): { readonly entry: PutEventsRequestEntry; readonly detail: BusDetail } {
  const detail: BusDetail = { partition: ledgerKeys.head(event.sessionId).pk, seq: String(event.seq), event: canonicalJson(event.detail) };
  return { entry: { Source: BUS_SOURCE, DetailType: event.type, Detail: JSON.stringify(detail), EventBusName: busName }, detail };
}
