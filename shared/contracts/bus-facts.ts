import * as z from 'zod';
import { correlationOf } from '../ledger/correlation.ts';

/** What a log line says of an event on the bus, so that the logs can be followed from a fill to who was told of it. */
export interface BusFacts {
  readonly sessionId: string;
  readonly seq: number;
  readonly correlationId: string | null;
}

const SESSION = /^S#/;

// Not the journal's schemas: what only carries events need not know them, and they are a large part of a small bundle.
const detailSchema = z.object({ partition: z.string(), seq: z.coerce.number(), event: z.string() });
const eventSchema = z.looseObject({ type: z.string() });

/** @returns null for what is no event of a journal */
export function busFacts(detail: unknown): BusFacts | null {
  const envelope = detailSchema.safeParse(detail);
  if (!envelope.success) return null;
  const { partition, seq, event } = envelope.data;
  const known = eventSchema.safeParse(jsonOrNull(event));
  return { sessionId: partition.replace(SESSION, ''), seq, correlationId: known.success ? correlationOf(known.data) : null };
}

function jsonOrNull(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
