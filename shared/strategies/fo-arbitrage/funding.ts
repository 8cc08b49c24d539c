import { type EpochMs, HOUR_MS } from '../../kernel/time.ts';
import type { PerpetualQuote } from '../../market/derivative.ts';

const PERSISTENCE_MS = 8 * HOUR_MS;

/**
 * Funding that a short of one unit is expected to receive until an instant, as a share of its value; negative when it pays.
 *
 *   sum over the payments k = 0, 1, ... until then of rate * persistence ^ (k * interval / 8 h)
 *
 * The running rate is paid next; after it no more is expected than its decay to nothing, whatever the long-run mean.
 *
 * @param persistence what remains of a rate eight hours later, 0 to 1
 */
export function expectedFunding(
  { fundingRate, nextFundingMs, fundingIntervalMs }: Pick<PerpetualQuote, 'fundingRate' | 'nextFundingMs' | 'fundingIntervalMs'>,
  untilMs: EpochMs,
  persistence: number,
): number {
  if (nextFundingMs > untilMs) return 0;
  const payments = Math.floor((untilMs - nextFundingMs) / fundingIntervalMs) + 1;
  const kept = persistence ** (fundingIntervalMs / PERSISTENCE_MS);
  return fundingRate * ((1 - kept ** payments) / (1 - kept));
}
