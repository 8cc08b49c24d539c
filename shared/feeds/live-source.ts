import type { MarketSource } from '../engine/market-source.ts';
import type { Clock } from '../kernel/clock.ts';
import type { Log } from '../kernel/log.ts';
import { rng } from '../kernel/rng.ts';
import type { Market } from '../market/instrument.ts';
import { binanceUrls } from './binance-endpoints.ts';
import { binanceSource } from './binance-source.ts';
import { compositeSource } from './composite-source.ts';
import { simulatedSource } from './simulated-source.ts';

export interface LiveSourceOptions {
  readonly clock: Clock;
  readonly log: Log;
  /** Read for other endpoints (`binanceUrls`). */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Seed of the markets that are simulated until a real source is there. */
  readonly seed: string | number;
  readonly markets: readonly Market[];
}

/**
 * The live world: crypto from Binance spot; NSE, until it has a real source, from the seeded market under its own label.
 * @throws BinanceEndpointError `bad_url`
 */
export function liveSource({ clock, log, env, seed, markets }: LiveSourceOptions): MarketSource {
  // The start's instant keeps two feeds that were cut off together from coming back together.
  const crypto = (): MarketSource => binanceSource({ clock, log, urls: binanceUrls(env), random: rng('binance-backoff', seed, clock.now()) });
  const nse = (): MarketSource => simulatedSource({ clock, seed, markets: ['NSE'] });
  if (!markets.includes('NSE')) return crypto();
  return markets.includes('CRYPTO') ? compositeSource([crypto(), nse()]) : nse();
}
