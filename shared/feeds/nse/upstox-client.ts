import { UPSTOX } from '../../config/nse-feed.ts';
import type { Clock } from '../../kernel/clock.ts';
import { createJsonClient, type JsonClient } from '../connection/json-client.ts';
import type { UpstoxAccess } from './upstox-access.ts';

export interface UpstoxClientOptions {
  readonly access: UpstoxAccess;
  readonly clock: Clock;
  /** Least time between the starts of two requests, ms; default: as configured. */
  readonly gapMs?: number | undefined;
  readonly fetch?: typeof fetch | undefined;
}

/** A client of the REST services of Upstox, with the token of now. */
export function upstoxClient({ access, clock, gapMs = UPSTOX.requestGapMs, fetch: request }: UpstoxClientOptions): JsonClient {
  return createJsonClient({
    urls: access.rest,
    clock,
    headers: () => ({ Accept: 'application/json', Authorization: `Bearer ${access.token()}` }),
    gapMs,
    ...(request === undefined ? {} : { fetch: request }),
  });
}
