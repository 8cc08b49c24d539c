import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';

/** A local server that speaks the market data protocol and the candle history of Upstox, and misbehaves when told to. */
export interface UpstoxServer {
  /** Where the feed is asked for; it redirects to a server that needs a key of one use and no token. */
  readonly url: string;
  readonly rest: string;
  /** What each connection has sent, as parsed JSON with the kind of frame it came in. */
  readonly said: readonly { readonly isBinary: boolean; readonly message: Record<string, unknown> }[];
  /** The Authorization headers of the redirected requests: a token must not travel on. */
  readonly onward: readonly (string | undefined)[];
  /** Paths of the history that were asked for. */
  readonly asked: readonly string[];
  attempts(): number;
  openConnections(): number;
  send(frame: Uint8Array | string): void;
  /** Cuts every connection without a closing handshake. */
  reset(): void;
  /** Reads no more from the lines: pings are not answered. */
  freeze(): void;
  /** Answers the requests from now on with this status; null to accept them again. */
  refuse(status: number | null): void;
  close(): Promise<void>;
}

export interface UpstoxServerOptions {
  readonly token: string;
  /** First frames after a subscription. */
  readonly greeting?: (keys: readonly string[]) => readonly Uint8Array[];
  /** Rows of the history by path. */
  readonly candles?: (path: string) => readonly unknown[];
}

const FEED = '/v3/feed/market-data-feed';
const CHOSEN = '/market-data-feeder/v3/feeds';

export async function startUpstoxServer({ token, greeting = () => [], candles = () => [] }: UpstoxServerOptions): Promise<UpstoxServer> {
  const lines = new Set<Socket>();
  const connections: WebSocket[] = [];
  const said: { readonly isBinary: boolean; readonly message: Record<string, unknown> }[] = [];
  const onward: (string | undefined)[] = [];
  const asked: string[] = [];
  const keys = new Set<string>();
  const sockets = new WebSocketServer({ noServer: true });
  let attempts = 0;
  let refusal: number | null = null;

  const isLetIn = (request: IncomingMessage): boolean => request.headers.authorization === `Bearer ${token}`;

  function history(request: IncomingMessage, response: ServerResponse): void {
    const path = decodeURIComponent(request.url ?? '');
    asked.push(path);
    const status = refusal ?? (isLetIn(request) ? 200 : 401);
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(JSON.stringify(status === 200 ? { status: 'success', data: { candles: candles(path) } } : { status: 'error', errors: [] }));
  }

  const front = await listening(createServer(history), lines);
  const chosen = await listening(createServer(), lines);

  front.on('upgrade', (request, line) => {
    attempts++;
    const status = refusal ?? (isLetIn(request) ? 302 : 401);
    const key = `once-${attempts}`;
    if (status === 302) keys.add(key);
    const location = status === 302 ? `Location: ${at(chosen, 'ws')}${CHOSEN}?code=${key}\r\n` : '';
    line.end(`HTTP/1.1 ${status} ${status === 302 ? 'Found' : 'Refused'}\r\nConnection: close\r\nContent-Length: 0\r\n${location}\r\n`);
  });

  chosen.on('upgrade', (request, line, head) => {
    onward.push(request.headers.authorization);
    const key = new URL(request.url ?? '/', 'http://localhost').searchParams.get('code') ?? '';
    if (!keys.delete(key)) {
      line.end('HTTP/1.1 403 Forbidden\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
      return;
    }
    sockets.handleUpgrade(request, line, head, (socket) => {
      connections.push(socket);
      socket.on('message', (data, isBinary) => {
        const message = JSON.parse(data.toString()) as Record<string, unknown>;
        said.push({ isBinary, message });
        const { instrumentKeys } = message.data as { readonly instrumentKeys: readonly string[] };
        for (const frame of greeting(instrumentKeys)) socket.send(frame);
      });
    });
  });

  const open = (): readonly WebSocket[] => connections.filter((socket) => socket.readyState === socket.OPEN);
  return {
    url: `${at(front, 'ws')}${FEED}`,
    rest: at(front, 'http'),
    said,
    onward,
    asked,
    attempts: () => attempts,
    openConnections: () => open().length,
    send(frame) {
      for (const socket of open()) socket.send(frame);
    },
    reset() {
      for (const line of lines) line.resetAndDestroy();
    },
    freeze() {
      for (const socket of open()) socket.pause();
    },
    refuse(status) {
      refusal = status;
    },
    async close() {
      for (const socket of connections) socket.terminate();
      for (const line of lines) line.destroy();
      sockets.close();
      await Promise.all([front, chosen].map((server) => new Promise((resolve) => server.close(resolve))));
    },
  };
}

const at = (server: Server, scheme: 'ws' | 'http'): string => `${scheme}://127.0.0.1:${(server.address() as AddressInfo).port}`;

async function listening(server: Server, lines: Set<Socket>): Promise<Server> {
  server.on('connection', (line) => {
    lines.add(line);
    line.on('close', () => lines.delete(line));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}
