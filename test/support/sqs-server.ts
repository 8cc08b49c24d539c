import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** An empty queue: it answers every receive after a moment, with nothing. */
export async function startEmptyQueue(): Promise<{ readonly url: string; readonly stop: () => Promise<void> }> {
  const server = createServer((request, response) => {
    request.resume();
    const answer = setTimeout(() => response.setHeader('content-type', 'application/x-amz-json-1.0').end('{}'), 1_000);
    response.once('close', () => clearTimeout(answer));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop: () =>
      new Promise<void>((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
