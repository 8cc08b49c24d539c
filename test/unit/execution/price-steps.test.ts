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

  it('say of a limit that it held the price', () => {
    expect(stepsOf('buy', '100.02', { halfSpreadShare: 0.0001, slippageShare: 0.001, baseRule: 'last' }).at(-1)).toBe('100.02 held to its limit');
    expect(stepsOf('sell', '99.98', { halfSpreadShare: 0.0001, slippageShare: 0.001, baseRule: 'last' }).at(-1)).toBe('99.98 held to its limit');
  });

  it.each([
    ['limit', 'its own level'],
    ['queue', 'its own level, in its turn'],
    ['auction', 'price of the auction'],
  ] as const)('are one where a price is its own: %s', (baseRule, says) => {
    expect(stepsOf('sell', '100', { baseRule })).toEqual([`100 ${says}`]);
  });
});
