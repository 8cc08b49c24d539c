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
});
