import { YAHOO } from '../config/nse-feed.ts';
import type { NseFeed } from '../config/nse-scope.ts';
import type { MarketSource } from '../engine/market-source.ts';
import type { Clock } from '../kernel/clock.ts';
import type { Log } from '../kernel/log.ts';
import { type Rng, rng } from '../kernel/rng.ts';
import type { Market } from '../market/instrument.ts';
import { binanceUrls } from './binance/binance-endpoints.ts';
import { binanceSource } from './binance/binance-source.ts';
import { compositeSource } from './composite-source.ts';
import type { ConnectBudget } from './connection/connect-budget.ts';
import { urlsFromEnvironment } from './connection/endpoint-urls.ts';
import { upstoxAccess } from './nse/upstox-access.ts';
import { upstoxSource } from './nse/upstox-source.ts';
import { yahooSource } from './nse/yahoo-source.ts';
import { fxSource, fxUrls } from './rates/fx-source.ts';
import { referenceSources } from './references/reference-sources.ts';
import { simulatedSource } from './simulated-source.ts';

type Env = Readonly<Record<string, string | undefined>>;

export interface LiveSourceOptions {
  readonly clock: Clock;
  readonly log: Log;
  /** Read for other endpoints (`NIGHTDESK_..._URLS`) and for the token of Upstox. */
  readonly env: Env;
  /** Seed of an NSE that is simulated, and of the back-off of reconnects. */
  readonly seed: string | number;
  readonly markets: readonly Market[];
  /** Where prices of NSE come from. */
  readonly nse: NseFeed;
  /** Connections to Binance that were tried before count too. */
  readonly binanceBudget?: ConnectBudget;
  /** Sources of futures and options, run and watched with those of prices. */
  readonly contracts?: readonly MarketSource[];
}

/**
 * The live world. Crypto: Binance spot, with other venues that confirm or contradict it. NSE: the source that was chosen, with
 * the rate of the rupee; where that is the seeded market, under its own label.
 * @throws EndpointError `bad_url`
 */
export function liveSource(options: LiveSourceOptions): MarketSource {
  const { markets } = options;
  const crypto = markets.includes('CRYPTO') ? cryptoSources(options) : [];
  const nse = markets.includes('NSE') ? nseSources(options) : [];
  const [first, ...others] = [...crypto.slice(0, 1), ...nse, ...crypto.slice(1), ...(options.contracts ?? [])];
  // Without a market there is nothing to trade, and nothing to confirm.
  if (first === undefined) return simulatedSource({ ...options, markets: [] });
  return others.length === 0 ? first : compositeSource([first, ...others]);
}

// The start's instant keeps two feeds that were cut off together from coming back together.
const backoff = (what: string, { seed, clock }: LiveSourceOptions): Rng => rng(`${what}-backoff`, seed, clock.now());

function cryptoSources(options: LiveSourceOptions): readonly MarketSource[] {
  const { clock, log, env, binanceBudget } = options;
  const shared = binanceBudget === undefined ? {} : { budget: binanceBudget };
  return [
    binanceSource({ clock, log, urls: binanceUrls(env), random: backoff('binance', options), ...shared }),
    ...referenceSources({ clock, log, env, random: backoff('reference', options) }),
  ];
}

function nseSources(options: LiveSourceOptions): readonly MarketSource[] {
  const { clock, log, env } = options;
  return [nseSource(options), fxSource({ clock, log, urls: fxUrls(env) })];
}

function nseSource(options: LiveSourceOptions): MarketSource {
  const { clock, log, env, seed, nse } = options;
  switch (nse) {
    case 'simulated':
      return simulatedSource({ clock, seed, markets: ['NSE'] });
    case 'upstox':
      return upstoxSource({ clock, log, access: upstoxAccess(env), random: backoff('upstox', options) });
    case 'yahoo':
      return yahooSource({ clock, log, urls: urlsFromEnvironment(env, 'NIGHTDESK_YAHOO_URLS', ['http:', 'https:']) ?? YAHOO.rest });
  }
}
