import { describe, expect, it } from 'vitest';
import { instrumentBySymbol } from '../../../shared/config/instruments.ts';
import { parseSlippage, SLIPPAGE } from '../../../shared/config/slippage.ts';
import { ExecutionError } from '../../../shared/execution/execution-error.ts';
import {
  assumedHalfSpread,
  booklessConcession,
  impactBySize,
  regimeSlippage,
  squareRootImpact,
  volatilityRegime,
} from '../../../shared/execution/slippage.ts';

describe('square-root impact', () => {
  it.each([
    [0.02, 1, 1, 0.02],
    [0.02, 0.25, 1, 0.01],
    [0.02, 0.01, 1, 0.002],
    [0.02, 0.01, 0.5, 0.001],
    [0, 0.5, 1, 0],
  ])('of sigma %d and participation %d with Y %d is %d', (sigma, participation, y, impact) => {
    expect(squareRootImpact(sigma, participation, y)).toBeCloseTo(impact, 15);
  });

  it.each([0, -0.1, 1.0001, Number.NaN, Number.POSITIVE_INFINITY])('refuses a participation of %d', (participation) => {
    expect(() => squareRootImpact(0.02, participation)).toThrow(expect.objectContaining({ code: 'participation_out_of_range' }));
  });

  it.each([-1e-9, Number.NaN])('refuses a volatility of %d', (sigma) => {
    expect(() => squareRootImpact(sigma, 0.5)).toThrow(expect.objectContaining({ code: 'negative_volatility' }));
  });
});

describe('slippage where no book is known', () => {
  it.each([
    ['CRYPTO', 0, 'low', 0.0005],
    ['CRYPTO', 0.00069, 'low', 0.0005],
    ['CRYPTO', 0.0007, 'medium', 0.001],
    ['CRYPTO', 0.0014, 'high', 0.002],
    ['NSE', 0.00049, 'low', 0.0002],
    ['NSE', 0.0005, 'medium', 0.0005],
    ['NSE', 0.0009, 'high', 0.001],
  ] as const)('of %s at %d a minute is %s: %d', (market, volatility, regime, slippage) => {
    expect(volatilityRegime(market, volatility)).toBe(regime);
    expect(regimeSlippage(market, regime)).toBe(slippage);
  });

  it.each([
    ['CRYPTO', 9_999, 0.0001],
    ['CRYPTO', 10_000, 0.0005],
    ['CRYPTO', 100_000, 0.001],
    ['NSE', 499_999, 0.0001],
    ['NSE', 500_000, 0.0005],
    ['NSE', 5_000_000, 0.001],
  ] as const)('adds, for %s and a notional of %d, an impact of %d', (market, notional, impact) => {
    expect(impactBySize(market, notional)).toBe(impact);
  });
});

describe('the assumed half spread', () => {
  it('is half a basis point for the majors and one for the others', () => {
    expect(assumedHalfSpread(instrumentBySymbol('BTC'), 83_286)).toBe(0.00005);
    expect(assumedHalfSpread(instrumentBySymbol('RELIANCE'), 1_250)).toBe(0.0001);
  });

  it('is never less than half a tick', () => {
    expect(assumedHalfSpread(instrumentBySymbol('ADA'), 0.4)).toBeCloseTo(0.000125, 12);
    expect(assumedHalfSpread(instrumentBySymbol('DOT'), 2.5)).toBeCloseTo(0.0002, 12);
  });

  it.each([0, -1, Number.NaN])('has no meaning at a price of %d', (price) => {
    expect(() => assumedHalfSpread(instrumentBySymbol('BTC'), price)).toThrow(ExecutionError);
  });
});

describe('the concession of a market order without a book', () => {
  const order = { instrument: instrumentBySymbol('BTC'), price: 80_000, quantity: 0.25, minuteVolatility: 0.0008, minuteVolume: 25 };

  it('is spread, slippage of the regime and square-root impact', () => {
    const { total, ...parts } = booklessConcession(order);
    expect(parts).toEqual({ regime: 'medium', halfSpread: 0.00005, slippage: 0.001, impact: expect.closeTo(0.00008, 12) });
    expect(total).toBeCloseTo(0.00113, 12);
  });

  it('takes the impact by size where the volume of the minute is unknown or nothing traded', () => {
    expect(booklessConcession({ ...order, minuteVolume: null }).impact).toBe(0.0005);
    expect(booklessConcession({ ...order, minuteVolume: 0 }).impact).toBe(0.0005);
  });

  it('has the impact of the whole volume when the order is larger', () => {
    expect(booklessConcession({ ...order, quantity: 1_000 }).impact).toBe(0.0008);
  });
});

describe('slippage settings', () => {
  it('whose shares do not rise with the regime are refused', () => {
    const NSE = { low: 0.001, medium: 0.0005, high: 0.001 };
    expect(() => parseSlippage({ ...SLIPPAGE, slippage: { ...SLIPPAGE.slippage, NSE } })).toThrow(/must rise/);
  });
});
