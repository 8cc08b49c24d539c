import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

export interface Received {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** An answer, or what is done in its place. */
export type Reply =
  | { readonly status: number; readonly headers?: Readonly<Record<string, string>>; readonly body?: string }
  | ((request: IncomingMessage, response: ServerResponse) => void);

export interface AlertServer {
  readonly url: string;
  readonly received: readonly Received[];
  /** Answers of the next requests, in turn; the last one stays. */
  readonly replies: (...replies: readonly Reply[]) => void;
}

/** A service that alerts are sent to, on a socket of this machine. */
export async function alertServer(...first: readonly Reply[]): Promise<AlertServer> {
  const received: Received[] = [];
  let left = [...first];
  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    received.push({ path: request.url ?? '', headers: request.headers, body: Buffer.concat(chunks).toString('utf8') });
    const reply = (left.length > 1 ? left.shift() : left[0]) ?? { status: 200, body: 'ok' };
    if (typeof reply === 'function') return reply(request, response);
    response.writeHead(reply.status, reply.headers);
    response.end(reply.body);
  };
  const server = createServer((request, response) => void serve(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(
    () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  );
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received,
    replies: (...replies) => {
      left = [...replies];
    },
  };
}
