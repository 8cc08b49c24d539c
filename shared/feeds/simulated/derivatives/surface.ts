/** Shape of the smile, the same at every expiry. */
export interface Smile {
  /** Skew: negative when low strikes are dearer. */
  readonly correlation: number;
  /** Curvature. */
  readonly eta: number;
}

/** Volatilities a year, as shares, and how fast the one becomes the other. */
export interface TermStructure {
  readonly now: number;
  readonly longRun: number;
  readonly reversionYears: number;
}

/**
 * Variance expected of the log price until an expiry, when the variance a year reverts exponentially from `now` squared to `longRun` squared:
 *
 *   theta(T) = longRun^2 T + (now^2 - longRun^2) r (1 - exp(-T / r))
 *
 * It rises with T always: no calendar spread is free.
 */
export function atTheMoneyVariance({ now, longRun, reversionYears }: TermStructure, years: number): number {
  return longRun ** 2 * years + (now ** 2 - longRun ** 2) * reversionYears * (1 - Math.exp(-years / reversionYears));
}

/**
 * Total implied variance of a strike on the surface SSVI:
 *
 *   w(k) = theta / 2 (1 + rho phi k + sqrt((phi k + rho)^2 + 1 - rho^2)),   phi = eta / sqrt(theta (1 + theta))
 *
 * free of butterfly and calendar arbitrage while eta (1 + |rho|) <= 2 and theta does not fall with time.
 *
 * @param logMoneyness  k = ln(strike / forward)
 * @param theta         total variance at the money
 * @see Gatheral, Jacquier: "Arbitrage-free SVI volatility surfaces" (2014), section 4
 */
export function impliedVariance(logMoneyness: number, theta: number, { correlation, eta }: Smile): number {
  const scaled = (eta / Math.sqrt(theta * (1 + theta))) * logMoneyness;
  return (theta / 2) * (1 + correlation * scaled + Math.sqrt((scaled + correlation) ** 2 + 1 - correlation ** 2));
}
