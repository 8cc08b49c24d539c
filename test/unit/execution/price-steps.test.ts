import { describe, expect, it } from 'vitest';
import type { Fill } from '../../../shared/contracts/fill.ts';
import { priceSteps } from '../../../shared/execution/price-steps.ts';
import { decimal } from '../../../shared/kernel/decimal.ts';

type Made = Pick<Fill['provenance'], 'baseRule' | 'halfSpreadShare' | 'slippageShare' | 'impactShare'>;

const stepsOf = (side: Fill['side'], price: string, made: Partial<Made>): readonly string[] => {
  const shares = { halfSpreadShare: 0, slippageShare: 0, impactShare: 0, baseRule: 'limit' } as const;
  const provenance = { ...shares, ...made, basePrice: decimal('100') } as Fill['provenance'];
  return priceSteps({ side, price: decimal(price), provenance }).map(({ says, price: at }) => `${Number(at.toFixed(6))} ${says}`);
};

describe('the steps to a price', () => {
  it('add up what a buyer concedes beyond the touch, and end at the price that is booked', () => {
    const shares = { halfSpreadShare: 0.0001, slippageShare: 0.0005, impactShare: 0.001, baseRule: 'touch' } as const;
    expect(stepsOf('buy', '100.17', shares)).toEqual([
      '100 middle of the book',
      '100.01 half the spread',
      '100.060005 slippage of its volatility',
      '100.160015 impact of its size',
      '100.17 rounded against the order',
    ]);
  });

  it('take from what a seller gets', () => {
    expect(stepsOf('sell', '97.95', { slippageShare: 0.0004, impactShare: 0.02, baseRule: 'gap' })).toEqual([
      '100 first price beyond the stop',
      '99.96 slippage of its volatility',
      '97.96 impact of its size',
      '97.95 rounded against the order',
    ]);
  });

  it('count the levels of a book from its middle', () => {
    expect(stepsOf('buy', '100.03', { halfSpreadShare: 0.0001, impactShare: 0.0002, baseRule: 'book' })).toEqual([
      '100 middle of the book',
      '100.01 half the spread',
      '100.03 levels beyond the best',
    ]);
  });

  it('say of a sale that would go under the first tick of its venue that it is there', () => {
    expect(stepsOf('sell', '0.05', { impactShare: 0.9999, baseRule: 'last' })).toEqual([
      '100 last price, no book was known',
      '0.01 impact of its size',
      '0.05 the least price on the grid',
    ]);
  });

  it.each([
    ['limit', 'its own level'],
    ['queue', 'its own level, in its turn'],
    ['auction', 'price of the auction'],
  ] as const)('are one where a price is its own: %s', (baseRule, says) => {
    expect(stepsOf('sell', '100', { baseRule })).toEqual([`100 ${says}`]);
  });
});
