import { describe, expect, it } from 'vitest';
import type { Position } from '../../../shared/contracts/position.ts';
import { decimal } from '../../../shared/kernel/decimal.ts';
import type { Account } from '../../../shared/ledger/account.ts';
import { black76 } from '../../../shared/market/black76.ts';
import { currencyShare, exposuresOf, factorOf, linearExposure, optionExposure } from '../../../shared/risk/exposures.ts';

const TERMS = { right: 'call', strike: 100, forward: 100, iv: 0.6, years: 0.1, moneyRate: 1 } as const;

describe('an exposure', () => {
  it('of a contract hangs on its underlying', () => {
    expect(['BTC', 'BTC-PERP', 'BTC-2026-12-25', 'NIFTY-2026-12-29-25000-C'].map(factorOf)).toEqual(['BTC', 'BTC', 'BTC', 'NIFTY']);
  });

  it('of what is linear loses its assumed move whichever way it stands', () => {
    expect(linearExposure('P', 'BTC-PERP', 'CRYPTO', -5_000)).toEqual({ id: 'P', factor: 'BTC', value: -5_000, revalue: null, assumedLoss: 500 });
  });

  it('of an option is its worth after the move less its worth now, at the same volatility', () => {
    const { revalue, value } = optionExposure('P', 'BTC-2026-12-25-100-C', 'CRYPTO', 10, TERMS);
    const worth = (forward: number): number => black76({ right: 'call', strike: 100, forward, variance: 0.036, discount: 1 });
    expect((revalue?.perUnit(0.05) ?? 0) * (revalue?.units ?? 0)).toBeCloseTo(10 * (worth(105) - worth(100)), 10);
    // About half of a thousand: the delta of a call at the money.
    expect(value / 1_000).toBeCloseTo(0.538, 2);
  });

  it('of a bought option never loses more than its worth, of a sold one gains no more', () => {
    const premium = black76({ ...TERMS, variance: 0.036, discount: 1 });
    const { revalue } = optionExposure('P', 'BTC-2026-12-25-100-C', 'CRYPTO', 1, TERMS);
    for (const move of [-0.999, -0.5, -0.1, 0.1, 0.5]) expect(revalue?.perUnit(move)).toBeGreaterThanOrEqual(-premium - 1e-9);
  });

  it('of a straddle that was sold is assumed to lose on the worse side', () => {
    const sold = optionExposure('P', 'BTC-2026-12-25-100-P', 'CRYPTO', -1, { ...TERMS, right: 'put' });
    expect(sold.assumedLoss).toBeCloseTo(-(-1 * (sold.revalue?.perUnit(-0.1) ?? 0)), 10);
    expect(sold.assumedLoss).toBeGreaterThan(0);
  });
});

describe('the currency of an exposure', () => {
  const date = '2026-09-14';
  const rupee = decimal('0.0125');
  const held = (more: Partial<Position>): Position =>
    ({
      id: 'P',
      symbol: 'TCS',
      market: 'NSE',
      currency: 'INR',
      product: 'delivery',
      direction: 'long',
      quantity: decimal('10'),
      cost: decimal('30000'),
      entryPrice: decimal('3000'),
      entryRate: rupee,
      ...more,
    }) as Position;
  const shareOf = (position: Position) =>
    exposuresOf(
      { day: { date }, positions: new Map([['P', position]]), orders: new Map() } as unknown as Account,
      () => decimal('3200'),
      () => rupee,
    )[0]?.currency;

  it('holds the worth of a position with the sign that it has, and of a future its result so far alone', () => {
    // 10 x 3,200 rupees at 80 a dollar are 400 dollars; ten times 200 more than was paid are 25.
    expect(shareOf(held({}))).toEqual({ code: 'INR', held: 400, assumedMove: 0.025 });
    expect(shareOf(held({ direction: 'short', product: 'intraday' }))?.held).toBe(-400);
    expect(shareOf(held({ product: 'future' }))?.held).toBe(25);
    expect(shareOf(held({ product: 'future', direction: 'short' }))?.held).toBe(-25);
  });

  it('is none in dollars, none in a coin that is its own underlying, and none where nothing is held', () => {
    expect(['USD', 'BTC', 'ETH'].map((code) => currencyShare(code, 100, date))).toEqual([undefined, undefined, undefined]);
    expect(currencyShare('INR', 0, date)).toBeUndefined();
    expect(currencyShare('USDT', 100, date)).toEqual({ code: 'USDT', held: 100, assumedMove: 0.01 });
  });
});
