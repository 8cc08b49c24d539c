import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { runReportCommand } from '../../infra/local/report-cli.ts';
import { reportsFolder } from '../../infra/local/reports-folder.ts';
import type { KeptReport } from '../../shared/engine/ports.ts';
import { fileReports } from '../../shared/store/reports/file-reports.ts';
import { s3Reports } from '../../shared/store/reports/s3-reports.ts';
import { S3_CREDENTIALS, S3_REGION, startS3Server } from '../support/s3-server.ts';

const reportOf = (date: string, isSound: boolean): KeptReport => ({
  report: { format: 1, date, madeTime: `${date}T15:00:00Z`, version: '1', isSound, sessions: [] },
  page: `# ${date}\n`,
});

async function folder(): Promise<string> {
  const state = mkdtempSync(join(tmpdir(), 'nightdesk-report-'));
  onTestFinished(() => rmSync(state, { recursive: true }));
  const reports = fileReports(reportsFolder(state));
  await reports.keep(reportOf('2026-11-26', false));
  await reports.keep(reportOf('2026-11-27', true));
  return state;
}

async function asked(argv: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const [out, err]: [string[], string[]] = [[], []];
  const code = await runReportCommand(argv, { out: (line) => out.push(line), err: (line) => err.push(line), env });
  return { code, out: out.join('\n'), err: err.join('\n') };
}

describe('the report command', () => {
  it('shows the newest report, or that of a day, and ends with 1 where the books were not sound', async () => {
    const state = await folder();
    expect(await asked(['--state', state])).toEqual({ code: 0, out: '# 2026-11-27', err: '' });
    expect(await asked(['--state', state, '--day', '2026-11-26'])).toEqual({ code: 1, out: '# 2026-11-26', err: '' });
    const { out } = await asked(['--state', state, '--json']);
    expect(JSON.parse(out)).toMatchObject({ date: '2026-11-27', isSound: true });
  });

  it('reads the bucket that the environment names', async () => {
    const { url } = await startS3Server();
    const { accessKeyId, secretAccessKey, sessionToken } = S3_CREDENTIALS;
    await s3Reports({ bucket: 'b', region: S3_REGION, credentials: S3_CREDENTIALS, endpoint: url, now: Date.now }).keep(reportOf('2026-11-28', true));
    const env = {
      NIGHTDESK_REPORTS_BUCKET: 'b',
      AWS_REGION: S3_REGION,
      AWS_ACCESS_KEY_ID: accessKeyId,
      AWS_SECRET_ACCESS_KEY: secretAccessKey,
      AWS_SESSION_TOKEN: sessionToken,
      AWS_ENDPOINT_URL_S3: url,
    };
    expect(await asked([], env)).toEqual({ code: 0, out: '# 2026-11-28', err: '' });
  });

  it('says in one line that there is none, and what is wrong with an option', async () => {
    const state = await folder();
    expect(await asked(['--state', join(state, 'elsewhere')])).toMatchObject({
      code: 1,
      err: expect.stringContaining('No report has been kept yet'),
    });
    expect(await asked(['--state', state, '--day', '2026-01-01'])).toMatchObject({ code: 1, err: 'No report of 2026-01-01 has been kept' });
    expect(await asked(['--day', 'yesterday'])).toMatchObject({ code: 2, err: expect.stringContaining('"yesterday"') });
    expect(await asked(['--month'])).toMatchObject({ code: 2, err: expect.stringContaining('--month') });
    expect(await asked(['--help'])).toMatchObject({ code: 0, out: expect.stringContaining('npm run report') });
  });
});
