import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { kellyShare, kellySize } from '../../../../shared/risk/sizing/kelly.ts';

const TERMS = { share: 0.5, leastTrades: 30, shrinkTrades: 30, probeShare: 0.01 };

describe("Kelly's criterion", () => {
  // Thorp (2006): an even bet won with 53 % is worth 6 % of the bankroll. A bet of 2 to 1 won with 40 %: (0.4 * 3 - 1) / 2 = 10 %.
  it.each([
    [0.53, 1, 1, 0.06],
    [0.4, 2, 1, 0.1],
    [0.5, 1, 1, 0],
    [0.3, 1, 1, 0],
    // A position that wins 6 % or loses 2.5 %: the share of equity is a multiple of one, for little is at stake.
    [0.5, 0.06, 0.025, 0.5 / 0.025 - 0.5 / 0.06],
  ])('for odds of %d, winning %d or losing %d, is %d', (p, win, loss, share) => {
    expect(kellyShare(p, win, loss)).toBeCloseTo(share, 12);
  });

  it('is the share at which the logarithm of equity grows fastest', () => {
    const growth = (f: number): number => 0.55 * Math.log(1 + 0.2 * f) + 0.45 * Math.log(1 - 0.1 * f);
    const best = kellyShare(0.55, 0.2, 0.1);
    expect(growth(best)).toBeGreaterThan(growth(best * 1.02));
    expect(growth(best)).toBeGreaterThan(growth(best * 0.98));
  });

  it('says nothing of a record that is too short, or has never lost', () => {
    expect(kellySize({ trades: 29, wins: 20, winReturns: 1, lossReturns: 0.1 }, TERMS, 0.25)).toBeNull();
    expect(kellySize({ trades: 40, wins: 40, winReturns: 1, lossReturns: 0 }, TERMS, 0.25)).toBeNull();
  });

  it('is capped, shrunk by the length of the record, and halved', () => {
    const record = { trades: 90, wins: 60, winReturns: 60 * 0.03, lossReturns: 30 * 0.015 };
    expect(kellySize(record, TERMS, 0.25)).toBeCloseTo(0.5 * 0.25 * (90 / 120), 12);
  });

  it('leaves a strategy without an edge its probe, so that it may gather evidence', () => {
    expect(kellySize({ trades: 100, wins: 30, winReturns: 0.3, lossReturns: 0.7 }, TERMS, 0.25)).toBe(0.01);
    expect(kellySize({ trades: 100, wins: 0, winReturns: 0, lossReturns: 1 }, TERMS, 0.25)).toBe(0.01);
  });

  it('never asks for more than half of its cap, whatever the record', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 30, max: 500 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.double({ min: 0.001, max: 1, noNaN: true }),
        (trades, share, loss) => {
          const wins = Math.min(trades - 1, Math.round(trades * share));
          const size = kellySize({ trades, wins, winReturns: wins * 0.04, lossReturns: (trades - wins) * loss }, TERMS, 0.25);
          expect(size).toBeGreaterThanOrEqual(0.01);
          expect(size).toBeLessThanOrEqual(0.125);
        },
      ),
    );
  });
});
