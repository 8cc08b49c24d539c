import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { messageOf } from '../../../shared/kernel/errors.ts';
import { type AwsRequest, callsOf } from './aws-calls.ts';
import type { ResolvedTemplate } from './resolved-template.ts';
import { type AwsCall, mayCall, type Statement, statementsOf } from './role-policies.ts';
import { createServices, refusal, type Services } from './services.ts';

/** A call that was made, and by whom. */
export interface MadeCall extends AwsCall {
  /** The logical id of the role whose key signed it. */
  readonly role: string;
}

/** AWS as the deployed stack meets it: every request is judged by the policies of the role that signed it, then done. */
export interface GuardedAws {
  /** For `AWS_ENDPOINT_URL`. */
  readonly endpoint: string;
  /** Where a task of a role gets its credentials. */
  readonly credentialsOf: (role: string) => string;
  readonly services: Services;
  /** Calls that were let through. */
  readonly made: readonly MadeCall[];
  /** What was not let through, in words: nothing, where every role has what its code needs. */
  readonly refused: readonly string[];
  /** Takes what was refused so far off the list. */
  readonly takeRefused: () => readonly string[];
  /** From now on policies are read with this in between: to take a right away, and see that it is missed. */
  readonly alterPolicies: (alter: (role: string, statements: readonly Statement[]) => readonly Statement[]) => void;
  /** Called before a request of DynamoDB is done; an answer in its place is a fault. */
  readonly meddle: (fault: Fault | null) => void;
  readonly stop: () => Promise<void>;
}

/** What DynamoDB does in place of a request, or null for nothing; it may take its time, and do the request before. */
export type Fault = (request: AwsRequest, done: () => Promise<unknown>) => Promise<{ readonly status: number; readonly body: unknown } | null>;

const SCOPE = /Credential=([^/]+)\/\d{8}\/([^/]+)\/([^/]+)\/aws4_request/;

/** Starts the guarded AWS in front of a DynamoDB and of services in memory. The key that a role signs with is its logical id. */
export async function startGuardedAws(
  template: ResolvedTemplate,
  { dynamo, port }: { readonly dynamo: string; readonly port: number },
): Promise<GuardedAws> {
  const services = createServices();
  const made: MadeCall[] = [];
  const refused: string[] = [];
  const policies = new Map<string, readonly Statement[]>();
  let alter: (role: string, statements: readonly Statement[]) => readonly Statement[] = (_, statements) => statements;
  let fault: Fault | null = null;

  const policyOf = (role: string): readonly Statement[] => {
    const known = policies.get(role) ?? statementsOf(template, role);
    policies.set(role, known);
    return alter(role, known);
  };

  /** @returns why the request is not let through, or null */
  const judge = (role: string, region: string, request: AwsRequest): string | null => {
    if (region !== template.region) return `${role} asks ${request.service} in ${region}, the stack is in ${template.region}`;
    try {
      const calls = callsOf(request, region);
      const denied = calls.filter((call) => !mayCall(policyOf(role), call));
      if (denied.length === 0) made.push(...calls.map((call) => ({ ...call, role })));
      return denied.length === 0 ? null : denied.map((call) => `${role} may not ${inWords(call)}`).join('; ');
    } catch (error) {
      return `${role}: ${messageOf(error)}`;
    }
  };

  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await bodyOf(request);
    const answer = (status: number, value: unknown): void => {
      response.writeHead(status, { 'content-type': 'application/x-amz-json-1.0' }).end(JSON.stringify(value));
    };
    if (request.url?.startsWith('/credentials/') === true) return answer(200, credentials(request.url.slice('/credentials/'.length)));
    const [, role = '', region = '', service = ''] = SCOPE.exec(request.headers.authorization ?? '') ?? [];
    const asked = service === 's3' ? objectRequest(request, body) : jsonRequest(request, service, body);
    const why = judge(role, region, asked);
    if (why !== null) {
      refused.push(why);
      const { status, body: told } = refusal('AccessDeniedException', why);
      return answer(status, told);
    }
    if (service !== 'dynamodb') {
      const { status, body: told } = await services.serve(asked, () => response.destroyed);
      return answer(status, told);
    }
    const perform = async (): Promise<{ readonly status: number; readonly body: Buffer }> => {
      const done = await fetch(dynamo, { method: 'POST', body, headers: forwarded(request) });
      return { status: done.status, body: Buffer.from(await done.arrayBuffer()) };
    };
    const meddled = await fault?.(asked, perform);
    if (meddled != null) return answer(meddled.status, meddled.body);
    const done = await perform();
    response.writeHead(done.status, { 'content-type': 'application/x-amz-json-1.0' }).end(done.body);
  };

  const server = createServer((request, response) => {
    serve(request, response).catch((error: unknown) => {
      refused.push(`A request failed in the test itself: ${messageOf(error)}`);
      response.destroy();
    });
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const endpoint = `http://127.0.0.1:${port}`;
  return {
    endpoint,
    credentialsOf: (role) => `${endpoint}/credentials/${role}`,
    services,
    made,
    refused,
    takeRefused: () => refused.splice(0),
    alterPolicies: (altered) => {
      alter = altered;
    },
    meddle: (next) => {
      fault = next;
    },
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** A call as a person reads it. */
const inWords = ({ action, resource, context }: AwsCall): string =>
  `${action} on ${resource}${Object.entries(context)
    .map(([key, values]) => ` (${key} ${[...new Set(values)].join(', ')})`)
    .join('')}`;

const jsonRequest = ({ headers }: IncomingMessage, service: string, body: string): AwsRequest => ({
  service,
  operation: String(headers['x-amz-target']).split('.')[1] ?? '',
  input: JSON.parse(body),
});

/** S3 has no operations but methods on paths. */
function objectRequest({ method = '', url = '' }: IncomingMessage, body: string): AwsRequest {
  const [, Bucket = '', ...key] = decodeURIComponent(url.split('?')[0] ?? '').split('/');
  return { service: 's3', operation: `${method} object`, input: { Bucket, Key: key.join('/'), Body: body } };
}

const credentials = (role: string): unknown => ({
  AccessKeyId: role,
  SecretAccessKey: 'secret',
  Token: 'token',
  Expiration: new Date(Date.now() + 3_600_000).toISOString(),
});

const forwarded = ({ headers }: IncomingMessage): Record<string, string> => ({
  'content-type': String(headers['content-type']),
  'x-amz-target': String(headers['x-amz-target']),
  authorization: String(headers.authorization),
  'x-amz-date': String(headers['x-amz-date']),
});

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}
