import type { JournalRow } from '../contracts/journal.ts';
import { StoreError } from '../engine/ports.ts';
import type { Items } from './items.ts';
import { ledgerKeys } from './keys.ts';
import { readJournalRow } from './ledger-rows.ts';

const JOURNAL_PAGE = 500;

/** Journal rows after `afterSeq`, in order, up to the newest. @throws StoreError `corrupt` at a gap */
export async function* readJournal(items: Items, sessionId: string, afterSeq: number): AsyncIterable<JournalRow> {
  let after = afterSeq;
  for (;;) {
    const page = await items.query('ledger', ledgerKeys.journalAfter(sessionId, after), { limit: JOURNAL_PAGE });
    for (const item of page) {
      const row = readJournalRow(item);
      if (row.seq !== after + 1) throw new StoreError('corrupt', `Row ${item.pk} ${item.sk} follows journal row ${after}`, { sessionId, after });
      after = row.seq;
      yield row;
    }
    if (page.length < JOURNAL_PAGE) return;
  }
}
