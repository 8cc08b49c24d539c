import type { KeptReport, ReportStore } from '../../engine/ports.ts';

/** Reports that last as long as their process. */
export function memoryReports(): ReportStore {
  const kept = new Map<string, KeptReport>();
  return {
    keep: async (report) => {
      kept.set(report.report.date, report);
      kept.set('latest', report);
      return 'memory';
    },
    read: async (date) => kept.get(date) ?? null,
  };
}
