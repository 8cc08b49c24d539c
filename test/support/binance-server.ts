import { createServer, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';

/** A local server that speaks Binance's stream protocol, and misbehaves when told to. */
export interface BinanceServer {
  readonly url: string;
  /** The streams that each connection so far asked for, in the order of the connections. */
  readonly asked: readonly (readonly string[])[];
  /** Connection attempts so far, refused ones included. */
  attempts(): number;
  openConnections(): number;
  /** Sends a text to every open connection. */
  send(text: string): void;
  /** Sends to the connection of this number, 0 being the first. */
  sendTo(connection: number, text: string): void;
  /** Pings every connection; resolves with the payload that came back. */
  ping(payload: string): Promise<string>;
  /** Cuts every connection without a closing handshake, as a lost line does. */
  reset(): void;
  /** Answers the upgrades from now on with this HTTP status; null to accept them again. */
  refuse(status: number | null, headers?: Readonly<Record<string, string>>): void;
  close(): Promise<void>;
}

export async function startBinanceServer(greeting: (connection: number) => string | null = () => null): Promise<BinanceServer> {
  const http: Server = createServer();
  const sockets = new WebSocketServer({ noServer: true });
  const connections: WebSocket[] = [];
  const lines = new Set<Socket>();
  const asked: string[][] = [];
  let attempts = 0;
  let refusal: { readonly status: number; readonly headers: Readonly<Record<string, string>> } | null = null;

  http.on('connection', (line) => {
    lines.add(line);
    line.on('close', () => lines.delete(line));
  });
  http.on('upgrade', (request, line, head) => {
    attempts++;
    if (refusal !== null) {
      const headers = Object.entries(refusal.headers).map(([name, value]) => `${name}: ${value}\r\n`);
      line.end(`HTTP/1.1 ${refusal.status} Refused\r\nConnection: close\r\nContent-Length: 0\r\n${headers.join('')}\r\n`);
      return;
    }
    sockets.handleUpgrade(request, line, head, (socket) => {
      const url = new URL(request.url ?? '/', 'http://localhost');
      asked.push((url.searchParams.get('streams') ?? '').split('/'));
      const number = connections.push(socket) - 1;
      const first = greeting(number);
      if (first !== null) socket.send(first);
    });
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));

  const open = (): readonly WebSocket[] => connections.filter((socket) => socket.readyState === socket.OPEN);
  return {
    url: `ws://127.0.0.1:${(http.address() as AddressInfo).port}`,
    asked,
    attempts: () => attempts,
    openConnections: () => open().length,
    send(text) {
      for (const socket of open()) socket.send(text);
    },
    sendTo: (connection, text) => connections[connection]?.send(text),
    ping: (payload) =>
      new Promise((resolve) => {
        for (const socket of open()) {
          socket.once('pong', (data) => resolve(data.toString()));
          socket.ping(payload);
        }
      }),
    reset() {
      for (const line of lines) line.resetAndDestroy();
    },
    refuse(status, headers = {}) {
      refusal = status === null ? null : { status, headers };
    },
    async close() {
      for (const socket of connections) socket.terminate();
      for (const line of lines) line.destroy();
      sockets.close();
      await new Promise((resolve) => http.close(resolve));
    },
  };
}
