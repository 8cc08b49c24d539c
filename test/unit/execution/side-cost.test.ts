import { describe, expect, it } from 'vitest';
import { instrumentBySymbol } from '../../../shared/config/instruments.ts';
import { sideCost } from '../../../shared/execution/side-cost.ts';

describe('the cost of a side', () => {
  const side = {
    instrument: instrumentBySymbol('BTC'),
    product: 'spot',
    side: 'buy',
    price: 30_000,
    minuteVolatility: 0.0005,
    atMs: Date.parse('2023-04-17T00:00Z'),
  } as const;

  it('is the venue fee for a maker, and fee, spread, slippage and impact for a taker', () => {
    const maker = sideCost({ ...side, liquidity: 'maker' });
    expect(maker).toBeCloseTo(0.001, 6);
    expect(sideCost({ ...side, liquidity: 'taker' })).toBeGreaterThan(maker + 0.0005);
  });

  it('rises with volatility', () => {
    const wild = sideCost({ ...side, liquidity: 'taker', minuteVolatility: 0.01 });
    expect(wild).toBeGreaterThan(sideCost({ ...side, liquidity: 'taker' }));
  });

  it('is of a trade of some thousand dollars in rupees too, of which a flat charge is a small part', () => {
    const share = { ...side, instrument: instrumentBySymbol('SBIN'), product: 'delivery', side: 'sell', price: 800, liquidity: 'maker' } as const;
    const cost = sideCost({ ...share, atMs: Date.parse('2025-08-20T06:00Z') });
    // Securities transaction tax alone is .1 %.
    expect(cost).toBeGreaterThan(0.001);
    expect(cost).toBeLessThan(0.0015);
  });
});
