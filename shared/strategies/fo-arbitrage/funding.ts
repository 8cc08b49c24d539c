import { type EpochMs, HOUR_MS } from '../../kernel/time.ts';
import type { PerpetualQuote } from '../../market/derivative.ts';

const PERSISTENCE_MS = 8 * HOUR_MS;

/** How funding rates go on: both for eight hours. */
export interface FundingOutlook {
  /** What remains of a rate's distance from its mean, 0 to 1. */
  readonly persistence: number;
  /** Rate to which it returns, as a share. */
  readonly mean: number;
}

/**
 * Funding that longs are expected to pay to shorts until an instant, as a share of the value; negative when shorts pay.
 *
 *   sum over the payments k = 0, 1, ... until then of m + (rate - m) * p ^ k
 *
 * with p the persistence and m the mean, both brought to the interval of the contract.
 */
export function expectedFunding(
  { fundingRate, nextFundingMs, fundingIntervalMs }: Pick<PerpetualQuote, 'fundingRate' | 'nextFundingMs' | 'fundingIntervalMs'>,
  untilMs: EpochMs,
  { persistence, mean }: FundingOutlook,
): number {
  if (nextFundingMs > untilMs) return 0;
  const payments = Math.floor((untilMs - nextFundingMs) / fundingIntervalMs) + 1;
  const kept = persistence ** (fundingIntervalMs / PERSISTENCE_MS);
  const level = mean * (fundingIntervalMs / PERSISTENCE_MS);
  return level * payments + (fundingRate - level) * ((1 - kept ** payments) / (1 - kept));
}

/**
 * What a side may count on: a short, which is paid in the long run, that the rate decays to nothing; a long, which pays, that it
 * returns to its mean. Received when positive.
 */
export function countedFunding(side: 'buy' | 'sell', quote: PerpetualQuote, untilMs: EpochMs, { persistence, mean }: FundingOutlook): number {
  return side === 'sell' ? expectedFunding(quote, untilMs, { persistence, mean: 0 }) : -expectedFunding(quote, untilMs, { persistence, mean });
}
