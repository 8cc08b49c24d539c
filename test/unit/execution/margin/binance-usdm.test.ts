import { describe, expect, it } from 'vitest';
import { marginTermsOn } from '../../../../shared/config/margin.ts';
import { type BinanceUsdmPosition, liquidationPrice } from '../../../../shared/execution/margin/binance-usdm.ts';
import { marginOf } from '../../../../shared/execution/margin/margin-of.ts';
import { text } from '../../../../shared/kernel/decimal.ts';

const atMs = Date.parse('2026-10-05T10:00:00Z');
const terms = marginTermsOn('binanceUsdm', '2026-10-05');
const contract: BinanceUsdmPosition = { regime: 'binance-usdm', symbol: 'BTCUSDT', direction: 'long', quantity: 1, price: 50_000, leverage: 10 };

describe('a linear contract at Binance', () => {
  it.each([
    [1, 40_000, 10, '4000', '160'],
    [1, 50_000, 10, '5000', '200'],
    [1, 80_000, 20, '4000', '350'],
    [10, 80_000, 50, '16000', '4250'],
    [50, 80_000, 40, '100000', '28550'],
  ])(
    'of %d BTC at %d USDT and %dx asks notional / leverage and the maintenance of its bracket',
    (quantity, price, leverage, initial, maintenance) => {
      const margin = marginOf({ ...contract, quantity, price, leverage }, atMs);
      expect([text(margin.initial), text(margin.maintenance)]).toEqual([initial, maintenance]);
    },
  );

  it('asks the same of a short', () => {
    expect(marginOf({ ...contract, direction: 'short' }, atMs)).toEqual(marginOf(contract, atMs));
  });

  it.each([
    ['leverage beyond that of the bracket', { quantity: 10, price: 80_000, leverage: 100 }, 'leverage_too_high'],
    ['leverage below one', { leverage: 0.5 }, 'not_a_position'],
    ['a quantity of nothing', { quantity: 0 }, 'not_a_position'],
    ['a notional beyond the last bracket', { quantity: 100_000, leverage: 1 }, 'beyond_brackets'],
    ['a contract without brackets', { symbol: 'XYZUSDT' }, 'unknown_contract'],
  ])('refuses %s', (_, change, code) => {
    expect(() => marginOf({ ...contract, ...change }, atMs)).toThrow(expect.objectContaining({ code }));
  });
});

describe('the liquidation price of an isolated contract', () => {
  const held = { regime: 'binance-usdm', symbol: 'BTCUSDT', direction: 'long', quantity: 1, entryPrice: 50_000, walletUsdt: 5_000 } as const;

  it('of a long lies where the balance equals the maintenance', () => {
    expect(liquidationPrice(held, terms)).toBeCloseTo(45_000 / 0.996, 8);
  });

  it('of a short takes the bracket of the notional at that price, not at its entry', () => {
    // 55,000 USDT are in the second bracket: (5,000 + 50 + 50,000) / (1 + .005).
    expect(liquidationPrice({ ...held, direction: 'short' }, terms)).toBeCloseTo(55_050 / 1.005, 8);
  });

  it.each(['long', 'short'] as const)('leaves exactly the maintenance to a %s of any size', (direction) => {
    for (const quantity of [0.01, 1, 7, 60, 900, 3_000]) {
      const entryPrice = 80_000;
      const walletUsdt = (quantity * entryPrice) / 2;
      const price = liquidationPrice({ ...held, direction, quantity, entryPrice, walletUsdt }, terms) ?? Number.NaN;
      const left = walletUsdt + (direction === 'long' ? 1 : -1) * quantity * (price - entryPrice);
      const { maintenance } = marginOf({ ...contract, quantity, price, leverage: 1 }, atMs);
      expect(left / (Number(maintenance) / 1e8)).toBeCloseTo(1, 6);
    }
  });

  it('does not exist for a long that is paid in full', () => {
    expect(liquidationPrice({ ...held, walletUsdt: 50_000 }, terms)).toBeNull();
  });

  it('is refused beyond the last bracket', () => {
    const short = { ...held, direction: 'short', quantity: 30_000, walletUsdt: 3e9 } as const;
    expect(() => liquidationPrice(short, terms)).toThrow(expect.objectContaining({ code: 'beyond_brackets' }));
  });
});
