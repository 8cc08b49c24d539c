import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { journalLine } from '../../../../shared/ledger/export/journal-line.ts';
import { happen, roundTrip, sessionStarted } from '../../../support/ledger-fixtures.ts';

it('a journal in lines carries its own proof: the hashes follow from cutting text', () => {
  const { rows, after } = happen(null, 'a "b", "hash":"c"', [sessionStarted('S-1'), ...roundTrip({ id: 'E:é' })]);
  let previous = '0'.repeat(64);
  for (const row of rows) {
    const cut = /^\{"commandId":("(?:[^"\\]|\\.)*"),"event":(.*),"hash":"([0-9a-f]{64})","seq":(\d+)\}$/.exec(journalLine(row));
    const [, command, event, hash, seq] = cut ?? [];
    expect(createHash('sha256').update(`["${previous}",${seq},${command},${event}]`).digest('hex')).toBe(hash);
    expect(hash).toBe(row.hash);
    previous = hash ?? '';
  }
  expect(previous).toBe(after.hash);
});
