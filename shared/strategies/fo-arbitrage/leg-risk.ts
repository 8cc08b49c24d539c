import { YEAR_MS } from './candidate.ts';

/**
 * What the price is expected to move, either way, between the fills of legs that are sent together:
 *
 *   cost = (legs - 1) * price * sigma * sqrt(m / 2)
 *
 * Latency has an exponential tail of mean m, so two legs arrive apart by an exponential time of the same mean; over a time t the
 * price moves by sigma sqrt(2 t / pi) on average, and the mean of sqrt(t) is sqrt(pi m) / 2.
 *
 * @param sigma       volatility a year, as a share of price
 * @param meanTailMs  mean of the latency's tail, m
 * @returns in the currency of the price, for one unit
 */
export function legRisk(legs: number, price: number, sigma: number, meanTailMs: number): number {
  return (legs - 1) * price * sigma * Math.sqrt(meanTailMs / YEAR_MS / 2);
}
