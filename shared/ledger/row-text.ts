import type { JournalEvent } from '../contracts/journal.ts';
import { canonicalJson } from '../kernel/canonical-json.ts';
import { digestOfText } from '../kernel/digest.ts';

/**
 * The texts of the newest events, for an event is hashed and then stored or printed: those of one commit fit in. A weak map of all
 * took four times as long as to write the text.
 */
const NEWEST = 64;
const newest: (JournalEvent | null)[] = Array.from({ length: NEWEST }, () => null);
const texts: string[] = Array.from({ length: NEWEST }, () => '');
let place = 0;

/** An event as canonical JSON. Events are never changed: the text of a new one is made once. */
export function eventText(event: JournalEvent): string {
  for (let age = 1; age <= NEWEST; age++) {
    const at = (place - age + NEWEST) % NEWEST;
    if (newest[at] === event) return texts[at] as string;
  }
  const made = canonicalJson(event);
  newest[place] = event;
  texts[place] = made;
  place = (place + 1) % NEWEST;
  return made;
}

/** The hash of a journal row: `digest(previousHash, seq, commandId, event)`, of the event's text as it is. */
export const rowHash = (previousHash: string, seq: number, commandId: string, event: JournalEvent): string =>
  digestOfText(`["${previousHash}",${seq},${canonicalJson(commandId)},${eventText(event)}]`);
