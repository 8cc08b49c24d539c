import { nightlyReportSchema } from '../../contracts/nightly-report.ts';
import { type KeptReport, StoreError } from '../../engine/ports.ts';
import { messageOf } from '../../kernel/errors.ts';

/** Under these names a day's report is kept, and once more as the newest. */
export const namesOf = (date: string): { readonly json: string; readonly page: string } => ({ json: `${date}.json`, page: `${date}.md` });

export const NEWEST = 'latest';

export const jsonOf = ({ report }: KeptReport): string => `${JSON.stringify(report, null, 2)}\n`;

/** A report as it was kept. @throws StoreError `corrupt` */
export function readReport(json: string, page: string): KeptReport {
  try {
    return { report: nightlyReportSchema.parse(JSON.parse(json)), page };
  } catch (error) {
    throw new StoreError('corrupt', `This is no report of a trading day: ${messageOf(error)}`, {}, { cause: error });
  }
}
