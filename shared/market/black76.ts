export type OptionRight = 'call' | 'put';

/** A European option on a forward. Prices are in one currency. */
export interface ForwardOption {
  readonly right: OptionRight;
  /** Price of the underlying for delivery at expiry. */
  readonly forward: number;
  readonly strike: number;
  /** Variance of the log forward until expiry: volatility squared times years. */
  readonly variance: number;
  /** What one unit of money at expiry is worth now, 0 to 1. */
  readonly discount: number;
}

/**
 * Value of a European option on a forward:
 *
 *   call = D (F N(d1) - K N(d2)),  put = D (K N(-d2) - F N(-d1)),  d1,2 = ln(F / K) / s +- s / 2,  s = sqrt(variance)
 *
 * Without variance it is the discounted intrinsic value. The in-the-money side is priced from the other one by parity, so that
 * a call and a put of one strike differ by D (F - K) to the last digit.
 * @see Black: "The pricing of commodity contracts" (1976)
 */
export function black76({ right, forward, strike, variance, discount }: ForwardOption): number {
  const sign = right === 'call' ? 1 : -1;
  const intrinsic = Math.max(0, sign * (forward - strike));
  if (variance <= 0) return discount * intrinsic;
  return discount * (intrinsic + outOfTheMoney(forward, strike, Math.sqrt(variance)));
}

/** Undiscounted value of the call or put of the strike that is out of the money: equally, the time value of either. */
function outOfTheMoney(forward: number, strike: number, deviation: number): number {
  const isCall = strike >= forward;
  const [near, far] = isCall ? [forward, strike] : [strike, forward];
  const d1 = Math.log(near / far) / deviation + deviation / 2;
  return Math.max(0, near * normalCdf(d1) - far * normalCdf(d1 - deviation));
}

const HART_LIMIT = 7.07106781186547;
const NUMERATOR = [
  0.0352624965998911, 0.700383064443688, 6.37396220353165, 33.912866078383, 112.079291497871, 221.213596169931, 220.206867912376,
] as const;
const DENOMINATOR = [
  0.0883883476483184, 1.75566716318264, 16.064177579207, 86.7807322029461, 296.564248779674, 637.333633378831, 793.826512519948, 440.413735824752,
] as const;

/**
 * Distribution function of the standard normal law, to about 1e-15.
 * @see Hart et al.: "Computer approximations" (1968), algorithm 5666; West: "Better approximations to cumulative normal functions" (2005)
 */
function normalCdf(x: number): number {
  const size = Math.abs(x);
  const tail = size > 37 ? 0 : Math.exp((-size * size) / 2) * (size < HART_LIMIT ? rational(size) : continued(size));
  return x > 0 ? 1 - tail : tail;
}

const horner = (coefficients: readonly number[], x: number): number => coefficients.reduce((value, coefficient) => value * x + coefficient, 0);
const rational = (x: number): number => horner(NUMERATOR, x) / horner(DENOMINATOR, x);
const ROOT_OF_TWO_PI = Math.sqrt(2 * Math.PI);
const continued = (x: number): number => 1 / (x + 1 / (x + 2 / (x + 3 / (x + 4 / (x + 0.65))))) / ROOT_OF_TWO_PI;
