import published from '../config/data/binance-endpoints.json' with { type: 'json' };
import { NightdeskError } from '../kernel/errors.ts';

class BinanceEndpointError extends NightdeskError<'bad_url'> {}

/** Base URLs without a trailing slash, in the order in which they are tried. */
export interface BinanceUrls {
  readonly webSocket: readonly string[];
  readonly rest: readonly string[];
}

/** Limits of Binance spot that a client must keep, per address. */
export const BINANCE_LIMITS = {
  connectsPerFiveMinutes: published.connectsPerFiveMinutes,
  connectionLifeMs: published.connectionLifeMs,
  weightPerMinute: published.weightPerMinute,
  klinesWeight: published.klinesWeight,
  klinesPerRequest: published.klinesPerRequest,
} as const;

/**
 * The endpoints of Binance spot, or those of `NIGHTDESK_BINANCE_WS_URLS` and `NIGHTDESK_BINANCE_REST_URLS`
 * (comma separated, in order) where they are set.
 * @throws BinanceEndpointError `bad_url` for an override that is not a URL of the right scheme
 */
export function binanceUrls(env: Readonly<Record<string, string | undefined>>): BinanceUrls {
  return {
    webSocket: overridden(env, 'NIGHTDESK_BINANCE_WS_URLS', ['ws:', 'wss:']) ?? published.webSocket,
    rest: overridden(env, 'NIGHTDESK_BINANCE_REST_URLS', ['http:', 'https:']) ?? published.rest,
  };
}

function overridden(env: Readonly<Record<string, string | undefined>>, name: string, schemes: readonly string[]): readonly string[] | null {
  const urls = (env[name] ?? '')
    .split(',')
    .map((url) => url.trim().replace(/\/+$/, ''))
    .filter((url) => url !== '');
  for (const url of urls) {
    if (!URL.canParse(url) || !schemes.includes(new URL(url).protocol)) {
      throw new BinanceEndpointError('bad_url', `${name} takes comma separated ${schemes.join('// or ')}// URLs, received ${JSON.stringify(url)}`, {
        name,
        url,
      });
    }
  }
  return urls.length > 0 ? urls : null;
}
