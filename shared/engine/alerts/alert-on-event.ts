import { eventAlert, isTold } from '../../alerts/event-alerts.ts';
import type { Alert } from '../../contracts/alert.ts';
import { type BusDetail, busDetailSchema, journalEventOf, sessionOf } from '../../contracts/bus-event.ts';
import type { EngineContext } from '../context.ts';

/**
 * Keeps the alert of a domain event, if it tells one. An event may come twice, and another process may have been quicker: its
 * alert is known by then.
 * @returns the alert that was not known before, or null
 * @throws StoreError when the account cannot be read or the alert not be kept
 */
export async function alertOnEvent(context: EngineContext, detail: unknown): Promise<Alert | null> {
  const envelope = busDetailSchema.safeParse(detail);
  const event = envelope.success ? journalEventOf(envelope.data) : null;
  if (event === null || !isTold(event)) return null;
  const { partition, seq } = envelope.data as BusDetail;
  const account = await context.accounts.current(sessionOf(partition));
  const alert = account === null ? null : eventAlert(event, Number(seq), account);
  if (alert === null) return null;
  const [raised] = await context.ledger.alerts.raise([alert]);
  return raised ?? null;
}
