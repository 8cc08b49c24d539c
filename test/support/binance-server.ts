import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';

/** A local server that speaks Binance's stream protocol, and misbehaves when told to. */
export interface BinanceServer {
  readonly url: string;
  /** The streams that each connection so far asked for, in the order of the connections. */
  readonly asked: readonly (readonly string[])[];
  /** Connection attempts so far, refused ones included. */
  attempts(): number;
  openConnections(): number;
  /** The numbers of the connections that are open, 0 being the first ever. */
  openNumbers(): readonly number[];
  /** Sends a text to every open connection. */
  send(text: string): void;
  /** Sends to the connection of this number, 0 being the first. */
  sendTo(connection: number, text: string): void;
  /** Sends several texts to a connection in one piece. */
  sendAllTo(connection: number, texts: readonly string[]): void;
  /** Pings every connection; resolves with the payload that came back. */
  ping(payload: string): Promise<string>;
  /** Pings one connection; what comes back is told to `onPong`. */
  pingOne(connection: number, payload: string): void;
  /** Cuts every connection without a closing handshake, as a lost line does. */
  reset(): void;
  /** Sends every connection the beginning of a frame, and cuts it. */
  tear(): void;
  /** Says goodbye to one connection. */
  closeOne(connection: number, code: number, reason: string): void;
  /**
   * Answers the upgrades from now on with this HTTP status, not at all until further notice (`stall`), or by cutting the line
   * (`reset`); null to accept them again, and those that waited.
   */
  refuse(status: number | 'stall' | 'reset' | null, headers?: Readonly<Record<string, string>>): void;
  close(): Promise<void>;
}

export interface BinanceServerHooks {
  /** The first text of a connection, by its number. */
  readonly greeting?: (connection: number) => string | null;
  /** Accepts an upgrade, now or later. */
  readonly admit?: (accept: () => void) => void;
  readonly onAttempt?: () => void;
  /** Hears of texts and pongs of the client. */
  readonly onHeard?: (connection: number, what: 'text' | 'pong', payload: string) => void;
  /** Hears that something has happened on a socket. */
  readonly onActivity?: () => void;
}

interface Refusal {
  readonly status: number | 'stall' | 'reset';
  readonly headers: Readonly<Record<string, string>>;
}

/** The head of a text frame of 60,000 bytes, and the first of them. */
const HALF_A_FRAME = Buffer.concat([Buffer.from([0x81, 126, 0xea, 0x60]), Buffer.from('{"stream":"btcusdt@trade","data":{"e":"tra')]);

export async function startBinanceServer(hooks: BinanceServerHooks | ((connection: number) => string | null) = {}): Promise<BinanceServer> {
  const told: BinanceServerHooks = typeof hooks === 'function' ? { greeting: hooks } : hooks;
  const { greeting = () => null, admit = (take: () => void) => take(), onActivity = () => {} } = told;
  const http: Server = createServer();
  const sockets = new WebSocketServer({ noServer: true });
  const connections: WebSocket[] = [];
  const lineOf: Duplex[] = [];
  const lines = new Set<Socket>();
  const waiting = new Set<() => void>();
  const open = new Set<number>();
  const asked: string[][] = [];
  let attempts = 0;
  let refusal: Refusal | null = null;

  function accept(request: IncomingMessage, line: Duplex, head: Buffer): void {
    if (line.destroyed) return;
    sockets.handleUpgrade(request, line, head, (socket) => {
      const url = new URL(request.url ?? '/', 'http://localhost');
      asked.push((url.searchParams.get('streams') ?? '').split('/'));
      const number = connections.push(socket) - 1;
      lineOf.push(line);
      open.add(number);
      socket.on('message', (data) => hear(number, 'text', String(data)));
      socket.on('pong', (data) => hear(number, 'pong', String(data)));
      socket.on('error', onActivity);
      socket.on('close', () => {
        open.delete(number);
        onActivity();
      });
      const first = greeting(number);
      if (first !== null) socket.send(first);
    });
  }

  function hear(connection: number, what: 'text' | 'pong', payload: string): void {
    onActivity();
    told.onHeard?.(connection, what, payload);
  }

  function answer(request: IncomingMessage, line: Socket, head: Buffer): void {
    if (refusal === null) {
      admit(() => accept(request, line, head));
      return;
    }
    const { status, headers } = refusal;
    if (status === 'reset') line.resetAndDestroy();
    else if (status === 'stall') waiting.add(() => answer(request, line, head));
    else {
      const told = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
      line.end(`HTTP/1.1 ${status} Refused\r\nConnection: close\r\nContent-Length: 0\r\n${told.join('')}\r\n`);
    }
  }

  http.on('connection', (line) => {
    onActivity();
    lines.add(line);
    line.on('error', onActivity);
    line.on('close', () => {
      lines.delete(line);
      onActivity();
    });
  });
  http.on('upgrade', (request, line, head) => {
    onActivity();
    attempts++;
    told.onAttempt?.();
    answer(request, line as Socket, head);
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));

  function sendAllTo(connection: number, texts: readonly string[]): void {
    const [socket, line] = [connections[connection], lineOf[connection]];
    if (socket === undefined || line === undefined || socket.readyState !== socket.OPEN) return;
    line.cork();
    for (const text of texts) socket.send(text);
    line.uncork();
  }

  return {
    url: `ws://127.0.0.1:${(http.address() as AddressInfo).port}`,
    asked,
    attempts: () => attempts,
    openConnections: () => open.size,
    openNumbers: () => [...open],
    send(text) {
      for (const number of open) sendAllTo(number, [text]);
    },
    sendTo: (connection, text) => sendAllTo(connection, [text]),
    sendAllTo,
    ping: (payload) =>
      new Promise((resolve) => {
        for (const number of open) {
          const socket = connections[number];
          socket?.once('pong', (data) => resolve(data.toString()));
          socket?.ping(payload);
        }
      }),
    pingOne: (connection, payload) => connections[connection]?.ping(payload),
    reset() {
      for (const line of lines) line.resetAndDestroy();
    },
    tear() {
      for (const number of open) {
        const line = lineOf[number] as Socket;
        // The line is cut when the bytes are with the kernel: a reset at once would drop them.
        line.write(HALF_A_FRAME, () => setImmediate(() => line.resetAndDestroy()));
      }
    },
    closeOne: (connection, code, reason) => connections[connection]?.close(code, reason),
    refuse(status, headers = {}) {
      refusal = status === null ? null : { status, headers };
      const now = [...waiting];
      waiting.clear();
      for (const again of now) again();
    },
    async close() {
      for (const socket of connections) socket.terminate();
      for (const line of lines) line.destroy();
      sockets.close();
      await new Promise((resolve) => http.close(resolve));
    },
  };
}
