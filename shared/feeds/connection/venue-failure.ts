import { messageOf } from '../../kernel/errors.ts';
import { HOUR_MS, MINUTE_MS, SECOND_MS } from '../../kernel/time.ts';
import type { HttpAnswer } from './wire.ts';

/**
 * Why a connection to a venue is not up. `geo_blocked` is HTTP 451, `forbidden` 403 (the web firewall), `banned` 418,
 * `rate_limited` 429; `silent` a connection without data; `rejected` one on which the venue refused what was asked for.
 */
export type DownReason =
  | 'starting'
  | 'geo_blocked'
  | 'forbidden'
  | 'banned'
  | 'rate_limited'
  | 'http_error'
  | 'unreachable'
  | 'timeout'
  | 'silent'
  | 'lost'
  | 'rejected'
  | 'closed';

/** How one connection ended. */
export interface VenueFailure {
  readonly reason: DownReason;
  /** What was seen, for a person. */
  readonly detail: string;
  /** Nobody of this process may call this host again before so many ms, as the venue told. */
  readonly retryAfterMs?: number;
}

/** Where no time is told: a ban lasts two minutes at least, the limits are counted by the minute. */
const UNTOLD_WAIT_MS: Readonly<Partial<Record<DownReason, number>>> = { banned: 2 * MINUTE_MS, rate_limited: MINUTE_MS };
const LONGEST_BAN_MS = 72 * HOUR_MS;

const WORDS: Readonly<Record<DownReason, string>> = {
  starting: 'the first attempt is under way',
  geo_blocked: 'the venue does not serve this region',
  forbidden: "the venue's web firewall refuses this address",
  banned: 'the venue has banned this address for a while',
  rate_limited: 'the venue was asked too often and told to wait',
  http_error: 'the venue answered with an error',
  unreachable: 'nobody answers at the address',
  timeout: 'no answer in time',
  silent: 'the connection fell silent',
  lost: 'the connection was lost',
  rejected: 'the venue rejected the subscription',
  closed: 'closed by us',
};

/** A reason as a person reads it. */
export const reasonInWords = (reason: DownReason): string => WORDS[reason];

/** What an HTTP answer to the upgrade means. */
export function refusalOf({ status, text, retryAfter }: HttpAnswer, nowMs: number): VenueFailure {
  const detail = `HTTP ${status} ${text}`.trim();
  const reason = reasonOf(status);
  const toldMs = retryAfterMs(retryAfter, nowMs);
  // A wait of nothing, or until an instant that has passed, tells a ban or a limit no better than silence does.
  const waitMs = toldMs !== null && toldMs >= SECOND_MS ? toldMs : (UNTOLD_WAIT_MS[reason] ?? toldMs);
  return waitMs === null ? { reason, detail } : { reason, detail, retryAfterMs: waitMs };
}

function reasonOf(status: number): DownReason {
  switch (status) {
    case 451:
      return 'geo_blocked';
    case 403:
      return 'forbidden';
    case 418:
      return 'banned';
    case 429:
      return 'rate_limited';
    default:
      return 'http_error';
  }
}

/**
 * The wait of a Retry-After header, ms from now, 72 h at most: it holds seconds, or a date (RFC 9110, 10.2.3). Null where it
 * tells nothing; 0 for a date that has passed.
 */
export function retryAfterMs(header: string | null, nowMs: number): number | null {
  if (header === null || header.trim() === '') return null;
  const seconds = Number(header);
  const ms = Number.isNaN(seconds) ? Date.parse(header) - nowMs : seconds * SECOND_MS;
  return Number.isNaN(ms) ? null : Math.min(Math.max(0, ms), LONGEST_BAN_MS);
}

/** What an error of the socket means. */
export function socketFailure(error: Error): VenueFailure {
  const code = 'code' in error ? String(error.code) : '';
  const detail = messageOf(error) || code;
  if (code === 'ETIMEDOUT') return { reason: 'timeout', detail };
  if (code === 'ECONNRESET' || code === 'EPIPE' || code.startsWith('WS_ERR')) return { reason: 'lost', detail };
  return { reason: 'unreachable', detail };
}
