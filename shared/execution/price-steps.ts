import type { Fill } from '../contracts/fill.ts';
import { toNumber } from '../kernel/decimal.ts';

/** One step on the way from a base price to the price of a fill. */
export interface PriceStep {
  readonly says: string;
  /** What the step adds, as a share of the base price; null for a price by itself. */
  readonly share: number | null;
  /** The price after it. */
  readonly price: number;
}

const BASE: Readonly<Record<Fill['provenance']['baseRule'], string>> = {
  book: 'middle of the book',
  touch: 'middle of the book',
  last: 'last price, no book was known',
  'stop-level': 'level of the stop',
  gap: 'first price beyond the stop',
  limit: 'its own level',
  queue: 'its own level, in its turn',
  auction: 'price of the auction',
  settlement: 'what it is worth at its settlement price',
};

/** How the price of a fill came about, from the shares that it keeps: base, half the spread, slippage, impact, rounding. */
export function priceSteps({ side, price, provenance }: Pick<Fill, 'side' | 'price' | 'provenance'>): readonly PriceStep[] {
  const { basePrice, baseRule, halfSpreadShare, slippageShare, impactShare } = provenance;
  const base = toNumber(basePrice);
  const sign = side === 'buy' ? 1 : -1;
  // From the middle the depth is counted in shares of the middle, a concession in shares of the touch.
  const touch = base * (1 + sign * halfSpreadShare);
  const of = baseRule === 'book' ? base : touch;
  const conceded: readonly PriceStep[] = [
    { says: 'half the spread', share: halfSpreadShare, price: touch },
    { says: 'slippage of its volatility', share: slippageShare, price: touch + sign * of * slippageShare },
    {
      says: baseRule === 'book' ? 'levels beyond the best' : 'impact of its size',
      share: impactShare,
      price: touch + sign * of * (slippageShare + impactShare),
    },
  ];
  const steps = [{ says: BASE[baseRule], share: null, price: base }, ...conceded.filter(({ share }) => share !== 0)];
  const booked = toNumber(price);
  const reached = steps.at(-1)?.price ?? base;
  // The last digits of the sum are noise of the floating point, the price is exact.
  return Math.abs(reached - booked) <= base * 1e-12 ? steps : [...steps, { says: lastStep(sign * (booked - reached)), share: null, price: booked }];
}

// Only the grid moves a price at the end: against the order, but for a sale that would go under the first tick.
const lastStep = (against: number): string => (against > 0 ? 'rounded against the order' : 'the least price on the grid');
