import { NSE_FUTURES_UNDERLYINGS } from '../config/contracts.ts';
import { DERIBIT } from '../config/deribit.ts';
import type { NseFeed } from '../config/nse-scope.ts';
import type { MarketSource } from '../engine/market-source.ts';
import type { ChainSource } from '../engine/ports.ts';
import type { Clock } from '../kernel/clock.ts';
import type { Log } from '../kernel/log.ts';
import { type Rng, rng } from '../kernel/rng.ts';
import { NOTHING_SETTLED } from '../market/derivative.ts';
import { binanceFuturesUrls } from './binance-futures/futures-endpoints.ts';
import { binanceFuturesSource, FUTURES_UNDERLYINGS } from './binance-futures/futures-source.ts';
import { urlsFromEnvironment } from './connection/endpoint-urls.ts';
import type { ContractSource } from './contract-source.ts';
import { DERIBIT_UNDERLYINGS, deribitSource } from './deribit/deribit-source.ts';
import { joinedChains } from './joined-chains.ts';
import { upstoxAccess } from './nse/upstox-access.ts';
import { upstoxContracts } from './nse/upstox-contracts.ts';
import { createSimulatedDerivatives } from './simulated-derivatives.ts';

export interface LiveContractsOptions {
  readonly log: Log;
  /** Read for other endpoints (`NIGHTDESK_..._URLS`). */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Seed of the back-off of reconnects, and of derivatives on a simulated NSE. */
  readonly seed: string | number;
  /** Where prices of NSE come from: its contracts come from there too, where it has any (Yahoo tells none). */
  readonly nse: NseFeed;
}

/** Futures and options of live venues: read as one source of chains, run with the other sources of the world. */
export interface LiveContracts {
  /** Empty until its sources run. */
  readonly chains: ChainSource;
  /** The sources to run beside those that give prices, under the world's clock. */
  readonly sources: (clock: Clock) => readonly MarketSource[];
}

/** A source that exists once its clock runs. */
interface Coming {
  readonly underlyings: readonly string[];
  readonly create: (clock: Clock, random: (what: string) => Rng) => ContractSource;
}

/**
 * Binance's futures on crypto, Deribit's options on BTC and ETH, and of NSE the contracts of Upstox or of the seeded market.
 * @throws EndpointError `bad_url`
 */
export function liveContracts({ log, env, seed, nse }: LiveContractsOptions): LiveContracts {
  const futuresUrls = binanceFuturesUrls(env);
  const deribitUrls = urlsFromEnvironment(env, 'NIGHTDESK_DERIBIT_WS_URLS', ['ws:', 'wss:']) ?? DERIBIT.webSocket;
  const coming: readonly Coming[] = [
    {
      underlyings: FUTURES_UNDERLYINGS,
      create: (clock, random) => binanceFuturesSource({ clock, log, urls: futuresUrls, random: random('binance-futures') }),
    },
    { underlyings: DERIBIT_UNDERLYINGS, create: (clock, random) => deribitSource({ clock, log, urls: deribitUrls, random: random('deribit') }) },
    ...(nse === 'upstox'
      ? [{ underlyings: NSE_FUTURES_UNDERLYINGS, create: (clock: Clock) => upstoxContracts({ clock, log, access: upstoxAccess(env) }) }]
      : []),
  ];
  const listed = coming.filter(({ underlyings }) => underlyings.length > 0);
  let running: readonly ContractSource[] | null = null;
  const simulated = nse === 'simulated' ? [createSimulatedDerivatives({ seed })] : [];
  return {
    chains: joinedChains([...listed.map(({ underlyings }, place) => onceRunning(underlyings, () => running?.[place])), ...simulated]),
    sources(clock) {
      // The start's instant keeps two feeds that were cut off together from coming back together.
      running ??= listed.map(({ create }) => create(clock, (what) => rng(`${what}-backoff`, seed, clock.now())));
      return running;
    },
  };
}

const onceRunning = (underlyings: readonly string[], source: () => ChainSource | undefined): ChainSource => ({
  underlyings,
  chains: (underlying, atMs) => source()?.chains(underlying, atMs) ?? [],
  settled: (underlying, atMs) => source()?.settled(underlying, atMs) ?? NOTHING_SETTLED,
  ivHistory: (underlying, atMs) => source()?.ivHistory?.(underlying, atMs) ?? [],
});
