import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';
import { signedHeaders } from '../../shared/store/reports/aws-signature.ts';

export interface S3Server {
  readonly url: string;
  /** What lies there, by bucket and key. */
  readonly objects: ReadonlyMap<string, { readonly body: string; readonly type: string | null }>;
  /** The next requests are answered with these statuses and do nothing. */
  readonly refuseWith: (...statuses: readonly number[]) => void;
}

export const S3_CREDENTIALS = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret', sessionToken: 'token/of+a=session' };
export const S3_REGION = 'ap-south-1';
const MOST_SKEW_MS = 900_000;

/**
 * PUT and GET of S3's objects, path style. Like S3 it refuses what is not signed by these credentials, of another time, or whose
 * body is not the one that was signed. The signature is reckoned by the function that AWS's own examples are tested with.
 */
export async function startS3Server(): Promise<S3Server> {
  const objects = new Map<string, { body: string; type: string | null }>();
  let refusals: number[] = [];

  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks).toString('utf8');
    const status = refusals.shift();
    if (status !== undefined) return response.writeHead(status).end('<Error><Code>SlowDown</Code></Error>');
    const { method, headers, url: path = '' } = request;
    const atMs = stampOf(String(headers['x-amz-date']));
    const type = headers['content-type'] ?? null;
    const url = new URL(path, `http://${headers.host}`);
    const given: Readonly<Record<string, string>> = type === null ? {} : { 'content-type': type };
    const signed = method === 'PUT' || method === 'GET' ? ({ method, url, body, headers: given } as const) : null;
    const expected = signed && signedHeaders(signed, S3_CREDENTIALS, { region: S3_REGION, atMs });
    const isOfBody = headers['x-amz-content-sha256'] === createHash('sha256').update(body).digest('hex');
    if (expected?.authorization !== headers.authorization || !isOfBody || Math.abs(Date.now() - atMs) > MOST_SKEW_MS) {
      return response.writeHead(403).end('<Error><Code>SignatureDoesNotMatch</Code></Error>');
    }
    if (method === 'PUT') {
      objects.set(url.pathname, { body, type });
      return response.writeHead(200).end();
    }
    const found = objects.get(url.pathname);
    return found === undefined ? response.writeHead(404).end('<Error><Code>NoSuchKey</Code></Error>') : response.writeHead(200).end(found.body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    objects,
    refuseWith: (...statuses) => {
      refusals = [...statuses];
    },
  };
}

const stampOf = (stamp: string): number => Date.parse(stamp.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'));
