import type { JournalRow } from '../contracts/journal.ts';
import type { Account } from './account.ts';
import { apply } from './apply.ts';

/** A journal row with the account that it applies to and the one that it leads to. */
export interface Step {
  readonly before: Account | null;
  readonly row: JournalRow;
  readonly after: Account;
}

/** A journal from its first row on, step by step. @throws LedgerError when a row contradicts those before */
export function* replay(rows: Iterable<JournalRow>): Iterable<Step> {
  let before: Account | null = null;
  for (const row of rows) {
    const after = apply(before, row);
    yield { before, row, after };
    before = after;
  }
}

/** Date of the day book that a row is written in: the one that it finds open, so that a close belongs to the day it closes. */
export const bookDate = ({ before, after }: Step): string => (before ?? after).day.date;
