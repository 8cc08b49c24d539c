import { RATE_MAX_AGE_MS } from '../config/risk.ts';
import type { Rate } from '../contracts/terms.ts';
import { type EpochMs, MINUTE_MS } from '../kernel/time.ts';
import type { Currency } from './instrument.ts';

/** Whether entries may be sized and settled by a rate: each currency's rates have an age of their own. */
export const isRateFresh = ({ currency, asOfMs }: Rate, nowMs: EpochMs): boolean => currency === 'USD' || nowMs - asOfMs <= RATE_MAX_AGE_MS[currency];

/**
 * One rate a currency, the best of what the sources know. An assumed rate is for where nobody tells one: it loses to any other,
 * however old, so that a venue's silence stops entries and does not set the rate back to what was assumed. Of the others a fresh
 * one goes before one that is too old, and a source's before a simulated one. Among equals the source that was named first, so
 * that the rate does not flicker between venues, unless another is more than a minute ahead; among rates that are too old, the
 * newest.
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
  if (isAssumed(rate) !== isAssumed(known)) return isAssumed(known);
  const isFresh = isRateFresh(rate, nowMs);
  if (isFresh !== isRateFresh(known, nowMs)) return isFresh;
  if (isSimulated(rate) !== isSimulated(known)) return isSimulated(known);
  return rate.asOfMs - known.asOfMs > (isFresh ? LEAD_MS : 0);
}

/** Assumption: within a minute a rate moves by less than what it costs to trade. */
const LEAD_MS = MINUTE_MS;

const isAssumed = ({ source }: Rate): boolean => source === 'assumed';
const isSimulated = ({ source }: Rate): boolean => source === 'simulated';
