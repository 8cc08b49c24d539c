import { describe, expect, it } from 'vitest';
import { instrumentBySymbol } from '../../../shared/config/instruments.ts';
import { limitFill, type MarketOrder, marketFill, onTick } from '../../../shared/execution/fill-price.ts';
import { decimal, text, toNumber } from '../../../shared/kernel/decimal.ts';
import { bareQuote } from '../../support/engine-fixtures.ts';

const SOL = instrumentBySymbol('SOL');
const BOOK = { bid: 99.99, ask: 100.01, bidSize: 50, askSize: 50 };

const order = (more: Partial<MarketOrder> = {}): MarketOrder => ({
  instrument: SOL,
  side: 'buy',
  quantity: decimal('10'),
  quote: bareQuote('SOL', 100, 0, BOOK),
  met: null,
  minuteVolatility: 0.0001,
  minuteVolume: 1_000,
  ...more,
});

describe('a market order that meets a book', () => {
  it('takes the touch when all of it stands there', () => {
    const fill = marketFill(order());
    expect(text(fill.price)).toBe('100.01');
    expect(fill).toMatchObject({ rule: 'touch', slippageShare: 0, impactShare: 0 });
    expect(toNumber(fill.base)).toBe(100);
    expect(text(fill.slippage)).toBe('0.1');
  });

  it('sells at the bid', () => {
    expect(text(marketFill(order({ side: 'sell' })).price)).toBe('99.99');
  });

  it('pays slippage and impact on the part beyond the touch', () => {
    const inside = marketFill(order({ quantity: decimal('50') }));
    const half = marketFill(order({ quantity: decimal('100') }));
    const far = marketFill(order({ quantity: decimal('1000') }));
    expect(text(inside.price)).toBe('100.01');
    expect(half.slippageShare).toBeCloseTo(0.0005 / 2, 12);
    expect(far.slippageShare).toBeCloseTo(0.0005 * 0.95, 12);
    expect(half.price > inside.price).toBe(true);
    expect(far.price > half.price).toBe(true);
  });

  it('takes a touch whose size nobody tells to hold nothing', () => {
    const fill = marketFill(order({ quote: bareQuote('SOL', 100, 0, { ...BOOK, askSize: null }) }));
    expect(fill.slippageShare).toBe(0.0005);
    expect(fill.price > decimal('100.01')).toBe(true);
  });
});

describe('a market order without a book', () => {
  it('pays half a spread, slippage and impact on the last price', () => {
    const buy = marketFill(order({ quote: bareQuote('SOL', 100, 0) }));
    const sell = marketFill(order({ quote: bareQuote('SOL', 100, 0), side: 'sell' }));
    expect(buy.rule).toBe('last');
    const share = (1 + buy.halfSpreadShare) * (1 + buy.slippageShare + buy.impactShare) - 1;
    expect(toNumber(buy.price)).toBeCloseTo(100 * (1 + share), 1);
    expect(toNumber(buy.price)).toBeGreaterThanOrEqual(100 * (1 + share) - 1e-9);
    expect(toNumber(sell.price)).toBeLessThan(100);
    expect(buy.impactShare).toBeGreaterThan(0);
  });

  it('starts from the price that a stop met, and asks no book', () => {
    const fill = marketFill(order({ side: 'sell', met: { price: 98.5, rule: 'stop-level' } }));
    expect(fill.rule).toBe('stop-level');
    expect(toNumber(fill.base)).toBe(98.5);
    expect(toNumber(fill.price)).toBeLessThan(98.5);
    expect(fill.slippage > 0n).toBe(true);
  });
});

describe('a limit order that the market traded through', () => {
  it('fills at its level without slippage', () => {
    const fill = limitFill(order({ side: 'sell' }), decimal('103'));
    expect(fill).toMatchObject({ rule: 'limit', price: decimal('103'), base: decimal('103'), slippage: 0n, halfSpreadShare: 0, slippageShare: 0 });
  });
});

describe("a price on the venue's grid", () => {
  it.each`
    symbol        | price          | side      | on
    ${'SOL'}      | ${'100.001'}   | ${'buy'}  | ${'100.01'}
    ${'SOL'}      | ${'100.009'}   | ${'sell'} | ${'100'}
    ${'SOL'}      | ${'100.01'}    | ${'sell'} | ${'100.01'}
    ${'DOGE'}     | ${'0.0000001'} | ${'sell'} | ${'0.00001'}
    ${'RELIANCE'} | ${'2500.01'}   | ${'buy'}  | ${'2500.1'}
  `('is rounded against a $side: $symbol $price', ({ symbol, price, side, on }) => {
    expect(text(onTick(instrumentBySymbol(symbol), decimal(price), side))).toBe(on);
  });
});
