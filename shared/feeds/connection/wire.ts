import { type RawData, WebSocket } from 'ws';

/** An answer to the upgrade that was no WebSocket. */
export interface HttpAnswer {
  readonly status: number;
  readonly text: string;
  /** The header as sent; null where there is none. */
  readonly retryAfter: string | null;
}

/** What happens on a wire, in this order: at most one of `opened`, `refused`, `failed`, and `closed` last. */
export interface WireEvents {
  readonly opened: () => void;
  readonly text: (text: string) => void;
  readonly pinged: (payload: Uint8Array) => void;
  readonly refused: (answer: HttpAnswer) => void;
  readonly failed: (error: Error) => void;
  /** Nothing follows. */
  readonly closed: (code: number, reason: string) => void;
}

/** One socket to a venue. Pings are not answered by itself: the pong counts against what may be sent. */
export interface Wire {
  send(text: string): void;
  pong(payload: Uint8Array): void;
  /** Says goodbye and waits for the other side; a wire that is not open yet is dropped. */
  close(): void;
  /** Drops the line. */
  terminate(): void;
}

/** Opens a wire. Nothing happens on it before this returns. */
export type Dial = (url: string, events: WireEvents) => Wire;

/** The largest frame known, all tickers at once, has 0.4 MB. */
const MOST_FRAME_BYTES = 4 * 1024 * 1024;
const NORMAL_CLOSURE = 1_000;

/** A wire over the network. */
export const dialWebSocket: Dial = (url, events) => {
  const socket = new WebSocket(url, { maxPayload: MOST_FRAME_BYTES, perMessageDeflate: false, autoPong: false });
  const isOpen = (): boolean => socket.readyState === WebSocket.OPEN;
  socket.on('open', events.opened);
  socket.on('message', (data) => events.text(textOf(data)));
  socket.on('ping', events.pinged);
  socket.on('unexpected-response', (request, { statusCode, statusMessage, headers }) => {
    request.destroy();
    events.refused({ status: statusCode ?? 0, text: statusMessage ?? '', retryAfter: headers['retry-after'] ?? null });
  });
  socket.on('error', events.failed);
  socket.on('close', (code, reason) => events.closed(code, reason.toString()));
  return {
    send: (text) => {
      if (isOpen()) socket.send(text);
    },
    pong: (payload) => {
      if (isOpen()) socket.pong(payload);
    },
    close: () => (isOpen() ? socket.close(NORMAL_CLOSURE) : socket.terminate()),
    terminate: () => socket.terminate(),
  };
};

function textOf(data: RawData): string {
  if (Array.isArray(data)) return Buffer.concat(data).toString('utf8');
  return data instanceof ArrayBuffer ? Buffer.from(data).toString('utf8') : data.toString('utf8');
}
