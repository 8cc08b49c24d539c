import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { bodyTooLarge } from '../../functions/middleware/http-body.ts';
import type { HttpHandler } from '../../functions/middleware/http-function.ts';
import { HttpProblem, problemResponse } from '../../functions/middleware/problem.ts';
import { MAX_BODY_BYTES } from '../../shared/contracts/routes.ts';
import { messageOf, NightdeskError } from '../../shared/kernel/errors.ts';
import { gatewayEvent } from './http-event.ts';

class HttpHostError extends NightdeskError<'port_in_use' | 'cannot_listen'> {}

export interface HttpHostOptions {
  /** 0 for any free port. */
  readonly port: number;
  readonly handler: HttpHandler;
  /** Address to listen on; loopback by default, because no token is asked. */
  readonly host?: string;
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
 * API Gateway on one machine: turns requests on loopback into its events and answers what the handler answers. No token is
 * asked here, so a page of another site must not get through: Host and Origin have to be ours.
 * @throws HttpHostError `port_in_use`, `cannot_listen`
 */
export async function startHttpHost({ port, handler, host = '127.0.0.1' }: HttpHostOptions): Promise<HttpHost> {
  const server = createServer({ requestTimeout: REQUEST_TIMEOUT_MS, headersTimeout: REQUEST_TIMEOUT_MS });
  const bound = await listening(server, port, host);
  const authorities = ourAuthorities(bound);
  server.on('request', (request, response) => {
    answer(request, handler, authorities).then(
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

async function answer(request: IncomingMessage, handler: HttpHandler, authorities: ReadonlySet<string>): Promise<APIGatewayProxyStructuredResultV2> {
  try {
    assertOurs(request, authorities);
    const url = urlOf(request);
    const body = await bodyOf(request);
    return await handler(gatewayEvent(request, url, body, { requestId: randomUUID(), nowMs: Date.now() }));
  } catch (error) {
    if (error instanceof HttpProblem) return problemResponse(error);
    throw error;
  }
}

function send(request: IncomingMessage, response: ServerResponse, result: APIGatewayProxyStructuredResultV2, isLast: boolean): void {
  const body = Buffer.from(result.body ?? '', result.isBase64Encoded ? 'base64' : 'utf8');
  const isRead = request.complete;
  // What was not read of a body would be taken for the next request: the connection ends with this answer.
  const closing = isLast || !isRead ? { connection: 'close' } : {};
  response.writeHead(result.statusCode ?? 200, { ...result.headers, ...closing, 'content-length': String(body.byteLength) });
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

function assertOurs({ headers: { host, origin } }: IncomingMessage, authorities: ReadonlySet<string>): void {
  const allowed = [...authorities];
  if (host === undefined || !authorities.has(host.toLowerCase())) {
    throw new HttpProblem(403, 'foreign_host', `Host must be one of ${allowed.join(', ')}, received ${host ?? 'none'}`, { allowed });
  }
  if (origin !== undefined && !allowed.some((authority) => origin.toLowerCase() === `http://${authority}`)) {
    throw new HttpProblem(403, 'foreign_origin', `Origin must be this machine's own, received ${origin}`, {
      allowed: allowed.map((each) => `http://${each}`),
    });
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
