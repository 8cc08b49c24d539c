import { type RawData, WebSocket } from 'ws';
import type { Cancel, Clock } from '../../kernel/clock.ts';
import { messageOf } from '../../kernel/errors.ts';
import { type EpochMs, MINUTE_MS, SECOND_MS } from '../../kernel/time.ts';
import type { Dial, HttpAnswer, WireEvents } from '../connection/wire.ts';
import { UPSTOX_TOKEN_SETTINGS, type UpstoxAccess } from './upstox-access.ts';

export interface UpstoxDialOptions {
  readonly clock: Clock;
  readonly token: UpstoxAccess['token'];
  /** Between two pings of ours; a line on which the pong of the last one is still owed is dropped. */
  readonly pingMs?: number;
  /** How long a refused token is not shown again. */
  readonly refusedWaitMs?: number;
  /** The same for the first refusal that follows a good connection. */
  readonly firstRefusalWaitMs?: number;
}

const PING_MS = 20 * SECOND_MS;
const REFUSED_WAIT_MS = 15 * MINUTE_MS;
const FIRST_REFUSAL_WAIT_MS = 30 * SECOND_MS;
/** Assumption: by then the venue has noticed that a connection of ours is gone, however that ended. */
const FORGOTTEN_MS = 10 * MINUTE_MS;
/** A token that is not there yet is looked for again after this, s. */
const LOOK_AGAIN_S = 60;
const MOST_REDIRECTS = 3;
const MOST_FRAME_BYTES = 1024 * 1024;
const NORMAL_CLOSURE = 1_000;

/** A frame as text and back: a wire carries text, and the feed speaks bytes, so each byte travels as one character. */
export const bytesOfWire = (text: string): Uint8Array => Buffer.from(text, 'latin1');

/**
 * Opens a wire to the market data feed: shows the token, follows the redirect to the server that was chosen (which does not see
 * the token again on another host), sends what is said as binary frames, and gives the frames that come as latin1 text.
 *
 * Outside the session nothing comes for hours and that is no fault, so the line is proved by pings of our own. A token that is
 * refused (401, 403) is not shown again for a quarter of an hour. The venue allows one connection a user: a first refusal soon
 * after a good connection may mean that this one still counts there, and half a minute is waited. What a redirect carries after
 * its `?` is a key: it is left out of every message.
 */
export function upstoxDial(options: UpstoxDialOptions): Dial {
  const { clock, token, pingMs = PING_MS, refusedWaitMs = REFUSED_WAIT_MS, firstRefusalWaitMs = FIRST_REFUSAL_WAIT_MS } = options;
  let refusedInARow = 0;
  /** When a connection was last known to be good. */
  let goodMs: EpochMs | null = null;

  function refusal(status: number, said: string): HttpAnswer {
    const isFirst = refusedInARow === 0 && goodMs !== null && clock.now() - goodMs <= FORGOTTEN_MS;
    refusedInARow++;
    return {
      status,
      text: `${said}: ${isFirst ? FIRST_REFUSAL : REFUSAL}`,
      retryAfter: String(Math.ceil((isFirst ? firstRefusalWaitMs : refusedWaitMs) / SECOND_MS)),
    };
  }

  const good = (): void => {
    goodMs = clock.now();
    refusedInARow = 0;
  };

  return (url, events) => {
    const shown = tokenOrFault(token);
    if (shown.token === null) return deadWire(clock, events, { status: 0, text: shown.fault, retryAfter: String(LOOK_AGAIN_S) });
    const socket = new WebSocket(url, {
      headers: { Authorization: `Bearer ${shown.token}`, Accept: '*/*' },
      followRedirects: true,
      maxRedirects: MOST_REDIRECTS,
      maxPayload: MOST_FRAME_BYTES,
      perMessageDeflate: false,
      autoPong: false,
    });
    const isOpen = (): boolean => socket.readyState === WebSocket.OPEN;
    let timer: Cancel = () => {};
    let isOwed = false;
    const keepAlive = (): void => {
      timer = clock.at(clock.now() + pingMs, 'upstox.ping', () => {
        if (!isOpen()) return;
        if (isOwed) return socket.terminate();
        isOwed = true;
        socket.ping();
        keepAlive();
      });
    };
    let wasOpen = false;
    socket.on('open', () => {
      wasOpen = true;
      good();
      keepAlive();
      events.opened();
    });
    socket.on('pong', () => {
      isOwed = false;
    });
    socket.on('message', (data) => events.text(textOf(data)));
    socket.on('ping', events.pinged);
    socket.on('unexpected-response', (request, { statusCode = 0, statusMessage = '', headers }) => {
      request.destroy();
      if (statusCode === 401 || statusCode === 403) events.refused(refusal(statusCode, statusMessage));
      else events.refused({ status: statusCode, text: statusMessage, retryAfter: headers['retry-after'] ?? null });
    });
    socket.on('error', (error) => events.failed(withoutKeys(error)));
    socket.on('close', (code, reason) => {
      timer();
      if (wasOpen) goodMs = clock.now();
      events.closed(code, reason.toString());
    });
    return {
      send: (text) => {
        if (isOpen()) socket.send(Buffer.from(text), { binary: true });
      },
      pong: (payload) => {
        if (isOpen()) socket.pong(payload);
      },
      close: () => (isOpen() ? socket.close(NORMAL_CLOSURE) : socket.terminate()),
      terminate: () => socket.terminate(),
    };
  };
}

const REFUSAL = `Upstox refuses the token. It may have expired, been replaced, or be in use elsewhere; set one in ${UPSTOX_TOKEN_SETTINGS}`;
const FIRST_REFUSAL = 'Upstox refuses the token that it took before: the connection that was lost may still count there';

function tokenOrFault(token: () => string): { readonly token: string } | { readonly token: null; readonly fault: string } {
  try {
    return { token: token() };
  } catch (error) {
    return { token: null, fault: messageOf(error) };
  }
}

/** A wire that was never opened for want of a token. It tells so when the caller has it, with the status 0: nobody was asked. */
function deadWire(clock: Clock, events: WireEvents, answer: HttpAnswer): ReturnType<Dial> {
  const nothing = (): void => {};
  clock.at(clock.now(), 'upstox.no_token', () => {
    events.refused(answer);
    events.closed(NORMAL_CLOSURE, '');
  });
  return { send: nothing, pong: nothing, close: nothing, terminate: nothing };
}

function withoutKeys(error: Error): Error {
  const clean = new Error(messageOf(error).replace(/\?\S*/g, '?…'));
  return 'code' in error ? Object.assign(clean, { code: error.code }) : clean;
}

function textOf(data: RawData): string {
  if (Array.isArray(data)) return Buffer.concat(data).toString('latin1');
  return data instanceof ArrayBuffer ? Buffer.from(data).toString('latin1') : data.toString('latin1');
}
