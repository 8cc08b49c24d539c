import { normalDensity } from '../../kernel/normal.ts';
import type { OptionRight } from '../black76.ts';
import { missingShare, timeValueShare } from './time-value.ts';

export interface PricedOption {
  readonly right: OptionRight;
  readonly price: number;
  readonly forward: number;
  readonly strike: number;
  readonly years: number;
  /** What one unit of money at expiry is worth now. */
  readonly discount: number;
}

/**
 * Why a price implies no volatility. `not_a_price`: an input is not a positive number. `expired`: no time is left.
 * `below_intrinsic`: cheaper than what exercise gives. `no_time_value`: worth what exercise gives, within the digits of the price.
 * `above_bound`: as dear as the underlying (call) or the strike (put), or dearer.
 */
export type NoVolatility = 'not_a_price' | 'expired' | 'below_intrinsic' | 'no_time_value' | 'above_bound';

/** A year, as a share; null with its reason where no volatility gives the price. */
export type ImpliedVolatility = { readonly volatility: number; readonly reason: null } | { readonly volatility: null; readonly reason: NoVolatility };

// Digits that a price in double precision cannot have: a difference to the intrinsic value below this is noise.
const NOISE = 4 * Number.EPSILON;
const MOST_STEPS = 100;
const CLOSE_ENOUGH = 4 * Number.EPSILON;

/**
 * The volatility at which Black-76 gives the price.
 *
 * Solved for the side of the strike that is out of the money, whose value is all time value, by a bracketed Newton: on the
 * logarithm of the value below the curve's inflection, where it spans hundreds of decades; on the value in the middle; on the
 * logarithm of what is missing to the bound above. A step that leaves the bracket is halved instead, so it always ends.
 * The answer is as good as the digits of the price allow, and better than 1e-8 wherever the price tells that much.
 * @see Jaeckel: "By implication" (2006) and "Let's be rational" (2015), for the choice of the objective
 */
export function impliedVolatility({ right, price, forward, strike, years, discount }: PricedOption): ImpliedVolatility {
  const isPriced = price >= 0 && forward > 0 && strike > 0 && discount > 0 && price + forward + strike + discount + years < Infinity;
  if (!isPriced) return none('not_a_price');
  if (years <= 0) return none('expired');
  const undiscounted = price / discount;
  const intrinsic = Math.max(0, right === 'call' ? forward - strike : strike - forward);
  const timeValue = undiscounted - intrinsic;
  const noise = intrinsic > 0 ? NOISE * Math.max(forward, strike) : 0;
  if (timeValue < -noise) return none('below_intrinsic');
  if (timeValue <= noise) return none('no_time_value');
  const smaller = Math.min(forward, strike);
  const share = timeValue / smaller;
  if (share >= 1) return none('above_bound');
  const deviation = deviationOf(Math.log(smaller / Math.max(forward, strike)), share);
  return { volatility: deviation / Math.sqrt(years), reason: null };
}

const none = (reason: NoVolatility): ImpliedVolatility => ({ volatility: null, reason });

/** A root-finding problem: zero at the deviation that is looked for, rising. */
type Objective = (s: number) => { readonly value: number; readonly slope: number };

/** The deviation s with timeValueShare(x, s) = share. */
function deviationOf(x: number, share: number): number {
  // Where the value bends: convex in the deviation below, concave above.
  const bend = Math.sqrt(-2 * x);
  const objective = objectiveFor(x, share, bend);
  const [low, high] = bracket(objective, x, share, bend);
  return bracketedNewton(objective, low, high);
}

function objectiveFor(x: number, share: number, bend: number): Objective {
  const vega = (s: number): number => normalDensity(x / s + s / 2);
  if (bend > 0 && share < timeValueShare(x, bend)) {
    const sought = Math.log(share);
    return (s) => {
      const value = timeValueShare(x, s);
      return { value: Math.log(value) - sought, slope: vega(s) / value };
    };
  }
  if (share < 0.5) return (s) => ({ value: timeValueShare(x, s) - share, slope: vega(s) });
  const sought = Math.log(1 - share);
  return (s) => {
    const missing = missingShare(x, s);
    return { value: sought - Math.log(missing), slope: vega(s) / missing };
  };
}

function bracket(objective: Objective, x: number, share: number, bend: number): readonly [number, number] {
  let low = 0;
  let high = bend > 0 ? bend : Math.max(Number.MIN_VALUE, share * Math.sqrt(2 * Math.PI));
  // On the convex side the value is at most a normal tail, ln v <= -x^2 / (2 s^2) - x / 2, which gives a lower end.
  if (x < 0) low = Math.min(high, -x / Math.sqrt(-x - 2 * Math.log(share)));
  while (objective(high).value < 0) {
    low = high;
    high *= 2;
  }
  return [low, high];
}

function bracketedNewton(objective: Objective, from: number, to: number): number {
  let [low, high] = [from, to];
  // Every objective but the last is concave: from below Newton comes ever nearer without leaving the bracket.
  let s = low > 0 ? low : high;
  for (let step = 0; step < MOST_STEPS; step++) {
    const { value, slope } = objective(s);
    if (value === 0) return s;
    if (value < 0) low = s;
    else high = s;
    const next = s - value / slope;
    // NaN and infinities of a vanished value fail the comparison too.
    const inside = next > low && next < high ? next : (low + high) / 2;
    if (Math.abs(inside - s) <= CLOSE_ENOUGH * s) return inside;
    s = inside;
  }
  return s;
}
