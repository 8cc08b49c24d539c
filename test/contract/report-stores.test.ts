import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { reportSettings } from '../../shared/config/reports.ts';
import { signedHeaders } from '../../shared/store/reports/aws-signature.ts';
import { fileReports } from '../../shared/store/reports/file-reports.ts';
import { memoryReports } from '../../shared/store/reports/memory-reports.ts';
import { s3Reports } from '../../shared/store/reports/s3-reports.ts';
import { S3_CREDENTIALS, S3_REGION, startS3Server } from '../support/s3-server.ts';
import { reportStoreContract } from './report-store.contract.ts';

const KEPT = {
  report: { format: 1, date: '2026-11-27', madeTime: '2026-11-27T15:00:00Z', version: '1', isSound: true, sessions: [] },
  page: '# x',
} as const;

function folder(): string {
  const made = mkdtempSync(join(tmpdir(), 'nightdesk-reports-'));
  onTestFinished(() => rmSync(made, { recursive: true }));
  return join(made, 'reports');
}

const inBucket = async (change: { readonly secretAccessKey?: string } = {}) => {
  const server = await startS3Server();
  const credentials = { ...S3_CREDENTIALS, ...change };
  return { server, reports: s3Reports({ bucket: 'a-bucket', region: S3_REGION, credentials, endpoint: server.url, now: Date.now }) };
};

reportStoreContract('in memory', async () => memoryReports());
reportStoreContract('in a folder', async () => fileReports(folder()));
reportStoreContract('in a bucket', async () => (await inBucket()).reports);

describe('reports in a folder', () => {
  it('are a file for people and one for programs, and no draft is left', async () => {
    const where = folder();
    const told = await fileReports(where).keep({ ...KEPT, report: { ...KEPT.report, sessions: [] } });
    expect(readFileSync(told, 'utf8')).toBe('# x');
    expect(readdirSync(where).sort()).toEqual(['2026-11-27.json', '2026-11-27.md', 'latest.json', 'latest.md']);
  });

  it('that somebody has changed into something else are said to be none', async () => {
    const where = folder();
    const reports = fileReports(where);
    await reports.keep({ ...KEPT, report: { ...KEPT.report, sessions: [] } });
    writeFileSync(join(where, 'latest.json'), '{"format":2}');
    await expect(reports.read('latest')).rejects.toMatchObject({ code: 'corrupt' });
  });
});

describe('reports in a bucket', () => {
  const kept = { ...KEPT, report: { ...KEPT.report, sessions: [] } };

  it('lie under the prefix that the function may write, with their types', async () => {
    const { server, reports } = await inBucket();
    expect(await reports.keep(kept)).toBe('s3://a-bucket/reports/2026-11-27.md');
    const types = Object.fromEntries([...server.objects].map(([key, { type }]) => [key, type]));
    expect(types).toEqual({
      '/a-bucket/reports/2026-11-27.md': 'text/markdown; charset=utf-8',
      '/a-bucket/reports/2026-11-27.json': 'application/json',
      '/a-bucket/reports/latest.md': 'text/markdown; charset=utf-8',
      '/a-bucket/reports/latest.json': 'application/json',
    });
  });

  it('are tried again while S3 is busy', async () => {
    const { server, reports } = await inBucket();
    server.refuseWith(503);
    await reports.keep(kept);
    expect(await reports.read('latest')).toEqual(kept);
  });

  it('are not kept under another secret, which is said and not tried again', async () => {
    const { server, reports } = await inBucket({ secretAccessKey: 'another' });
    await expect(reports.keep(kept)).rejects.toMatchObject({ code: 'unavailable', message: expect.stringContaining('SignatureDoesNotMatch') });
    expect(server.objects.size).toBe(0);
  });

  it('take their place and credentials from what Lambda sets', () => {
    const env = { NIGHTDESK_REPORTS_BUCKET: 'b', AWS_REGION: 'r', AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 's', AWS_SESSION_TOKEN: 't' };
    const credentials = { accessKeyId: 'a', secretAccessKey: 's', sessionToken: 't' };
    expect(reportSettings(env)).toEqual({ bucket: 'b', region: 'r', credentials, endpoint: null });
    expect(() => reportSettings({ ...env, NIGHTDESK_REPORTS_BUCKET: undefined })).toThrow('NIGHTDESK_REPORTS_BUCKET');
  });
});

describe('the signature of a request', () => {
  // The worked examples of AWS: https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
  const credentials = { accessKeyId: ['AKIA', 'IOSFODNN7EXAMPLE'].join(''), secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY' };
  const at = { region: 'us-east-1', atMs: Date.parse('2013-05-24T00:00:00Z') };
  const signatureOf = (headers: Readonly<Record<string, string>>): string | undefined => /Signature=(\w+)$/.exec(headers.authorization ?? '')?.[1];

  it('of a GET is the one that AWS works out', () => {
    const url = new URL('https://examplebucket.s3.amazonaws.com/test.txt');
    const signed = signedHeaders({ method: 'GET', url, headers: { range: 'bytes=0-9' }, body: '' }, credentials, at);
    expect(signatureOf(signed)).toBe('f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41');
  });

  it('of a PUT is the one that AWS works out', () => {
    const url = new URL('https://examplebucket.s3.amazonaws.com/test%24file.text');
    const headers = { date: 'Fri, 24 May 2013 00:00:00 GMT', 'x-amz-storage-class': 'REDUCED_REDUNDANCY' };
    const signed = signedHeaders({ method: 'PUT', url, headers, body: 'Welcome to Amazon S3.' }, credentials, at);
    expect(signatureOf(signed)).toBe('98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd');
  });
});
