import { describe, expect, it } from 'vitest';
import { instrumentBySymbol } from '../../../shared/config/instruments.ts';
import type { Taking } from '../../../shared/contracts/fill.ts';
import { auctionFill, limitFill, type MarketOrder, marketFill, onTick, type PricedFill } from '../../../shared/execution/fill-price.ts';
import { decimal, fromNumber, text, toNumber } from '../../../shared/kernel/decimal.ts';
import { bareQuote } from '../../support/engine-fixtures.ts';

const SOL = instrumentBySymbol('SOL');
const BOOK = { bid: 99.99, ask: 100.01, bidSize: 50, askSize: 50 };

const order = (more: Partial<MarketOrder> = {}): MarketOrder => ({
  instrument: SOL,
  side: 'buy',
  quantity: decimal('10'),
  quote: bareQuote('SOL', 100, 0, BOOK),
  levels: null,
  takings: [],
  met: null,
  limit: null,
  latencyMs: 80,
  minuteVolatility: 0.0001,
  minuteVolume: 1_000,
  ...more,
});

function filled(more: Partial<MarketOrder> = {}): PricedFill {
  const fill = marketFill(order(more));
  if (fill === null) throw new Error('Nothing was to be had');
  return fill;
}

describe('a market order that meets a book', () => {
  it('takes the touch when all of it stands there', () => {
    const fill = filled();
    expect(text(fill.price)).toBe('100.01');
    expect(fill).toMatchObject({ rule: 'touch', slippageShare: 0, impactShare: 0 });
    expect(toNumber(fill.base)).toBe(100);
    expect(text(fill.slippage)).toBe('0.1');
  });

  it('sells at the bid', () => {
    expect(text(filled({ side: 'sell' }).price)).toBe('99.99');
  });

  it('pays slippage and impact on the part beyond the touch', () => {
    const minuteVolume = 10_000;
    const inside = filled({ minuteVolume, quantity: decimal('50') });
    const half = filled({ minuteVolume, quantity: decimal('100') });
    const far = filled({ minuteVolume, quantity: decimal('1000') });
    expect(text(inside.price)).toBe('100.01');
    expect(half.slippageShare).toBeCloseTo(0.0005 / 2, 12);
    expect(far.slippageShare).toBeCloseTo(0.0005 * 0.95, 12);
    expect(half.price > inside.price).toBe(true);
    expect(far.price > half.price).toBe(true);
  });

  it('takes a touch whose size nobody tells to hold nothing', () => {
    const fill = filled({ quote: bareQuote('SOL', 100, 0, { ...BOOK, askSize: null }) });
    expect(fill.slippageShare).toBe(0.0005);
    expect(fill.price > decimal('100.01')).toBe(true);
  });
});

describe('a market order without a book', () => {
  it('pays half a spread, slippage and impact on the last price', () => {
    const buy = filled({ quote: bareQuote('SOL', 100, 0) });
    const sell = filled({ quote: bareQuote('SOL', 100, 0), side: 'sell' });
    expect(buy.rule).toBe('last');
    const share = (1 + buy.halfSpreadShare) * (1 + buy.slippageShare + buy.impactShare) - 1;
    expect(toNumber(buy.price)).toBeCloseTo(100 * (1 + share), 1);
    expect(toNumber(buy.price)).toBeGreaterThanOrEqual(100 * (1 + share) - 1e-9);
    expect(toNumber(sell.price)).toBeLessThan(100);
    expect(buy.impactShare).toBeGreaterThan(0);
  });

  it('starts from the price that a stop met, and asks no book', () => {
    const fill = filled({ side: 'sell', met: { price: 98.5, rule: 'stop-level' } });
    expect(fill.rule).toBe('stop-level');
    expect(toNumber(fill.base)).toBe(98.5);
    expect(toNumber(fill.price)).toBeLessThan(98.5);
    expect(fill.slippage > 0n).toBe(true);
  });
});

describe('a market order without depth', () => {
  it.each`
    quantity     | minuteVolume | askSize | fills        | because
    ${'99'}      | ${1_000}     | ${50}   | ${'99'}      | ${'it is within the tenth of the volume'}
    ${'250'}     | ${1_000}     | ${50}   | ${'100'}     | ${'a tenth of the volume is all that it may have'}
    ${'250'}     | ${1_000}     | ${170}  | ${'170'}     | ${'what stands at the touch may be taken, volume or not'}
    ${'250'}     | ${null}      | ${50}   | ${'250'}     | ${'nobody knows the volume'}
    ${'250'}     | ${0}         | ${50}   | ${'250'}     | ${'a volume of nothing tells nothing'}
    ${'250'}     | ${123.4567}  | ${5}    | ${'12.345'}  | ${'a part is in whole lots, rounded down'}
    ${'9.99957'} | ${1_000}     | ${50}   | ${'9.999'}   | ${'what a commission in coin left of a lot cannot be sold'}
    ${'0.00042'} | ${1_000}     | ${50}   | ${'0.00042'} | ${'a holding under one lot goes whole, so that it ends'}
  `('fills $fills of $quantity: $because', ({ quantity, minuteVolume, askSize, fills }) => {
    const quote = bareQuote('SOL', 100, 0, { ...BOOK, askSize });
    expect(text(filled({ quantity: decimal(quantity), minuteVolume, quote }).quantity)).toBe(fills);
  });

  it('fills nothing when its share of the volume is under a lot', () => {
    expect(marketFill(order({ quote: bareQuote('SOL', 100, 0), minuteVolume: 0.009 }))).toBeNull();
    expect(text(filled({ quote: bareQuote('SOL', 100, 0), minuteVolume: 0.01 }).quantity)).toBe('0.001');
  });

  it('counts what the account took within the minute against its share, and against the touch it took it from', () => {
    const taken = (side: 'buy' | 'sell', price: number, quantity: number): Taking => ({
      symbol: 'SOL',
      side,
      quantity: decimal(String(quantity)),
      levels: [{ price, quantity }],
      atMs: 0,
    });
    const quote = bareQuote('SOL', 100, 0, { ...BOOK, askSize: 170 });
    const wanted = { quantity: decimal('250'), quote };
    expect(text(filled({ ...wanted, takings: [taken('buy', 100.01, 40)] }).quantity)).toBe('130');
    expect(text(filled({ ...wanted, takings: [taken('buy', 100.01, 90)] }).quantity)).toBe('80');
    // A sale took nothing from the asks.
    expect(text(filled({ ...wanted, takings: [taken('sell', 99.99, 90)] }).quantity)).toBe('170');
    expect(filled({ ...wanted, takings: [taken('buy', 100.01, 165)] })).toMatchObject({ quantity: decimal('5'), slippageShare: 0 });
    const beside = taken('buy', 100.05, 45);
    expect(filled({ quantity: decimal('10'), takings: [taken('buy', 100.01, 45), beside] }).slippageShare).toBeCloseTo(0.0005 / 2, 12);
  });
});

describe('a market order with a limit', () => {
  it('is filled whole where all of it is within the limit', () => {
    expect(filled({ limit: decimal('100.01') })).toMatchObject({ quantity: decimal('10'), price: decimal('100.01') });
  });

  it('takes what stands at the touch, and no more, where the rest would be beyond the limit', () => {
    const fill = filled({ quantity: decimal('80'), limit: decimal('100.01'), minuteVolume: 10_000 });
    expect(fill).toMatchObject({ quantity: decimal('50'), price: decimal('100.01'), slippageShare: 0, impactShare: 0 });
    const sale = filled({ side: 'sell', quantity: decimal('80'), limit: decimal('99.99'), minuteVolume: 10_000 });
    expect(sale).toMatchObject({ quantity: decimal('50'), price: decimal('99.99') });
  });

  it('takes nothing where the touch itself is beyond the limit, or nobody tells what stands there', () => {
    expect(marketFill(order({ limit: decimal('100') }))).toBeNull();
    expect(marketFill(order({ limit: decimal('100.01'), quote: bareQuote('SOL', 100, 0, { ...BOOK, askSize: null }) }))).toBeNull();
  });

  it('has no price without costs where there is no book: at the last price it is not met', () => {
    const quote = bareQuote('SOL', 100, 0);
    expect(marketFill(order({ quote, limit: decimal('100') }))).toBeNull();
    const asked = filled({ quote });
    expect(filled({ quote, limit: asked.price })).toEqual(asked);
  });
});

describe('a market order that meets depth', () => {
  const levels = [
    { price: 100.01, quantity: 4 },
    { price: 100.03, quantity: 4 },
    { price: 100.1, quantity: 100 },
  ];

  it('pays what the levels ask, and shows the way from the middle as slippage', () => {
    const fill = filled({ levels });
    // 4 at 100.01, 4 at 100.03, 2 at 100.10: 1000.36
    expect(fill).toMatchObject({ rule: 'book', quantity: decimal('10'), price: decimal('100.036'), base: decimal('100') });
    expect(fill).toMatchObject({ slippageShare: 0, slippage: decimal('0.36') });
    expect(fill.halfSpreadShare).toBeCloseTo(0.0001, 12);
    expect(fill.impactShare).toBeCloseTo(0.026 / 100, 12);
    expect(fill.levels).toEqual([levels[0], levels[1], { price: 100.1, quantity: 2 }]);
  });

  it('may take all that stands there, whatever the volume of the minute', () => {
    expect(text(filled({ levels, quantity: decimal('500'), minuteVolume: 10 }).quantity)).toBe('108');
  });

  it('goes no further than its limit', () => {
    expect(filled({ levels, limit: decimal('100.03') })).toMatchObject({ quantity: decimal('8'), price: decimal('100.02') });
    expect(marketFill(order({ levels, limit: decimal('100') }))).toBeNull();
  });

  it('is not asked by a stop, which met another price', () => {
    expect(filled({ levels, met: { price: 101, rule: 'gap' } })).toMatchObject({ rule: 'gap', base: decimal('101'), levels: [] });
  });

  it('is an empty side: nothing is had', () => {
    expect(marketFill(order({ levels: [] }))).toBeNull();
  });
});

describe('the band of a market order', () => {
  it('reaches from all of it at the touch to twice the concession and a move against it while it was on its way', () => {
    const fill = filled({ quantity: decimal('100'), minuteVolume: 10_000, latencyMs: 60_000, minuteVolatility: 0.001 });
    expect(text(fill.band.optimistic)).toBe('100.01');
    const concession = fill.slippageShare + fill.impactShare;
    expect(toNumber(fill.band.pessimistic)).toBeCloseTo(100 * (1.0001 + 2 * concession + 0.001), 6);
    expect(fill.band.pessimistic > fill.price).toBe(true);
  });
});

describe('a limit order that the market traded through', () => {
  const sale = order({ side: 'sell' });
  const through = { rule: 'limit', most: null, standing: [] } as const;

  it('fills at its level without slippage, and its band is that one price', () => {
    const price = decimal('103');
    const band = { optimistic: price, pessimistic: price };
    expect(limitFill(sale, price, through)).toMatchObject({ rule: 'limit', quantity: decimal('10'), price, base: price, slippage: 0n, band });
    expect(limitFill(sale, price, through)).toMatchObject({ halfSpreadShare: 0, slippageShare: 0, impactShare: 0, levels: [] });
  });

  it('fills no more than its share of the volume', () => {
    expect(limitFill({ ...sale, minuteVolume: 43.219 }, decimal('103'), through)?.quantity).toBe(decimal('4.321'));
    expect(limitFill({ ...sale, minuteVolume: 0.001 }, decimal('103'), through)).toBeNull();
  });

  it('fills no more than what traded beyond those before it', () => {
    const served = (most: number) => limitFill(sale, decimal('103'), { rule: 'queue', most: fromNumber(most), standing: [] });
    expect(served(2.5)).toMatchObject({ rule: 'queue', quantity: decimal('2.5'), price: decimal('103') });
    expect(served(11)?.quantity).toBe(decimal('10'));
    expect(served(0.0009)).toBeNull();
  });
});

describe('an order in the closing auction', () => {
  it('fills at the one price, for no more than its share of what traded there', () => {
    const reliance = order({ instrument: instrumentBySymbol('RELIANCE'), quantity: decimal('100') });
    expect(auctionFill(reliance, decimal('2500'), null)).toMatchObject({ rule: 'auction', quantity: decimal('100'), price: decimal('2500') });
    expect(auctionFill(reliance, decimal('2500'), 519)).toMatchObject({ quantity: decimal('51'), slippage: 0n });
    expect(auctionFill(reliance, decimal('2500'), 9)).toBeNull();
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
