import { describe, expect, it } from 'vitest';
import type { NightlyReport } from '../../shared/contracts/nightly-report.ts';
import type { ReportStore } from '../../shared/engine/ports.ts';

const reportOf = (date: string, version = '1'): NightlyReport => ({
  format: 1,
  date,
  madeTime: `${date}T15:00:00.000Z`,
  version,
  isSound: true,
  sessions: [],
});

/** What every place that reports are kept in must do. */
export function reportStoreContract(name: string, open: () => Promise<ReportStore>): void {
  describe(`reports ${name}`, () => {
    it('are read back by their day, whole, and by being the newest that was kept', async () => {
      const reports = await open();
      const first = { report: reportOf('2026-11-27'), page: '# Friday: 5 → 6 $\n' };
      const second = { report: reportOf('2026-11-28'), page: '# Saturday\n' };
      expect(await reports.keep(first)).not.toBe('');
      await reports.keep(second);
      expect(await reports.read('2026-11-27')).toEqual(first);
      expect(await reports.read('2026-11-28')).toEqual(second);
      expect(await reports.read('latest')).toEqual(second);
    });

    it('are replaced by another of the same day', async () => {
      const reports = await open();
      await reports.keep({ report: reportOf('2026-11-27'), page: 'a long page about nothing' });
      const again = { report: reportOf('2026-11-27', '2'), page: 'short' };
      await reports.keep(again);
      expect(await reports.read('2026-11-27')).toEqual(again);
      expect(await reports.read('latest')).toEqual(again);
    });

    it('are null where there is none', async () => {
      const reports = await open();
      expect(await reports.read('latest')).toBeNull();
      expect(await reports.read('2026-11-27')).toBeNull();
    });
  });
}
