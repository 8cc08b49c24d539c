import { isOption, type Leg, signedQuantity } from './leg.ts';

// Slopes are sums of quantities: what is left of a perfect hedge by the rounding of floats is no exposure.
const SLOPE_TOLERANCE = 1e-9;

/**
 * The most that the legs can lose when they are held to their one expiry, with premiums as paid and received; negative when they
 * gain whatever happens. Null when the loss has no bound or the legs expire at different times.
 *
 * Profit at expiry is piecewise linear in the price of the underlying: its least value is at 0, at a strike, or at infinity.
 */
export function maxLoss(legs: readonly Leg[]): number | null {
  if (!expireTogether(legs) || slopeAtInfinity(legs) < -toleranceOf(legs)) return null;
  return Math.max(...knotsOf(legs).map((price) => -profitAtExpiry(legs, price)));
}

/**
 * The most that the legs can gain when they are held to their one expiry, with premiums as paid and received. Null when it has no
 * bound or the legs expire at different times.
 */
export function maxProfit(legs: readonly Leg[]): number | null {
  if (!expireTogether(legs) || slopeAtInfinity(legs) > toleranceOf(legs)) return null;
  return Math.max(...knotsOf(legs).map((price) => profitAtExpiry(legs, price)));
}

/**
 * Whether every short leg is covered by another leg with the same expiry: whatever the price does from the outermost strikes on,
 * the legs lose no more. Shares are paid in full and cover calls; their own fall is no debt. A short put with nothing but cash
 * behind it is not hedged, although its loss has a bound.
 */
export function isFullyHedged(legs: readonly Leg[]): boolean {
  const tolerance = toleranceOf(legs);
  return expireTogether(legs) && slopeAtInfinity(legs) >= -tolerance && owedSlopeAtZero(legs) <= tolerance;
}

/** Where the profit bends. */
const knotsOf = (legs: readonly Leg[]): readonly number[] => [0, ...legs.filter(isOption).map(({ strike }) => strike)];

function expireTogether(legs: readonly Leg[]): boolean {
  return new Set(legs.flatMap((leg) => (leg.kind === 'equity' ? [] : [leg.expiryMs]))).size <= 1;
}

const slopeAtInfinity = (legs: readonly Leg[]): number => sumOf(legs, (leg) => (isOption(leg) && leg.right === 'put' ? 0 : signedQuantity(leg)));

/** What futures and puts lose per unit that the price falls, below all strikes. */
const owedSlopeAtZero = (legs: readonly Leg[]): number =>
  sumOf(legs, (leg) => {
    if (leg.kind === 'equity') return 0;
    if (leg.kind === 'future') return signedQuantity(leg);
    return leg.right === 'put' ? -signedQuantity(leg) : 0;
  });

const toleranceOf = (legs: readonly Leg[]): number => SLOPE_TOLERANCE * sumOf(legs, ({ quantity }) => quantity);

const profitAtExpiry = (legs: readonly Leg[], price: number): number =>
  sumOf(legs, (leg) => signedQuantity(leg) * (worthAtExpiry(leg, price) - leg.price));

function worthAtExpiry(leg: Leg, price: number): number {
  if (!isOption(leg)) return price;
  return Math.max(0, leg.right === 'call' ? price - leg.strike : leg.strike - price);
}

const sumOf = (legs: readonly Leg[], figure: (leg: Leg) => number): number => legs.reduce((sum, leg) => sum + figure(leg), 0);
