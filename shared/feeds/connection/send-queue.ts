import type { Cancel, Clock } from '../../kernel/clock.ts';
import type { Wire } from './wire.ts';

/** How much a venue takes from one connection: at most `most` messages in any `windowMs`, pongs included. */
export interface SendLimit {
  readonly most: number;
  readonly windowMs: number;
}

/** The way out of a connection: what is over the limit waits, in order; a pong goes before everything else. */
export interface SendQueue {
  readonly say: (text: string) => void;
  readonly pong: (payload: Uint8Array) => void;
  readonly close: () => void;
}

export function createSendQueue(clock: Clock, wire: Pick<Wire, 'send' | 'pong'>, limit: SendLimit): SendQueue {
  const waiting: string[] = [];
  const sentMs: number[] = [];
  let pong: Uint8Array | null = null;
  let timer: Cancel | null = null;
  let isClosed = false;

  function drain(): void {
    while (!isClosed && timer === null && (pong !== null || waiting.length > 0)) {
      const freeMs = sentMs.length < limit.most ? 0 : (sentMs[0] as number) + limit.windowMs;
      if (freeMs > clock.now()) wait(freeMs);
      else next();
    }
  }

  function wait(untilMs: number): void {
    timer = clock.at(untilMs, 'venue.send', () => {
      timer = null;
      drain();
    });
  }

  function next(): void {
    if (sentMs.push(clock.now()) > limit.most) sentMs.shift();
    if (pong !== null) {
      wire.pong(pong);
      pong = null;
      return;
    }
    const text = waiting.shift();
    if (text !== undefined) wire.send(text);
  }

  return {
    say(text) {
      waiting.push(text);
      drain();
    },
    pong(payload) {
      // A pong answers every ping before it (RFC 6455, 5.5.3): of several that wait only the newest is owed.
      pong = payload;
      drain();
    },
    close() {
      isClosed = true;
      timer?.();
    },
  };
}
