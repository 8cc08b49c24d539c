import { RiskError, requireLevel } from './risk-error.ts';

/**
 * Value at risk and expected shortfall of a vector of outcomes: both are losses, so positive where money is lost, in the unit of
 * the outcomes. A book that gains even in its bad tail has a negative figure here: who shows it may say that it is no loss.
 */
export interface TailLoss {
  /** The loss that is not passed with the confidence of the level. */
  readonly valueAtRisk: number;
  /** Mean loss of the outcomes that are at least as bad. */
  readonly expectedShortfall: number;
}

/**
 * Tail loss of equally likely outcomes.
 *
 *   VaR = -quantile(outcomes, 1 - level), linear between order statistics;  ES = -mean of the outcomes at or below that quantile
 *
 * @param outcomes  profits and losses, in any order; not changed
 * @param level     0.95 for the loss that is passed once in twenty times
 * @throws RiskError `no_scenarios`, `bad_level`
 * @see Hyndman, Fan: "Sample quantiles in statistical packages" (1996), type 7; the definition of empyrical
 */
export function tailLoss(outcomes: Float64Array, level: number): TailLoss {
  requireLevel(level);
  if (outcomes.length === 0) throw new RiskError('no_scenarios', 'Tail losses need at least one outcome', {});
  return tailOfSorted(Float64Array.from(outcomes).sort(), level);
}

/** The same of outcomes that are in ascending order already. */
function tailOfSorted(sorted: Float64Array, level: number): TailLoss {
  const quantile = quantileOfSorted(sorted, 1 - level);
  let sum = 0;
  let count = 0;
  while (count < sorted.length && at(sorted, count) <= quantile) {
    sum += at(sorted, count);
    count += 1;
  }
  return { valueAtRisk: 0 - quantile, expectedShortfall: count === 0 ? 0 - quantile : 0 - sum / count };
}

/** The quantile of ascending values, linear between order statistics. @param probability 0 to 1 */
export function quantileOfSorted(sorted: Float64Array, probability: number): number {
  const { below, share } = placeOf(sorted.length, probability);
  const lower = at(sorted, below);
  return lower + share * (at(sorted, Math.min(below + 1, sorted.length - 1)) - lower);
}

/** Between which order statistics a quantile lies: after the one at `below`, by a share of the way to the next. */
export function placeOf(count: number, probability: number): { readonly below: number; readonly share: number } {
  const asked = (count - 1) * probability;
  // 1 - 0.9 is a hair more than 0.1: a place that is meant to be an outcome is that outcome.
  const place = Math.abs(asked - Math.round(asked)) < 1e-9 ? Math.round(asked) : asked;
  const below = Math.floor(place);
  return { below, share: place - below };
}

const at = (values: Float64Array, index: number): number => values[index] as number;
