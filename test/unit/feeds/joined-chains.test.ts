import { describe, expect, it } from 'vitest';
import type { ChainSource } from '../../../shared/engine/ports.ts';
import { joinedChains } from '../../../shared/feeds/joined-chains.ts';
import type { DerivativeChain, Settled } from '../../../shared/market/derivative.ts';

const chain = (underlying: string, venue: DerivativeChain['venue'], atMs: number): DerivativeChain => ({
  underlying,
  venue,
  currency: 'USDT',
  atMs,
  spot: 1,
  lotSize: 1,
  perpetual: null,
  futures: [],
  options: [],
  source: venue,
  evidence: 'simulated',
});

const source = (venue: DerivativeChain['venue'], underlyings: readonly string[], settled: Settled): ChainSource => ({
  underlyings,
  chains: (underlying, atMs) => {
    if (!underlyings.includes(underlying)) throw new Error(`${venue} knows nothing of ${underlying}`);
    return [chain(underlying, venue, atMs)];
  },
  settled: () => settled,
});

describe('sources of chains together', () => {
  const futures = source('binance-futures', ['BTC', 'SOL'], { fundings: [{ atMs: 5, rate: 0.1, mark: 1 }], deliveries: [] });
  const options = source('deribit', ['BTC'], {
    fundings: [{ atMs: 3, rate: 0.2, mark: 1 }],
    deliveries: [{ expiryMs: 9, price: 2, source: 'deribit' }],
  });
  const both = joinedChains([futures, options]);

  it('give the chains of each that knows the underlying, and ask no other', () => {
    expect(both.underlyings).toEqual(['BTC', 'SOL']);
    expect(both.chains('BTC', 7).map(({ venue, atMs }) => [venue, atMs])).toEqual([
      ['binance-futures', 7],
      ['deribit', 7],
    ]);
    expect(both.chains('SOL', 7).map(({ venue }) => venue)).toEqual(['binance-futures']);
    expect(both.chains('ETH', 7)).toEqual([]);
  });

  it('tell what was settled anywhere', () => {
    expect(both.settled('BTC', 10)).toEqual({
      fundings: [
        { atMs: 5, rate: 0.1, mark: 1 },
        { atMs: 3, rate: 0.2, mark: 1 },
      ],
      deliveries: [{ expiryMs: 9, price: 2, source: 'deribit' }],
    });
  });
});
