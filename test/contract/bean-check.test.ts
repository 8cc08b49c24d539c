import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { DAY_MS } from '../../shared/kernel/time.ts';
import { beancountLines } from '../../shared/ledger/export/beancount.ts';
import { dayClosed, happen, roundTrip, START_MS } from '../support/ledger-fixtures.ts';
import { EVERY_ACCOUNT, startPosting } from '../support/planned-postings.ts';

const isInstalled = spawnSync('bean-check', ['--version']).status === 0;

/** What bean-check says of a file, and its exit code. */
function beanCheck(file: string): { readonly status: number | null; readonly said: string } {
  const folder = mkdtempSync(join(tmpdir(), 'nightdesk-beancount-'));
  try {
    const path = join(folder, 'ledger.beancount');
    writeFileSync(path, file);
    const { status, stdout, stderr } = spawnSync('bean-check', [path], { encoding: 'utf8' });
    return { status, said: `${stdout}${stderr}` };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe('an export to Beancount', () => {
  it('passes bean-check', ({ skip }) => {
    if (!isInstalled) skip('bean-check is not on the PATH: pip install beancount');
    const { rows } = happen(null, 'quotes " and \\ and\nlines', [
      startPosting(
        'S-1',
        ...EVERY_ACCOUNT,
        'units:_ 7 1000SATS',
        'market -7 1000SATS',
        'units:é 7 TRUE',
        'market -7 TRUE',
        'units:ends- 7 X-',
        'market -7 X-',
      ),
      ...roundTrip(),
      (account) => dayClosed(account, START_MS + DAY_MS, '2025-01-07'),
      ...roundTrip({ id: 'E:2' }),
    ]);
    const sound = [...beancountLines(rows)].join('\n');
    expect(beanCheck(sound)).toEqual({ status: 0, said: '' });
    expect(beanCheck(sound.replace('205.8 USD', '205.9 USD')).status).toBe(1);
  });
});
