import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ALL_SYMBOLS, instrumentBySymbol } from '../../../shared/config/instruments.ts';
import { type MarketOrder, marketFill } from '../../../shared/execution/fill-price.ts';
import { type Decimal, fromNumber, toNumber, toStep } from '../../../shared/kernel/decimal.ts';
import { bareQuote } from '../../support/engine-fixtures.ts';

const price = fc.double({ min: 0.05, max: 100_000, noNaN: true });
const orders = fc
  .record({
    symbol: fc.constantFrom(...ALL_SYMBOLS),
    side: fc.constantFrom('buy' as const, 'sell' as const),
    last: price,
    spread: fc.double({ min: 0, max: 0.01, noNaN: true }),
    hasBook: fc.boolean(),
    size: fc.option(fc.double({ min: 0, max: 1_000, noNaN: true })),
    quantity: fc.double({ min: 0.001, max: 10_000, noNaN: true }),
    minuteVolatility: fc.double({ min: 0, max: 0.02, noNaN: true }),
    minuteVolume: fc.option(fc.double({ min: 0, max: 100_000, noNaN: true })),
  })
  .map(({ symbol, side, last, spread, hasBook, size, quantity, minuteVolatility, minuteVolume }): MarketOrder => {
    const book = hasBook ? { bid: last * (1 - spread), ask: last * (1 + spread), bidSize: size, askSize: size } : {};
    const quote = bareQuote(symbol, last, 0, book);
    const met = { met: null, limit: null, levels: null, takings: [], latencyMs: 80 };
    return { instrument: instrumentBySymbol(symbol), side, quantity: fromNumber(quantity), quote, minuteVolatility, minuteVolume, ...met };
  });

/** The same orders with a limit, and what the account took from the touch shortly before. */
const pressed = fc
  .record({
    order: orders,
    away: fc.option(fc.double({ min: -0.005, max: 0.01, noNaN: true }), { nil: null }),
    taken: fc.array(fc.double({ min: 0, max: 500, noNaN: true }), { maxLength: 3 }),
    latencyMs: fc.integer({ min: 0, max: 5_000 }),
  })
  .map(({ order, away, taken, latencyMs }): MarketOrder => {
    const { quote, side, instrument } = order;
    const touch = (side === 'buy' ? quote.ask : quote.bid) ?? quote.last;
    const takings = taken.map((quantity) => {
      const levels = [{ price: touch, quantity }];
      return { symbol: instrument.symbol, side, quantity: fromNumber(quantity), levels, atMs: 0 };
    });
    const limit = away === null ? null : fromNumber(touch * (1 + (side === 'buy' ? away : -away)));
    return { ...order, limit, takings, latencyMs };
  });

describe('every market fill', () => {
  it('keeps within its limit, and is booked inside its band', () => {
    fc.assert(
      fc.property(pressed, (order) => {
        const fill = marketFill(order);
        fc.pre(fill !== null);
        const isBuy = order.side === 'buy';
        if (order.limit !== null) expect(isBuy ? fill.price <= order.limit : fill.price >= order.limit).toBe(true);
        const [best, worst] = [fill.band.optimistic, fill.band.pessimistic];
        expect(isBuy ? best <= fill.price && fill.price <= worst : best >= fill.price && fill.price >= worst).toBe(true);
      }),
    );
  });

  it('is for no more than was asked, in whole lots, and no more than its share of the volume or what is left at the touch', () => {
    fc.assert(
      fc.property(pressed, (order) => {
        const fill = marketFill(order);
        fc.pre(fill !== null);
        const { instrument, quantity, quote, side, takings, minuteVolume } = order;
        expect(fill.quantity > 0n && fill.quantity <= quantity).toBe(true);
        if (quantity >= instrument.lotStep) expect(toStep(fill.quantity, instrument.lotStep, 'down')).toBe(fill.quantity);
        if (minuteVolume === null || !(minuteVolume > 0)) return;
        const taken = takings.reduce((total, taking) => total + toNumber(taking.quantity), 0);
        const atTouch = (side === 'buy' ? quote.askSize : quote.bidSize) ?? 0;
        const most = Math.max(0.1 * minuteVolume - taken, atTouch - taken, 0);
        expect(toNumber(fill.quantity)).toBeLessThanOrEqual(most + 1e-7);
      }),
    );
  });

  it('is never better than the touch, nor than the last price where there is no book', () => {
    fc.assert(
      fc.property(orders, (order) => {
        const fill = marketFill(order);
        fc.pre(fill !== null);
        const made = toNumber(fill.price);
        const { bid, ask, last } = order.quote;
        // On the grid: a price below one tick is one tick.
        const dust = 1e-8;
        const tick = toNumber(order.instrument.tickSize(fromNumber(last)));
        if (order.side === 'buy') expect(made).toBeGreaterThanOrEqual((ask ?? last) - dust);
        else expect(made).toBeLessThanOrEqual(Math.max(bid ?? last, tick) + dust);
      }),
    );
  });

  it("is on the venue's grid, with a slippage that is not negative", () => {
    fc.assert(
      fc.property(orders, (order) => {
        const fill = marketFill(order);
        fc.pre(fill !== null);
        expect(toStep(fill.price, order.instrument.tickSize(fill.price), 'floor')).toBe(fill.price);
        expect(fill.slippage >= 0n).toBe(true);
      }),
    );
  });

  it('costs no less the larger the order is', () => {
    fc.assert(
      fc.property(orders, fc.double({ min: 1, max: 50, noNaN: true }), (order, times) => {
        // Of whole lots, as venues take them: less than a lot is only what is left of a position, and it is never split.
        const lots = (quantity: Decimal): Decimal => toStep(quantity, order.instrument.lotStep, 'ceil');
        const smaller = { ...order, quantity: lots(order.quantity) };
        const larger = { ...order, quantity: lots(fromNumber(toNumber(order.quantity) * times)) };
        const [small, large] = [marketFill(smaller), marketFill(larger)];
        fc.pre(small !== null);
        if (large === null) throw new Error('A larger order found nothing where a smaller one fills');
        expect(order.side === 'buy' ? large.price >= small.price : large.price <= small.price).toBe(true);
      }),
    );
  });
});
