import published from '../../config/data/binance-futures-endpoints.json' with { type: 'json' };
import type { BinanceUrls } from '../binance/binance-endpoints.ts';
import { urlsFromEnvironment } from '../connection/endpoint-urls.ts';

/** Mark prices are served below one path, books below another. */
export const FUTURES_ROUTES = { market: published.marketRoute, public: published.publicRoute } as const;

/** Least time between two requests, ms: what an address may ask is far more. */
export const FUTURES_REQUEST_GAP_MS = published.requestGapMs;

/**
 * The endpoints of Binance's USD-M futures, or those of `NIGHTDESK_BINANCE_FUTURES_WS_URLS` and
 * `NIGHTDESK_BINANCE_FUTURES_REST_URLS` (comma separated, in order) where they are set.
 * @throws EndpointError `bad_url` for an override that is not a URL of the right scheme
 */
export function binanceFuturesUrls(env: Readonly<Record<string, string | undefined>>): BinanceUrls {
  return {
    webSocket: urlsFromEnvironment(env, 'NIGHTDESK_BINANCE_FUTURES_WS_URLS', ['ws:', 'wss:']) ?? published.webSocket,
    rest: urlsFromEnvironment(env, 'NIGHTDESK_BINANCE_FUTURES_REST_URLS', ['http:', 'https:']) ?? published.rest,
  };
}
