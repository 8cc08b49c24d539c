import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { bodyTooLarge } from '../../functions/middleware/http-body.ts';
import type { HttpHandler } from '../../functions/middleware/http-function.ts';
import { HttpProblem, problemResponse } from '../../functions/middleware/problem.ts';
import { MAX_BODY_BYTES } from '../../shared/contracts/routes.ts';
import { messageOf, NightdeskError } from '../../shared/kernel/errors.ts';
import type { AccessGate } from './access-gate.ts';
import { preflightAnswer, readableBy } from './cross-origin.ts';
import { gatewayEvent } from './http-event.ts';

class HttpHostError extends NightdeskError<'port_in_use' | 'cannot_listen' | 'open_origin'> {}

export interface HttpHostOptions {
  /** 0 for any free port. */
  readonly port: number;
  readonly handler: HttpHandler;
  /** Address to listen on; loopback by default. */
  readonly host?: string;
  /** Asks for a token before anything of a request is read; null, the default, asks for none. */
  readonly gate?: AccessGate | null;
  /** Origins besides this machine's own whose pages may call. Only with a gate: without one any page there would trade. */
  readonly allowedOrigins?: readonly string[];
}

export interface HttpHost {
  readonly port: number;
  /** Where it answers, such as `http://127.0.0.1:5000`. */
  readonly url: string;
  /** Takes no more requests, lets those under way end, and resolves when the last is answered; cuts them off after `graceMs`. */
  readonly stop: (graceMs?: number) => Promise<void>;
}

const REQUEST_TIMEOUT_MS = 15_000;
const GRACE_MS = 5_000;
const DRAIN_MS = 1_000;

/**
 * API Gateway on one machine: turns requests on loopback into its events and answers what the handler answers. Host and
 * Origin have to be ours, with a token or without: a page of another site must not get through.
 * @throws HttpHostError `port_in_use`, `cannot_listen`, `open_origin`
 */
export async function startHttpHost({ port, handler, host = '127.0.0.1', gate = null, allowedOrigins = [] }: HttpHostOptions): Promise<HttpHost> {
  if (gate === null && allowedOrigins.length > 0) {
    throw new HttpHostError('open_origin', `Without a token no page of another origin may call: received ${allowedOrigins.join(', ')}`, {
      allowedOrigins,
    });
  }
  const server = createServer({ requestTimeout: REQUEST_TIMEOUT_MS, headersTimeout: REQUEST_TIMEOUT_MS });
  const bound = await listening(server, port, host);
  const rules: Rules = { handler, gate, authorities: ourAuthorities(bound), allowedOrigins: new Set(allowedOrigins) };
  server.on('request', (request, response) => {
    answer(request, rules).then(
      (result) => send(request, response, result, !server.listening),
      (error: unknown) => response.destroy(error instanceof Error ? error : new Error(messageOf(error))),
    );
  });
  return { port: bound, url: `http://${host.includes(':') ? `[${host}]` : host}:${bound}`, stop: (graceMs = GRACE_MS) => stopped(server, graceMs) };
}

function listening(server: Server, port: number, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(listenError(error, port, host)));
    server.listen(port, host, () => resolve((server.address() as AddressInfo).port));
  });
}

function listenError(error: NodeJS.ErrnoException, port: number, host: string): HttpHostError {
  if (error.code === 'EADDRINUSE') {
    return new HttpHostError(
      'port_in_use',
      `Port ${port} of ${host} is in use: end what listens there, or choose another with --port`,
      { port, host },
      { cause: error },
    );
  }
  return new HttpHostError('cannot_listen', `Cannot listen on port ${port} of ${host}: ${error.message}`, { port, host }, { cause: error });
}

/** What a request has to pass before the handler sees it. */
interface Rules {
  readonly handler: HttpHandler;
  readonly gate: AccessGate | null;
  /** Names of this machine, with the port. */
  readonly authorities: ReadonlySet<string>;
  readonly allowedOrigins: ReadonlySet<string>;
}

async function answer(request: IncomingMessage, rules: Rules): Promise<APIGatewayProxyStructuredResultV2> {
  const foreign = foreignOrigin(request, rules);
  const result = await answerOurs(request, rules, foreign).catch((error: unknown) => {
    if (error instanceof HttpProblem) return problemResponse(error);
    throw error;
  });
  return foreign === null ? result : { ...result, headers: { ...result.headers, ...readableBy(foreign) } };
}

/** The token is asked for before the body is read: of who has none nothing is kept. */
async function answerOurs(request: IncomingMessage, rules: Rules, foreign: string | null): Promise<APIGatewayProxyStructuredResultV2> {
  assertOurs(request, rules);
  if (foreign !== null && isPreflight(request)) return preflightAnswer(foreign);
  const url = urlOf(request);
  const ids = { requestId: randomUUID(), nowMs: Date.now() };
  if (rules.gate !== null) await passed(rules.gate, gatewayEvent(request, url, Buffer.alloc(0), ids));
  return await rules.handler(gatewayEvent(request, url, await bodyOf(request), ids));
}

/** @throws HttpProblem 401 and 403 of the gate; 500, as API Gateway does, when it cannot tell */
async function passed(gate: AccessGate, event: APIGatewayProxyEventV2): Promise<void> {
  return gate(event).catch((error: unknown) => {
    if (error instanceof HttpProblem) throw error;
    throw new HttpProblem(500, 'authorizer_failed', 'Whether the token is accepted cannot be told now; the log says why', {}, { cause: error });
  });
}

/** The origin of a page elsewhere that was allowed by name; null for every other request. */
function foreignOrigin({ headers: { origin } }: IncomingMessage, { allowedOrigins }: Rules): string | null {
  return origin !== undefined && allowedOrigins.has(origin) ? origin : null;
}

const isPreflight = ({ method, headers }: IncomingMessage): boolean => method === 'OPTIONS' && headers['access-control-request-method'] !== undefined;

function send(request: IncomingMessage, response: ServerResponse, result: APIGatewayProxyStructuredResultV2, isLast: boolean): void {
  const body = Buffer.from(result.body ?? '', result.isBase64Encoded ? 'base64' : 'utf8');
  const length = result.statusCode === 204 ? {} : { 'content-length': String(body.byteLength) };
  const isRead = request.complete;
  // What was not read of a body would be taken for the next request: the connection ends with this answer.
  const closing = isLast || !isRead ? { connection: 'close' } : {};
  response.writeHead(result.statusCode ?? 200, { ...result.headers, ...closing, ...length });
  if (isRead) response.end(request.method === 'HEAD' ? undefined : body);
  else endAfterRest(request, response, body);
}

/** Closing on a client that still sends would reset the connection before it has read why: the rest is let by, for a second. */
function endAfterRest(request: IncomingMessage, response: ServerResponse, body: Buffer): void {
  response.write(body);
  const end = (): void => {
    clearTimeout(timer);
    response.end();
  };
  const timer = setTimeout(end, DRAIN_MS);
  request.once('close', end).once('end', end).resume();
}

/** Names under which a browser or curl reaches this machine; a name that a foreign DNS points here is not among them. */
function ourAuthorities(port: number): ReadonlySet<string> {
  const names = ['127.0.0.1', 'localhost', '[::1]'];
  return new Set(names.flatMap((name) => (port === 80 ? [name, `${name}:80`] : [`${name}:${port}`])));
}

function assertOurs({ headers: { host, origin } }: IncomingMessage, { authorities, allowedOrigins }: Rules): void {
  const allowed = [...authorities];
  if (host === undefined || !authorities.has(host.toLowerCase())) {
    throw new HttpProblem(403, 'foreign_host', `Host must be one of ${allowed.join(', ')}, received ${host ?? 'none'}`, { allowed });
  }
  const origins = [...allowed.map((authority) => `http://${authority}`), ...allowedOrigins];
  if (origin !== undefined && !origins.includes(origin.toLowerCase())) {
    throw new HttpProblem(403, 'foreign_origin', `Origin must be this machine's own or allowed, received ${origin}`, { allowed: origins });
  }
}

function urlOf(request: IncomingMessage): URL {
  const target = request.url ?? '/';
  const url = target.startsWith('/') && !target.startsWith('//') ? URL.parse(`http://local${target}`) : null;
  if (url === null) throw new HttpProblem(400, 'malformed_target', `Expected a path such as /api/v8/live/status, received ${target.slice(0, 200)}`);
  return url;
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const announced = Number(request.headers['content-length'] ?? 0);
  if (announced > MAX_BODY_BYTES) throw bodyTooLarge(announced);
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    bytes += chunk.byteLength;
    if (bytes > MAX_BODY_BYTES) throw bodyTooLarge(bytes);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function stopped(server: Server, graceMs: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const cut = setTimeout(() => server.closeAllConnections(), graceMs);
    server.close((error) => {
      clearTimeout(cut);
      if (error === undefined) resolve();
      else reject(error);
    });
    server.closeIdleConnections();
  });
}
