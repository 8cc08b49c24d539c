import { DERIBIT } from '../config/deribit.ts';
import type { MarketSource } from '../engine/market-source.ts';
import type { ChainSource } from '../engine/ports.ts';
import type { Clock } from '../kernel/clock.ts';
import type { Log } from '../kernel/log.ts';
import { rng } from '../kernel/rng.ts';
import { NOTHING_SETTLED } from '../market/derivative.ts';
import { binanceFuturesUrls } from './binance-futures/futures-endpoints.ts';
import { binanceFuturesSource, type ContractSource, FUTURES_UNDERLYINGS } from './binance-futures/futures-source.ts';
import { combineChains } from './combine-chains.ts';
import { urlsFromEnvironment } from './connection/endpoint-urls.ts';
import { DERIBIT_UNDERLYINGS, deribitSource } from './deribit/deribit-source.ts';

export interface LiveContractsOptions {
  readonly log: Log;
  /** Read for other endpoints (`NIGHTDESK_..._URLS`). */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Seed of the back-off of reconnects. */
  readonly seed: string | number;
}

/** Futures and options of live venues: read as one source of chains, run with the other sources of the world. */
export interface LiveContracts {
  /** Empty until its sources run. */
  readonly chains: ChainSource;
  /** The sources to run beside those that give prices, under the world's clock. */
  readonly sources: (clock: Clock) => readonly MarketSource[];
}

/**
 * Binance's futures on crypto.
 * @throws EndpointError `bad_url`
 */
export function liveContracts({ log, env, seed }: LiveContractsOptions): LiveContracts {
  const urls = binanceFuturesUrls(env);
  let futures: ContractSource | null = null;
  return {
    chains: {
      underlyings: FUTURES_UNDERLYINGS,
      chains: (underlying, atMs) => futures?.chains(underlying, atMs) ?? [],
      settled: (underlying, atMs) => futures?.settled(underlying, atMs) ?? NOTHING_SETTLED,
    },
    sources(clock) {
      if (FUTURES_UNDERLYINGS.length === 0) return [];
      // The start's instant keeps two feeds that were cut off together from coming back together.
      futures ??= binanceFuturesSource({ clock, log, urls, random: rng('binance-futures-backoff', seed, clock.now()) });
      return [futures];
    },
  };
}
