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
  const open = world.markets.filter((market) => marketPhase(NSE_CALENDAR, market, atMs).isOpen);
  if (settings.marketMode === 'both') return open;
  return open.includes('NSE') ? ['NSE'] : open;
}
