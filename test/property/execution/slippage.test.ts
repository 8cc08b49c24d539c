import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ALL_SYMBOLS, instrumentBySymbol } from '../../../shared/config/instruments.ts';
import { assumedHalfSpread, type BooklessOrder, booklessConcession, squareRootImpact } from '../../../shared/execution/slippage.ts';

const share = fc.double({ min: 0, max: 0.2, noNaN: true });
const participation = fc.double({ min: 1e-9, max: 1, noNaN: true });
const positive = fc.double({ min: 0.01, max: 1e6, noNaN: true });
const order: fc.Arbitrary<BooklessOrder> = fc.record({
  instrument: fc.constantFrom(...ALL_SYMBOLS).map((symbol) => instrumentBySymbol(symbol)),
  price: positive,
  quantity: positive,
  minuteVolatility: share,
  minuteVolume: fc.option(positive, { nil: null }),
});

describe('square-root impact', () => {
  it('is never negative, never above sigma, and rises with participation and volatility', () => {
    fc.assert(
      fc.property(share, share, participation, participation, (s1, s2, p1, p2) => {
        const least = squareRootImpact(Math.min(s1, s2), Math.min(p1, p2));
        const most = squareRootImpact(Math.max(s1, s2), Math.max(p1, p2));
        expect(least).toBeGreaterThanOrEqual(0);
        expect(most).toBeGreaterThanOrEqual(least);
        expect(most).toBeLessThanOrEqual(Math.max(s1, s2));
      }),
    );
  });
});

describe('the concession of a market order without a book', () => {
  it('is never negative, the sum of its parts, and holds at least half a tick', () => {
    fc.assert(
      fc.property(order, (o) => {
        const { halfSpread, slippage, impact, total } = booklessConcession(o);
        expect(Math.min(halfSpread, slippage, impact)).toBeGreaterThanOrEqual(0);
        expect(total).toBe(halfSpread + slippage + impact);
        expect(total).toBeGreaterThanOrEqual(assumedHalfSpread(o.instrument, o.price));
      }),
    );
  });

  it('never falls when the order grows or the market gets wilder', () => {
    fc.assert(
      fc.property(order, fc.double({ min: 1, max: 100, noNaN: true }), fc.double({ min: 1, max: 100, noNaN: true }), (o, grow, wild) => {
        const base = booklessConcession(o).total;
        expect(booklessConcession({ ...o, quantity: o.quantity * grow }).total).toBeGreaterThanOrEqual(base);
        expect(booklessConcession({ ...o, minuteVolatility: o.minuteVolatility * wild }).total).toBeGreaterThanOrEqual(base);
      }),
    );
  });
});
