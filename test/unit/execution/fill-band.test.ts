import { describe, expect, it } from 'vitest';
import { type BandInput, marketBand, singlePrice } from '../../../shared/execution/fill-band.ts';
import { decimal, text } from '../../../shared/kernel/decimal.ts';

const input = (more: Partial<BandInput> = {}): BandInput => ({
  side: 'buy',
  price: decimal('100.11'),
  base: 100,
  halfSpreadShare: 0.0001,
  concessionShare: 0.001,
  minuteVolatility: 0.002,
  latencyMs: 15_000,
  ...more,
});
const shown = (more: Partial<BandInput> = {}): readonly string[] => {
  const { optimistic, pessimistic } = marketBand(input(more));
  return [text(optimistic), text(pessimistic)];
};

describe('the band of a market fill', () => {
  it('reaches for a buyer from the touch up to twice the concession and a standard deviation of the way', () => {
    // A quarter of a minute: 0.002 x sqrt(1/4) = 0.001; 100 x (1 + 0.0001 + 0.002 + 0.001)
    expect(shown()).toEqual(['100.01', '100.31']);
  });

  it('reaches for a seller from the touch down', () => {
    expect(shown({ side: 'sell', price: decimal('99.89') })).toEqual(['99.99', '99.69']);
  });

  it('of an order that was not on its way ends at twice the concession', () => {
    expect(shown({ latencyMs: 0 })).toEqual(['100.01', '100.21']);
  });

  it('is one price where nothing was conceded and nothing moved', () => {
    expect(shown({ price: decimal('100.01'), concessionShare: 0, latencyMs: 0 })).toEqual(['100.01', '100.01']);
  });

  it('always holds the booked price, which the grid may have put beyond either end', () => {
    expect(shown({ price: decimal('100') })[0]).toBe('100');
    expect(shown({ price: decimal('100.5') })[1]).toBe('100.5');
    expect(shown({ side: 'sell', price: decimal('100') })[0]).toBe('100');
    expect(shown({ side: 'sell', price: decimal('99.5') })[1]).toBe('99.5');
  });

  it('has no price below nothing', () => {
    expect(shown({ side: 'sell', price: decimal('1'), concessionShare: 0.9 })[1]).toBe('0');
  });
});

describe('the band of an order at one price', () => {
  it('is that price', () => {
    expect(singlePrice(decimal('103'))).toEqual({ optimistic: decimal('103'), pessimistic: decimal('103') });
  });
});
