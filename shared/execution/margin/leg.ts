import type { EpochMs } from '../../kernel/time.ts';
import type { OptionRight } from '../../market/black76.ts';
import { MarginError } from './margin-error.ts';

export type Direction = 'long' | 'short';

// Quantities are units of the underlying (shares, coin: lots times lot size), prices are per unit, in the currency of settlement.

/** Shares that are held: long only, since a short of shares is an intraday trade with a regime of its own. */
export interface SharesLeg {
  readonly kind: 'equity';
  readonly quantity: number;
  readonly price: number;
}

export interface FutureLeg {
  readonly kind: 'future';
  readonly direction: Direction;
  readonly quantity: number;
  readonly price: number;
  readonly expiryMs: EpochMs;
}

export interface OptionLeg {
  readonly kind: 'option';
  readonly direction: Direction;
  readonly right: OptionRight;
  readonly quantity: number;
  readonly strike: number;
  /** Premium: paid for a long, received for a short. */
  readonly price: number;
  readonly expiryMs: EpochMs;
}

/** A leg of a position in one underlying. */
export type Leg = SharesLeg | FutureLeg | OptionLeg;

export const isOption = <L extends { readonly kind: string }>(leg: L): leg is Extract<L, { readonly kind: 'option' }> => leg.kind === 'option';
export const isShort = (leg: Leg): boolean => leg.kind !== 'equity' && leg.direction === 'short';

/** Units with their sign: what the leg gains when its own price rises by one. */
export const signedQuantity = (leg: Leg): number => (isShort(leg) ? -leg.quantity : leg.quantity);

/** What the legs cost or bring at their prices; futures change hands without a payment. */
export const costOf = (legs: readonly Leg[]): number => legs.reduce((sum, leg) => sum + (leg.kind === 'future' ? 0 : leg.quantity * leg.price), 0);

/** How far an option is out of the money, per unit; 0 when it is in it. */
export function outOfTheMoneyBy({ right, strike }: Pick<OptionLeg, 'right' | 'strike'>, underlyingPrice: number): number {
  return Math.max(0, right === 'call' ? strike - underlyingPrice : underlyingPrice - strike);
}

/**
 * Refuses what no position can be: nothing at all, quantities, strikes and prices of an underlying that are not positive, premiums below zero.
 * @throws MarginError `not_a_position`
 */
export function requirePosition(legs: readonly Leg[], underlyingPrice: number): void {
  const isSound = legs.length > 0 && isPositive(underlyingPrice) && legs.every(isSoundLeg);
  if (!isSound) throw new MarginError('not_a_position', 'A position has legs with positive quantities and prices', { legs, underlyingPrice });
}

const isPositive = (value: number): boolean => Number.isFinite(value) && value > 0;
const isSoundLeg = (leg: Leg): boolean =>
  isPositive(leg.quantity) &&
  (leg.kind === 'option' ? isPositive(leg.strike) && Number.isFinite(leg.price) && leg.price >= 0 : isPositive(leg.price));
