import { describe, expect, it } from 'vitest';
import type { Position } from '../../../../shared/contracts/position.ts';
import type { ContractsView } from '../../../../shared/engine/contracts/contracts-view.ts';
import { netGreeks, optionGreeks } from '../../../../shared/engine/contracts/greeks.ts';
import { decimal } from '../../../../shared/kernel/decimal.ts';
import { DAY_MS } from '../../../../shared/kernel/time.ts';
import type { OptionQuote } from '../../../../shared/market/derivative.ts';
import { pricedChain } from '../../../support/option-chains.ts';

const atMs = Date.parse('2026-10-06T08:00Z');
const chain = pricedChain({ underlying: 'BTC', atMs, spot: 80_000, expiries: ['2026-10-30'], step: 4_000, strikesEachSide: 2, iv: () => 0.5 });
const [put] = chain.options.filter(({ instrument }) => instrument.contract.right === 'put') as [OptionQuote];

describe('the greeks of a quoted option', () => {
  it('are by its own volatility: delta a unit, vega a point, theta a day', () => {
    const greeks = optionGreeks(put, atMs);
    expect(greeks?.delta).toBeLessThan(0);
    expect(greeks?.delta).toBeGreaterThan(-0.5);
    expect(greeks?.theta).toBeLessThan(0);
    // A day takes about what the mark loses to the next one.
    const later = pricedChain({
      underlying: 'BTC',
      atMs: atMs + DAY_MS,
      spot: 80_000,
      expiries: ['2026-10-30'],
      step: 4_000,
      strikesEachSide: 2,
      iv: () => 0.5,
    });
    const next = later.options.find(({ instrument }) => instrument.symbol === put.instrument.symbol);
    expect((((next?.mark ?? 0) - (put.mark ?? 0)) * 80_000) / (greeks?.theta ?? 1)).toBeCloseTo(1, 1);
    const dearer = pricedChain({ underlying: 'BTC', atMs, spot: 80_000, expiries: ['2026-10-30'], step: 4_000, strikesEachSide: 2, iv: () => 0.51 });
    const point = dearer.options.find(({ instrument }) => instrument.symbol === put.instrument.symbol);
    expect((((point?.mark ?? 0) - (put.mark ?? 0)) * 80_000) / (greeks?.vega ?? 1)).toBeCloseTo(1, 1);
  });

  it('are unknown without a volatility, and at the end', () => {
    expect(optionGreeks({ ...put, iv: null }, atMs)).toBeNull();
    expect(optionGreeks(put, put.instrument.contract.expiryMs)).toBeNull();
  });
});

describe('what several legs stand for', () => {
  const view = {
    nowMs: atMs,
    contract: (symbol: string) => ({ chain, quote: chain.options.find(({ instrument }) => instrument.symbol === symbol) }),
  } as unknown as ContractsView;
  const leg = (symbol: string, direction: 'long' | 'short', quantity = '2'): Position =>
    ({ symbol, direction, quantity: decimal(quantity) }) as Position;

  it('is a forward for a call bought and its put sold: a whole delta and nothing else', () => {
    const greeks = netGreeks([leg('BTC-2026-10-30-80000-C', 'long'), leg('BTC-2026-10-30-80000-P', 'short')], view);
    expect(greeks?.delta).toBeCloseTo(2, 9);
    for (const other of [greeks?.gamma, greeks?.vega, greeks?.theta]) expect(other).toBeCloseTo(0, 9);
  });

  it('counts the coin itself whole, and is unknown while one leg is', () => {
    expect(netGreeks([leg('BTC', 'long', '0.5')], view)).toEqual({ delta: 0.5, gamma: 0, vega: 0, theta: 0 });
    expect(netGreeks([leg('BTC', 'long'), leg('BTC-2026-10-30-12345-C', 'short')], view)).toBeNull();
  });
});
