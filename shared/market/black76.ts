import { timeValueShare } from './options/time-value.ts';

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
  const intrinsic = Math.max(0, right === 'call' ? forward - strike : strike - forward);
  if (variance <= 0) return discount * intrinsic;
  const [smaller, larger] = forward < strike ? [forward, strike] : [strike, forward];
  return discount * (intrinsic + smaller * timeValueShare(Math.log(smaller / larger), Math.sqrt(variance)));
}
