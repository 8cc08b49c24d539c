import { NSE_CALENDAR } from '../config/nse-calendar.ts';
import type { EpochMs } from '../kernel/time.ts';
import { marketPhase } from '../market/calendar.ts';
import type { Market } from '../market/instrument.ts';
import type { Settings, World } from './context.ts';

interface Scanning {
  readonly world: Pick<World, 'markets'>;
  readonly settings: Pick<Settings, 'marketMode'>;
}

/**
 * The markets that are scanned at an instant. Under `switch`, the given rule: NSE while NSE is open, else crypto; under
 * `both`, each that is open. A market that this world has no prices for is never scanned, so a replay of crypto scans
 * crypto through NSE hours.
 */
export function scannedMarkets({ world, settings }: Scanning, atMs: EpochMs): readonly Market[] {
  return world.markets.filter((market) => isScanned({ world, settings }, market, atMs));
}

/** Whether a market is scanned at an instant: see `scannedMarkets`. */
export function isScanned({ world, settings }: Scanning, market: Market, atMs: EpochMs): boolean {
  if (!world.markets.includes(market) || !marketPhase(NSE_CALENDAR, market, atMs).isOpen) return false;
  if (settings.marketMode === 'both' || market === 'NSE') return true;
  return !(world.markets.includes('NSE') && marketPhase(NSE_CALENDAR, 'NSE', atMs).isOpen);
}
