import type { Dial, HttpAnswer, WireEvents } from '../../shared/feeds/connection/wire.ts';
import type { Clock } from '../../shared/kernel/clock.ts';

/** What a venue does with a new connection: takes it, refuses the upgrade, is not there at all, never answers, or takes it after so many ms. */
export type Welcome = 'accept' | 'absent' | 'hang' | HttpAnswer | number;

export interface MemoryConnection {
  readonly url: string;
  readonly openedMs: number;
  /** What came from the client, pongs as `pong:<payload>`. */
  readonly heard: readonly { readonly atMs: number; readonly text: string }[];
  readonly isOpen: () => boolean;
  readonly send: (text: string) => void;
  readonly ping: (payload: string) => void;
  /** Cuts the line; the client hears of it. */
  readonly cut: () => void;
  /** The line is dead and nobody notices: nothing passes any more, in either direction. */
  readonly freeze: () => void;
}

/** A venue without a network: wires under a clock, so that hours pass in milliseconds. */
export interface MemoryVenue {
  readonly dial: Dial;
  readonly attempts: readonly { readonly atMs: number; readonly url: string }[];
  readonly connections: readonly MemoryConnection[];
  readonly open: () => readonly MemoryConnection[];
  welcome: (url: string) => Welcome;
  /** Called for each connection that opens, and for each text that comes in. */
  onOpen: (connection: MemoryConnection) => void;
  onText: (connection: MemoryConnection, text: string) => void;
}

const ROUND_TRIP_MS = 60;

export function memoryVenue(clock: Clock): MemoryVenue {
  const attempts: { atMs: number; url: string }[] = [];
  const connections: MemoryConnection[] = [];
  const later = (task: () => void): void => void clock.at(clock.now() + ROUND_TRIP_MS, 'net', task);

  const venue: MemoryVenue = {
    attempts,
    connections,
    open: () => connections.filter(({ isOpen }) => isOpen()),
    welcome: () => 'accept',
    onOpen: () => {},
    onText: () => {},
    dial(url, events) {
      attempts.push({ atMs: clock.now(), url });
      const line = lineOf(url, events);
      later(() => {
        const welcome = venue.welcome(url);
        if (line.isGone()) return;
        if (welcome === 'accept') line.open();
        else if (welcome === 'absent') line.fail();
        else if (typeof welcome === 'number') clock.at(clock.now() + welcome, 'net', line.open);
        else if (welcome !== 'hang') events.refused(welcome);
      });
      return line.wire;
    },
  };

  function lineOf(url: string, events: WireEvents) {
    const heard: { atMs: number; text: string }[] = [];
    let stage: 'opening' | 'open' | 'gone' = 'opening';
    let isFrozen = false;
    const gone = (code: number): void => {
      if (stage === 'gone') return;
      stage = 'gone';
      events.closed(code, '');
    };
    const connection: MemoryConnection = {
      url,
      openedMs: clock.now() + ROUND_TRIP_MS,
      heard,
      isOpen: () => stage === 'open' && !isFrozen,
      send: (text) => {
        if (connection.isOpen()) events.text(text);
      },
      ping: (payload) => events.pinged(Buffer.from(payload)),
      cut: () => gone(1006),
      freeze: () => {
        isFrozen = true;
      },
    };
    const hear = (text: string): void => {
      heard.push({ atMs: clock.now(), text });
      later(() => venue.onText(connection, text));
    };
    return {
      isGone: () => stage === 'gone',
      open: () => {
        if (stage === 'gone') return;
        stage = 'open';
        connections.push(connection);
        events.opened();
        venue.onOpen(connection);
      },
      fail: () => {
        events.failed(Object.assign(new Error(`connect ECONNREFUSED ${url}`), { code: 'ECONNREFUSED' }));
        gone(1006);
      },
      wire: {
        send: hear,
        pong: (payload: Uint8Array) => hear(`pong:${Buffer.from(payload).toString()}`),
        close: () => (isFrozen ? undefined : later(() => gone(1000))),
        terminate: () => gone(1006),
      },
    };
  }

  return venue;
}
