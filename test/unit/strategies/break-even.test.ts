import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { instrumentBySymbol } from '../../../shared/config/instruments.ts';
import { booklessConcession } from '../../../shared/execution/slippage.ts';
import type { BaseBar } from '../../../shared/strategies/base-bar.ts';
import { type Bet, breakEvenOdds, confidenceOfOdds, oddsOfConfidence } from '../../../shared/strategies/components/break-even.ts';

const AT_MS = Date.parse('2026-11-18T16:00Z');
const BTC = instrumentBySymbol('BTC');

/** A trade at 100 whose target is twice as far as its stop. */
const bet = (stopShare: number, more: Partial<Bet> = {}, volatility = 0.0005): Bet => ({
  strategy: 'scalping',
  base: { kind: 'base', view: { timeframe: '1m' }, price: 100, volatility } as unknown as BaseBar,
  direction: 'long',
  stop: 100 * (1 - stopShare),
  target: 100 * (1 + 2 * stopShare),
  ...more,
});

describe('the odds at which a trade breaks even', () => {
  it('are a third for twice the reward, and more by what both sides cost', () => {
    const [wide, near] = [breakEvenOdds(bet(0.4), BTC, AT_MS), breakEvenOdds(bet(0.015), BTC, AT_MS)];
    expect(wide).toBeGreaterThan(1 / 3);
    expect(wide).toBeLessThan(0.34);
    expect(near).toBeGreaterThan(0.36);
    expect(near).toBeLessThan(0.45);
  });

  it('bring nothing, by the costs of the venue: what is won with them is what is lost without', () => {
    // Binance asks a thousandth of each side; a taker concedes spread, slippage and impact besides.
    const even = breakEvenOdds(bet(0.015), BTC, AT_MS);
    const taker = (price: number): number =>
      (price / 100) *
      (0.001 + booklessConcession({ instrument: BTC, price, quantity: 5_000 / price, minuteVolatility: 0.0005, minuteVolume: null }).total);
    const win = 0.03 - taker(100) - 1.03 * 0.001;
    const loss = 0.015 + taker(100) + taker(98.5);
    expect(even * win - (1 - even) * loss).toBeCloseTo(0, 9);
  });

  it('rise with the volatility that slippage is paid by', () => {
    expect(breakEvenOdds(bet(0.015, {}, 0.01), BTC, AT_MS)).toBeGreaterThan(breakEvenOdds(bet(0.015), BTC, AT_MS));
  });

  it('are those of the product that the strategy trades: shares within the day are taxed less than those that are delivered', () => {
    const shares = instrumentBySymbol('RELIANCE');
    expect(breakEvenOdds(bet(0.015, { strategy: 'swing' }), shares, AT_MS)).toBeGreaterThan(breakEvenOdds(bet(0.015), shares, AT_MS));
  });

  it('are the same for a short and its mirror image, but for the tax on one side', () => {
    const short = bet(0.015, { direction: 'short', stop: 101.5, target: 97 });
    expect(breakEvenOdds(short, BTC, AT_MS)).toBeCloseTo(breakEvenOdds(bet(0.015), BTC, AT_MS), 3);
  });

  it('are out of reach where the costs take all that the target brings', () => {
    const even = breakEvenOdds(bet(0.001), BTC, AT_MS);
    expect(even).toBe(1);
    expect(confidenceOfOdds(0.999, even)).toBe(0);
    expect(oddsOfConfidence(0.6, even)).toBe(1);
  });
});

describe('odds as a confidence', () => {
  it('are a half where they break even, and all or nothing at the ends', () => {
    expect(confidenceOfOdds(0.4, 0.4)).toBeCloseTo(0.5, 12);
    expect([confidenceOfOdds(0, 0.4), confidenceOfOdds(1, 0.4)]).toEqual([0, 1]);
    // (.6 / .4) / (.4 / .6) = 2.25
    expect(confidenceOfOdds(0.6, 0.4)).toBeCloseTo(2.25 / 3.25, 12);
  });

  it('go back to the same odds, and rise with them', () => {
    const share = fc.double({ min: 0.001, max: 0.999, noNaN: true });
    fc.assert(
      fc.property(share, share, share, (odds, other, even) => {
        expect(oddsOfConfidence(confidenceOfOdds(odds, even), even)).toBeCloseTo(odds, 6);
        if (odds > other) expect(confidenceOfOdds(odds, even)).toBeGreaterThanOrEqual(confidenceOfOdds(other, even));
      }),
    );
  });
});
