import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** An account as the SDK's clients see it: who one is, what the bootstrap left, what is allowed. */
export interface AccountServer {
  readonly url: string;
  readonly asked: string[];
  bootstrapVersion: string | null;
  readonly stop: () => Promise<void>;
}

const IDENTITY =
  '<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult><Arn>arn:aws:iam::123456789012:user/trader</Arn>' +
  '<UserId>U</UserId><Account>123456789012</Account></GetCallerIdentityResult><ResponseMetadata><RequestId>r</RequestId></ResponseMetadata></GetCallerIdentityResponse>';

/** Speaks the protocols of STS, SSM and Service Quotas on one port of this machine. */
export async function startAccountServer(): Promise<AccountServer> {
  const asked: string[] = [];
  const account = { asked, bootstrapVersion: '27' as string | null };
  const server = createServer((request, response) => {
    const target = String(request.headers['x-amz-target'] ?? 'STS');
    asked.push(target);
    request.resume();
    if (target === 'STS') return response.setHeader('content-type', 'text/xml').end(IDENTITY);
    response.setHeader('content-type', 'application/x-amz-json-1.1');
    if (target.endsWith('GetServiceQuota')) return response.end(JSON.stringify({ Quota: { Value: 100 } }));
    if (account.bootstrapVersion !== null) return response.end(JSON.stringify({ Parameter: { Value: account.bootstrapVersion } }));
    response.statusCode = 400;
    return response.end(JSON.stringify({ __type: 'ParameterNotFound', message: 'no such parameter' }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return Object.assign(account, {
    url: `http://127.0.0.1:${port}`,
    stop: () =>
      new Promise<void>((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  });
}
