import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ticksOfBar } from '../../../shared/market/bar-ticks.ts';
import type { Bar } from '../../../shared/market/price.ts';

const bars = fc
  .tuple(fc.double({ min: 1, max: 1e5, noNaN: true }), fc.array(fc.double({ min: -0.1, max: 0.1, noNaN: true }), { minLength: 3, maxLength: 3 }))
  .chain(([open, moves]) =>
    fc.record({ open: fc.constant(open), moves: fc.constant(moves), volume: fc.double({ min: 1e-6, max: 1e6, noNaN: true }) }),
  )
  .map(({ open, moves, volume }): Bar => {
    const prices = [open, ...moves.map((move) => open * (1 + move))];
    const close = prices.at(-1) ?? open;
    return {
      symbol: 'BTC',
      openMs: 0,
      open,
      high: Math.max(...prices),
      low: Math.min(...prices),
      close,
      volume,
      origin: 'received',
      evidence: 'replay',
    };
  });

describe('the ticks of a bar', () => {
  it('aggregate to the bar', () => {
    fc.assert(
      fc.property(bars, (bar) => {
        const ticks = ticksOfBar(bar, 'test');
        const prices = ticks.map(({ price }) => price);
        expect([prices[0], Math.max(...prices), Math.min(...prices), prices.at(-1)]).toEqual([bar.open, bar.high, bar.low, bar.close]);
        expect(ticks.reduce((total, { quantity }) => total + quantity, 0)).toBeCloseTo(bar.volume, 9);
      }),
    );
  });

  it('tell ahead exactly what the ticks from there on reach', () => {
    fc.assert(
      fc.property(bars, (bar) => {
        const ticks = ticksOfBar(bar, 'test');
        for (const [index, tick] of ticks.entries()) {
          const rest = ticks.slice(index).map(({ price }) => price);
          expect(tick.ahead).toEqual({ low: Math.min(...rest), high: Math.max(...rest) });
        }
      }),
    );
  });
});
