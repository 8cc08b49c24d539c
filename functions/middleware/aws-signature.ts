import { createHash, createHmac } from 'node:crypto';

/** Credentials as Lambda hands them to a function. */
export interface AwsCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Undefined for a user's own key. */
  readonly sessionToken?: string | undefined;
}

export interface SignedRequest {
  readonly method: 'GET' | 'POST';
  readonly host: string;
  /** Encoded, without a query. */
  readonly path: string;
  readonly body: string;
  readonly region: string;
  readonly service: string;
  readonly nowMs: number;
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
const hmac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest();

/**
 * The headers by which AWS knows who asks: signature version 4. Written out for the one call that needs it, since a client of the SDK for it is larger
 * than all that the function loads of ours for a scan.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/create-signed-request.html
 */
export function signedHeaders(request: SignedRequest, credentials: AwsCredentials): Readonly<Record<string, string>> {
  const { method, host, path, body, region, service, nowMs } = request;
  const stamp = new Date(nowMs).toISOString().replace(/[-:]|\.\d{3}/g, '');
  const date = stamp.slice(0, 8);
  const token: Readonly<Record<string, string>> = credentials.sessionToken === undefined ? {} : { 'x-amz-security-token': credentials.sessionToken };
  const headers: Readonly<Record<string, string>> = { host, 'x-amz-date': stamp, ...token };
  const names = Object.keys(headers).sort();
  const canonicalHeaders = names.map((name) => `${name}:${headers[name]}\n`).join('');
  const signed = names.join(';');
  const scope = `${date}/${region}/${service}/aws4_request`;
  const canonical = [method, path, '', canonicalHeaders, signed, sha256(body)].join('\n');
  const key = [date, region, service, 'aws4_request'].reduce<string | Buffer>(hmac, `AWS4${credentials.secretAccessKey}`);
  const signature = hmac(key, ['AWS4-HMAC-SHA256', stamp, scope, sha256(canonical)].join('\n')).toString('hex');
  const { host: _, ...sent } = headers;
  return {
    ...sent,
    authorization: `AWS4-HMAC-SHA256 Credential=${credentials.accessKeyId}/${scope}, SignedHeaders=${signed}, Signature=${signature}`,
  };
}
