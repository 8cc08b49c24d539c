import { REFERENCE_VENUES } from '../../config/reference-venues.ts';
import type { MarketSource } from '../../engine/market-source.ts';
import { urlsFromEnvironment } from '../connection/endpoint-urls.ts';
import { coinbaseSource } from './coinbase-source.ts';
import { krakenSource } from './kraken-source.ts';
import type { ReferenceSourceOptions } from './reference-source.ts';

export interface ReferenceSourcesOptions extends Omit<ReferenceSourceOptions, 'urls' | 'timing'> {
  /** Read for other endpoints: `NIGHTDESK_COINBASE_WS_URLS` and `NIGHTDESK_KRAKEN_WS_URLS`, comma separated, in order. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

const SCHEMES = ['ws:', 'wss:'];

/**
 * The second sources of crypto prices, for a composite beside the one that is traded on. Kraken first: its Tether rate stands
 * between trades.
 * @throws EndpointError `bad_url`
 */
export function referenceSources({ env, ...options }: ReferenceSourcesOptions): readonly MarketSource[] {
  const { kraken, coinbase } = REFERENCE_VENUES;
  return [
    krakenSource({ ...options, urls: urlsFromEnvironment(env, 'NIGHTDESK_KRAKEN_WS_URLS', SCHEMES) ?? kraken.webSocket }),
    coinbaseSource({ ...options, urls: urlsFromEnvironment(env, 'NIGHTDESK_COINBASE_WS_URLS', SCHEMES) ?? coinbase.webSocket }),
  ];
}
