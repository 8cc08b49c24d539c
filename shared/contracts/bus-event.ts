import * as z from 'zod';
import { type JournalEvent, journalEventSchema } from './journal.ts';

/** Source of every event of ours on the bus. */
export const BUS_SOURCE = 'nightdesk';

/** Detail-type of what is to be mailed: `{ text }`. No domain event, and told to nobody but the topic that mails. */
export const ALERT_MAIL = 'alert-mail';

/**
 * The detail of an event on the bus, its detail-type being the journal event's type. All text, as it stands in the
 * row: what carries the journal to the bus need not read it. An event may come twice: partition and seq tell.
 */
export const busDetailSchema = z.object({
  /** Partition of the ledger: `S#<session>`. */
  partition: z.string(),
  seq: z.string(),
  /** The journal's event as JSON text. */
  event: z.string(),
});
export type BusDetail = z.infer<typeof busDetailSchema>;

const SESSION_PREFIX = 'S#';

/** The session whose partition an event comes from. */
export const sessionOf = (partition: string): string => partition.slice(SESSION_PREFIX.length);

/** The journal's event in a detail, or null when it is none of ours. */
export function journalEventOf(detail: unknown): JournalEvent | null {
  const envelope = busDetailSchema.safeParse(detail);
  if (!envelope.success) return null;
  const event = journalEventSchema.safeParse(JSON.parse(envelope.data.event));
  return event.success ? event.data : null;
}
