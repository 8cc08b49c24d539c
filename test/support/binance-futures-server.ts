import { createServer, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';

/** A local server that speaks Binance's USD-M futures: the routed streams and the REST endpoints, and misbehaves when told to. */
export interface BinanceFuturesServer {
  readonly urls: { readonly webSocket: readonly string[]; readonly rest: readonly string[] };
  /** Paths with their decoded streams, in the order of the connections. */
  readonly asked: readonly string[];
  readonly requests: readonly string[];
  /** REST answers by path without the query; a number is a status, a missing path 404. */
  readonly answers: Map<string, unknown>;
  openConnections(): number;
  /** Sends a text to every open connection of a route: `/market`, `/public`. */
  send(route: string, text: string): void;
  /** Cuts every connection without a closing handshake. */
  reset(): void;
  close(): Promise<void>;
}

export async function startBinanceFuturesServer(answers: Readonly<Record<string, unknown>>): Promise<BinanceFuturesServer> {
  const told = new Map(Object.entries(answers));
  const asked: string[] = [];
  const requests: string[] = [];
  const lines = new Set<Socket>();
  const open = new Map<WebSocket, string>();
  const sockets = new WebSocketServer({ noServer: true });
  const http: Server = createServer((request, response) => {
    requests.push(request.url ?? '');
    const answer = told.get((request.url ?? '').split('?')[0] ?? '') ?? 404;
    response.writeHead(typeof answer === 'number' ? answer : 200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(typeof answer === 'number' ? { code: -1, msg: 'refused' } : answer));
  });
  http.on('connection', (line) => {
    lines.add(line);
    line.on('error', () => undefined);
    line.on('close', () => lines.delete(line));
  });
  http.on('upgrade', (request, line, head) => {
    sockets.handleUpgrade(request, line, head, (socket) => {
      const path = decodeURIComponent(request.url ?? '');
      asked.push(path);
      open.set(socket, path);
      socket.on('error', () => undefined);
      socket.on('close', () => open.delete(socket));
    });
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  const { port } = http.address() as AddressInfo;
  return {
    urls: { webSocket: [`ws://127.0.0.1:${port}`], rest: [`http://127.0.0.1:${port}`] },
    asked,
    requests,
    answers: told,
    openConnections: () => open.size,
    send(route, text) {
      for (const [socket, path] of open) if (path.startsWith(`${route}/`)) socket.send(text);
    },
    reset() {
      for (const line of lines) line.resetAndDestroy();
    },
    async close() {
      for (const line of lines) line.destroy();
      await new Promise<void>((resolve) => http.close(() => resolve()));
    },
  };
}
