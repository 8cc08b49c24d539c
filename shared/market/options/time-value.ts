import { normalCdf, scaledErfc } from '../../kernel/normal.ts';

/**
 * Undiscounted value of the call or put that is out of the money, equally the time value of either of them, as a share of the
 * smaller of forward and strike (its bound, met when nothing is certain any more):
 *
 *   v = N(h + t) - e^-x N(h - t),  h = x / s,  t = s / 2
 *
 * Where both arguments are negative it is taken as a difference of scaled error functions, so that the smallest values keep
 * their digits down to underflow.
 *
 * @param x logarithm of the smaller over the larger of forward and strike, <= 0
 * @param s deviation of the log forward until expiry: volatility times the root of the years, > 0
 * @see Jaeckel: "Let's be rational" (2015), section 6
 */
export function timeValueShare(x: number, s: number): number {
  const h = x / s;
  const t = s / 2;
  if (h + t >= 0) return Math.max(0, normalCdf(h + t) - Math.exp(-x) * normalCdf(h - t));
  const difference = scaledErfc(-(h + t) / Math.SQRT2) - scaledErfc((t - h) / Math.SQRT2);
  return Math.max(0, 0.5 * Math.exp(-((h + t) ** 2) / 2) * difference);
}

/** What is missing of the value's bound, `1 - timeValueShare`, with its own digits. */
export function missingShare(x: number, s: number): number {
  const h = x / s;
  const t = s / 2;
  return normalCdf(-h - t) + Math.exp(-x) * normalCdf(h - t);
}
