import type { JournalEvent, JournalRow } from '../contracts/journal.ts';
import { canonicalJson } from '../kernel/canonical-json.ts';
import { digestOfText } from '../kernel/digest.ts';

/**
 * The texts of the newest events, by their place in the journal: an event is hashed and then stored or printed, and those of one
 * commit fit in. A weak map of all took four times as long as to write the text.
 */
const NEWEST = 64;
const newest: (JournalEvent | null)[] = Array.from({ length: NEWEST }, () => null);
const texts: string[] = Array.from({ length: NEWEST }, () => '');

/** The event of a row as canonical JSON. Events are never changed: the text of a new one is made once. */
export function eventText({ seq, event }: Pick<JournalRow, 'seq' | 'event'>): string {
  const place = seq % NEWEST;
  if (newest[place] === event) return texts[place] as string;
  const made = canonicalJson(event);
  newest[place] = event;
  texts[place] = made;
  return made;
}

/** The hash of a journal row: `digest(previousHash, seq, commandId, event)`, of the event's text as it is. */
export const rowHash = (previousHash: string, seq: number, commandId: string, event: JournalEvent): string =>
  digestOfText(`["${previousHash}",${seq},${canonicalJson(commandId)},${eventText({ seq, event })}]`);
