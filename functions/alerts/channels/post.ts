import * as z from 'zod';
import type { Outcome } from '../../../shared/alerts/delivery-plan.ts';
import { SECOND_MS } from '../../../shared/kernel/time.ts';

/** One message on its way: where to, and how the other side's answer is read. Its address may be a secret. */
export interface Message {
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string;
  /** Whether an answer that says 2xx means it. */
  readonly isAccepted?: (answer: string) => boolean;
  /** What an answer says in words, if it says anything that may be kept. */
  readonly reasonIn?: (answer: string) => string | null;
}

/** As much of an answer as anybody reads. */
const MOST_ANSWER_BYTES = 4_096;
const COME_AGAIN: ReadonlySet<number> = new Set([408, 425, 429]);

/**
 * Posts a message once. Never throws, and never tells the address: why it failed is kept for everybody to read.
 * @param nowMs for an answer that says at what time to come again
 */
export async function post({ url, headers = {}, body, isAccepted, reasonIn }: Message, timeoutMs: number, nowMs: number): Promise<Outcome> {
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'user-agent': 'nightdesk', ...headers },
      body,
      redirect: 'manual',
      signal: AbortSignal.timeout(timeoutMs),
    });
    const answer = await beginningOf(response);
    return judged(response, answer, { nowMs, isAccepted: isAccepted ?? (() => true), reason: reasonIn?.(answer) ?? null });
  } catch (error) {
    return { kind: 'failed', why: whyFailed(error, timeoutMs), retryAfterMs: null };
  }
}

interface Reading {
  readonly nowMs: number;
  readonly isAccepted: (answer: string) => boolean;
  readonly reason: string | null;
}

function judged({ status, ok, headers }: Response, answer: string, { nowMs, isAccepted, reason }: Reading): Outcome {
  if (ok && isAccepted(answer)) return { kind: 'delivered' };
  const why = `status ${status}${reason === null ? '' : `, ${reason}`}`;
  if (ok) return { kind: 'failed', why: `${why}: not the answer of this service`, retryAfterMs: null };
  if (status >= 500 || COME_AGAIN.has(status)) return { kind: 'failed', why, retryAfterMs: retryAfterMs(headers.get('retry-after'), answer, nowMs) };
  if (status >= 300 && status < 400) return { kind: 'refused', why: `${why}: redirects are not followed` };
  return { kind: 'refused', why };
}

async function beginningOf(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  // Leaving the loop ends the connection: an answer without an end is not read to it.
  for await (const chunk of response.body ?? []) {
    chunks.push(chunk);
    size += chunk.byteLength;
    if (size >= MOST_ANSWER_BYTES) break;
  }
  return Buffer.concat(chunks).subarray(0, MOST_ANSWER_BYTES).toString('utf8');
}

const inBody = z.object({
  retry_after: z.number().nonnegative().optional(),
  parameters: z.object({ retry_after: z.number().nonnegative().optional() }).optional(),
});

/** The header in seconds or as a date; Discord and Telegram say it in the body as well, in seconds. */
function retryAfterMs(header: string | null, answer: string, nowMs: number): number | null {
  const told = (header ?? '').trim();
  if (/^\d{1,9}(\.\d+)?$/.test(told)) return Math.ceil(Number(told) * SECOND_MS);
  // A date begins with its day; of anything else `Date.parse` makes some date too.
  const dateMs = /^[A-Z][a-z]{2},/.test(told) ? Date.parse(told) : Number.NaN;
  if (Number.isFinite(dateMs)) return Math.max(0, dateMs - nowMs);
  const body = inBody.safeParse(jsonOrNull(answer));
  const seconds = body.success ? (body.data.parameters?.retry_after ?? body.data.retry_after) : undefined;
  return seconds === undefined ? null : Math.ceil(seconds * SECOND_MS);
}

/** The text of one member of an answer in JSON, in one short line; null where there is none. */
export function memberOf(answer: string, member: string): string | null {
  const value = z.record(z.string(), z.unknown()).safeParse(jsonOrNull(answer));
  const told = value.success ? value.data[member] : undefined;
  return typeof told === 'string' ? told.replace(/\s+/g, ' ').slice(0, 200) : null;
}

/** What a text says in JSON; null where it says nothing. */
export function jsonOrNull(answer: string): unknown {
  try {
    return JSON.parse(answer);
  } catch {
    return null;
  }
}

function whyFailed(error: unknown, timeoutMs: number): string {
  if (error instanceof Error && error.name === 'TimeoutError') return `no answer within ${timeoutMs} ms`;
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : null;
  const code = cause !== null && 'code' in cause && typeof cause.code === 'string' ? cause.code : 'no connection';
  return `not reached: ${code}`;
}
