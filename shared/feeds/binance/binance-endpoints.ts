import published from '../../config/data/binance-endpoints.json' with { type: 'json' };
import { urlsFromEnvironment } from '../connection/endpoint-urls.ts';

/** Base URLs without a trailing slash, in the order in which they are tried. */
export interface BinanceUrls {
  readonly webSocket: readonly string[];
  readonly rest: readonly string[];
}

/** Limits of Binance spot that a client must keep, per address. */
export const BINANCE_LIMITS = {
  connectsPerFiveMinutes: published.connectsPerFiveMinutes,
  streamsPerConnection: published.streamsPerConnection,
  sentPerSecond: published.sentPerSecond,
  connectionLifeMs: published.connectionLifeMs,
  weightPerMinute: published.weightPerMinute,
  klinesWeight: published.klinesWeight,
  klinesPerRequest: published.klinesPerRequest,
  exchangeInfoWeight: published.exchangeInfoWeight,
} as const;

/**
 * The endpoints of Binance spot, or those of `NIGHTDESK_BINANCE_WS_URLS` and `NIGHTDESK_BINANCE_REST_URLS`
 * (comma separated, in order) where they are set.
 * @throws EndpointError `bad_url` for an override that is not a URL of the right scheme
 */
export function binanceUrls(env: Readonly<Record<string, string | undefined>>): BinanceUrls {
  return {
    webSocket: urlsFromEnvironment(env, 'NIGHTDESK_BINANCE_WS_URLS', ['ws:', 'wss:']) ?? published.webSocket,
    rest: urlsFromEnvironment(env, 'NIGHTDESK_BINANCE_REST_URLS', ['http:', 'https:']) ?? published.rest,
  };
}
