import { RATE_MAX_AGE_MS } from '../config/risk.ts';
import type { Rate } from '../contracts/journal.ts';
import type { EpochMs } from '../kernel/time.ts';
import type { Currency } from './instrument.ts';

/** Whether entries may be sized and settled by a rate: each currency's rates have an age of their own. */
export const isRateFresh = ({ currency, asOfMs }: Rate, nowMs: EpochMs): boolean => currency === 'USD' || nowMs - asOfMs <= RATE_MAX_AGE_MS[currency];

/**
 * One rate a currency, the best of what the sources know: a fresh one before one that is too old, and a source's before a
 * simulated one before an assumed one. Among equals the source that was named first, so that the rate does not flicker between
 * venues; among rates that are too old, the newest.
 */
export function bestRates(rates: readonly Rate[], nowMs: EpochMs): readonly Rate[] {
  const best = new Map<Currency, Rate>();
  for (const rate of rates) {
    const known = best.get(rate.currency);
    if (known === undefined || isBetter(rate, known, nowMs)) best.set(rate.currency, rate);
  }
  return [...best.values()];
}

function isBetter(rate: Rate, known: Rate, nowMs: EpochMs): boolean {
  const isFresh = isRateFresh(rate, nowMs);
  if (isFresh !== isRateFresh(known, nowMs)) return isFresh;
  const nearer = distance(rate) - distance(known);
  return nearer === 0 ? !isFresh && rate.asOfMs > known.asOfMs : nearer < 0;
}

/** How far from a market a rate was made. */
function distance({ source }: Rate): number {
  if (source === 'assumed') return 2;
  return source === 'simulated' ? 1 : 0;
}
