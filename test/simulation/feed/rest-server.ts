import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** How a REST server answers. `slow` answers late, `torn` cuts the line within the body. */
export type RestManner = 'well' | 'rate_limited' | 'banned' | 'server_error' | 'unavailable' | 'garbage' | 'torn' | 'slow';

export interface RestServer {
  readonly url: string;
  manner: RestManner;
  /** What a refusal tells to wait, whole seconds. */
  retryAfterSeconds: number;
  /** Requests that came and wait for their time to be answered. */
  waiting(): number;
  readonly counts: Readonly<Record<RestManner, number>>;
  close(): Promise<void>;
}

export interface RestServerOptions {
  /** The body for a request. */
  readonly body: (url: URL) => string;
  /** Runs a task so many ms later. */
  readonly later: (ms: number, task: () => void) => void;
  readonly onActivity: () => void;
}

const LATENCY_MS = 120;
const SLOW_MS = 6_000;
const STATUS: Readonly<Partial<Record<RestManner, number>>> = { rate_limited: 429, banned: 418, server_error: 500, unavailable: 503 };

/** A local server for the venue's public REST data, that misbehaves when told to. */
export async function startRestServer({ body, later, onActivity }: RestServerOptions): Promise<RestServer> {
  const counts: Record<RestManner, number> = {
    ...{ well: 0, rate_limited: 0, banned: 0, server_error: 0, unavailable: 0, garbage: 0, torn: 0, slow: 0 },
  };
  let waiting = 0;
  const http = createServer((request, response) => {
    onActivity();
    waiting++;
    const { manner, retryAfterSeconds } = server;
    counts[manner]++;
    later(manner === 'slow' ? SLOW_MS : LATENCY_MS, () => {
      waiting--;
      onActivity();
      answer(manner, retryAfterSeconds, request, response);
    });
  });
  http.on('connection', (line) => {
    onActivity();
    line.on('error', onActivity);
    line.on('close', onActivity);
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));

  function answer(manner: RestManner, retryAfterSeconds: number, request: IncomingMessage, response: ServerResponse): void {
    const status = STATUS[manner];
    if (status !== undefined) {
      response.writeHead(status, status < 500 ? { 'retry-after': String(retryAfterSeconds) } : {}).end('{"code":-1003,"msg":"no"}');
      return;
    }
    const text = body(new URL(request.url ?? '/', 'http://localhost'));
    const length = Buffer.byteLength(text);
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': String(length) });
    if (manner === 'torn') response.write(text.slice(0, Math.floor(length / 2)), () => response.socket?.resetAndDestroy());
    else response.end(manner === 'garbage' ? text.replaceAll(/[[\]]/g, '#') : text);
  }

  const server: RestServer = {
    url: `http://127.0.0.1:${(http.address() as AddressInfo).port}`,
    manner: 'well',
    retryAfterSeconds: 1,
    waiting: () => waiting,
    counts,
    async close() {
      http.closeAllConnections();
      await new Promise((resolve) => http.close(resolve));
    },
  };
  return server;
}
