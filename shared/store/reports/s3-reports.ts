import { type ReportStore, StoreError } from '../../engine/ports.ts';
import { wallSleep } from '../../kernel/clock-system.ts';
import { messageOf } from '../../kernel/errors.ts';
import type { EpochMs } from '../../kernel/time.ts';
import { type AwsCredentials, type SignedRequest, signedHeaders } from './aws-signature.ts';
import { jsonOf, NEWEST, namesOf, readReport } from './kept-report.ts';

export interface S3ReportsOptions {
  readonly bucket: string;
  readonly region: string;
  readonly credentials: AwsCredentials;
  /** Another S3 than AWS's; null for AWS's. */
  readonly endpoint: string | null;
  readonly now: () => EpochMs;
}

/** What is under it is what the function's role may write. */
export const REPORTS_PREFIX = 'reports/';

const ATTEMPTS = 3;
const TIMEOUT_MS = 10_000;
const PAUSE_MS = 500;

interface Call extends Pick<SignedRequest, 'method' | 'body'> {
  readonly name: string;
  readonly type: string | null;
}

/** What was read, null where there is nothing; or why not, and whether it may be asked again. */
type Answer = { readonly text: string | null } | { readonly why: string; readonly isPassing: boolean };

/** Reports in a bucket. */
export function s3Reports({ bucket, region, credentials, endpoint, now }: S3ReportsOptions): ReportStore {
  const root = endpoint === null ? `https://${bucket}.s3.${region}.amazonaws.com` : `${endpoint}/${bucket}`;

  const once = async ({ method, name, body, type }: Call): Promise<Answer> => {
    const url = new URL(`${root}/${REPORTS_PREFIX}${name}`);
    const headers = signedHeaders({ method, url, body, headers: type === null ? {} : { 'content-type': type } }, credentials, {
      region,
      atMs: now(),
    });
    try {
      const response = await fetch(url, { method, headers, signal: AbortSignal.timeout(TIMEOUT_MS), ...(method === 'PUT' ? { body } : {}) });
      const text = await response.text();
      if (response.ok) return { text };
      if (method === 'GET' && response.status === 404) return { text: null };
      return { why: `status ${response.status}: ${text.slice(0, 300)}`, isPassing: response.status >= 500 || response.status === 429 };
    } catch (error) {
      return { why: messageOf(error), isPassing: true };
    }
  };

  /** @throws StoreError `unavailable` */
  const send = async (call: Call, attempt = 1): Promise<string | null> => {
    const answer = await once(call);
    if ('text' in answer) return answer.text;
    if (!answer.isPassing || attempt === ATTEMPTS)
      throw new StoreError('unavailable', `${call.method} ${REPORTS_PREFIX}${call.name} in ${bucket} failed: ${answer.why}`, {
        bucket,
        name: call.name,
      });
    await wallSleep(attempt * PAUSE_MS);
    return send(call, attempt + 1);
  };
  const put = (name: string, body: string, type: string): Promise<unknown> => send({ method: 'PUT', name, body, type });
  const get = (name: string): Promise<string | null> => send({ method: 'GET', name, body: '', type: null });

  return {
    keep: async (kept) => {
      const json = jsonOf(kept);
      for (const date of [kept.report.date, NEWEST]) {
        const names = namesOf(date);
        await put(names.page, kept.page, 'text/markdown; charset=utf-8');
        await put(names.json, json, 'application/json');
      }
      return `s3://${bucket}/${REPORTS_PREFIX}${namesOf(kept.report.date).page}`;
    },
    read: async (date) => {
      const names = namesOf(date);
      const [json, page] = [await get(names.json), await get(names.page)];
      return json === null || page === null ? null : readReport(json, page);
    },
  };
}
