import type { JournalRow } from '../../contracts/journal.ts';
import { canonicalJson } from '../../kernel/canonical-json.ts';
import { eventText } from '../row-text.ts';

/**
 * A journal row as one line of canonical JSON:
 *
 *   {"commandId":COMMAND,"event":EVENT,"hash":"HASH","seq":SEQ}
 *
 * HASH is SHA-256, in hex, of the text `["PREVIOUS",SEQ,COMMAND,EVENT]` in UTF-8, with SEQ, COMMAND and EVENT as they stand in the
 * line and PREVIOUS the HASH of the line before; of the first line 64 zeros. So the chain can be checked by cutting text, in any
 * language, whatever its numbers are.
 */
export const journalLine = ({ commandId, event, hash, seq }: JournalRow): string =>
  `{"commandId":${canonicalJson(commandId)},"event":${eventText({ seq, event })},"hash":"${hash}","seq":${seq}}`;
