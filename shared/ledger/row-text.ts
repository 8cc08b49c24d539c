import type { JournalEvent } from '../contracts/journal.ts';
import { canonicalJson } from '../kernel/canonical-json.ts';
import { digestOfText } from '../kernel/digest.ts';

/** Of events that are written more than once: hashed, then stored or printed. */
const TEXTS = new WeakMap<JournalEvent, string>();

/** An event as canonical JSON. Events are never changed: the text of one is made once. */
export function eventText(event: JournalEvent): string {
  const known = TEXTS.get(event);
  if (known !== undefined) return known;
  const made = canonicalJson(event);
  TEXTS.set(event, made);
  return made;
}

/** The hash of a journal row: `digest(previousHash, seq, commandId, event)`, of the event's text as it is. */
export const rowHash = (previousHash: string, seq: number, commandId: string, event: JournalEvent): string =>
  digestOfText(`[${canonicalJson(previousHash)},${seq},${canonicalJson(commandId)},${eventText(event)}]`);
