import { createHash, createHmac } from 'node:crypto';
import type { EpochMs } from '../../kernel/time.ts';

export interface AwsCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Of temporary credentials, which those of a function are. */
  readonly sessionToken?: string;
}

export interface SignedRequest {
  readonly method: 'GET' | 'PUT';
  /** Without a query; its path encoded once, as S3 wants it. */
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

const ALGORITHM = 'AWS4-HMAC-SHA256';

/**
 * The headers of a request to S3 with AWS's signature, version 4, over all of them and the body.
 * The SDK's client for S3 would be larger than the function that calls it once a day.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
 */
export function signedHeaders(
  { method, url, headers, body }: SignedRequest,
  { accessKeyId, secretAccessKey, sessionToken }: AwsCredentials,
  { region, atMs }: { readonly region: string; readonly atMs: EpochMs },
): Readonly<Record<string, string>> {
  const stamp = new Date(atMs).toISOString().replace(/[-:]|\.\d{3}/g, '');
  const day = stamp.slice(0, 'YYYYMMDD'.length);
  const all: Readonly<Record<string, string>> = {
    ...headers,
    host: url.host,
    'x-amz-content-sha256': sha256(body),
    'x-amz-date': stamp,
    ...(sessionToken === undefined ? {} : { 'x-amz-security-token': sessionToken }),
  };
  const names = Object.keys(all)
    .map((name) => name.toLowerCase())
    .sort();
  const byName = new Map(Object.entries(all).map(([name, value]) => [name.toLowerCase(), value.trim()]));
  const canonical = [method, url.pathname, '', ...names.map((name) => `${name}:${byName.get(name) ?? ''}`), '', names.join(';'), sha256(body)].join(
    '\n',
  );
  const scope = `${day}/${region}/s3/aws4_request`;
  const key = [day, region, 's3', 'aws4_request'].reduce<Buffer | string>((secret, part) => hmac(secret, part), `AWS4${secretAccessKey}`);
  const signature = hmac(key, [ALGORITHM, stamp, scope, sha256(canonical)].join('\n')).toString('hex');
  const authorization = `${ALGORITHM} Credential=${accessKeyId}/${scope},SignedHeaders=${names.join(';')},Signature=${signature}`;
  const { host: _, ...sent } = all;
  return { ...sent, authorization };
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
const hmac = (key: Buffer | string, text: string): Buffer => createHmac('sha256', key).update(text).digest();
