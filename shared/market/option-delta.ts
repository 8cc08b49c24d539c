import { black76, type OptionRight } from './black76.ts';

export interface DeltaOf {
  readonly right: OptionRight;
  /** Price of the underlying for delivery at expiry. */
  readonly forward: number;
  readonly strike: number;
  /** Volatility a year, as a share. */
  readonly iv: number;
  readonly years: number;
}

const STEP = 1e-4;

/**
 * Undiscounted delta of an option on its forward, by the slope of Black-76 over a ten-thousandth of the price: between 0 and 1 for
 * a call, -1 and 0 for a put. At expiry it is one of the ends, or half between them at the money.
 */
export function optionDelta({ right, forward, strike, iv, years }: DeltaOf): number {
  const variance = iv * iv * years;
  const at = (price: number): number => black76({ right, forward: price, strike, variance, discount: 1 });
  return (at(forward * (1 + STEP)) - at(forward * (1 - STEP))) / (2 * STEP * forward);
}
