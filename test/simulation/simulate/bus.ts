import type { OutboxEvent } from '../../../shared/engine/ports.ts';
import { canonicalJson } from '../../../shared/kernel/canonical-json.ts';

/** What came out of the outbox: every event of a journal at least once, the first time in order. */
export interface Bus {
  /** @returns what is wrong, as sentences */
  readonly put: (events: readonly OutboxEvent[]) => readonly string[];
  /** Seq of the last event of a session that came, all before it included. */
  readonly seqOf: (sessionId: string) => number;
}

export function createBus(): Bus {
  const told = new Map<string, string[]>();
  return {
    put: (events) =>
      events.flatMap(({ id, sessionId, seq, detail }) => {
        const known = told.get(sessionId) ?? [];
        told.set(sessionId, known);
        const body = canonicalJson(detail);
        if (seq > known.length + 1) return [`event ${id} came before ${known.length + 1}`];
        if (seq === known.length + 1) known.push(body);
        return known[seq - 1] === body ? [] : [`event ${id} came with another body`];
      }),
    seqOf: (sessionId) => told.get(sessionId)?.length ?? 0,
  };
}
