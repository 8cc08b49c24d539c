import { describe, expect, it } from 'vitest';
import { nseIntradayMargin } from '../../../../shared/execution/margin/equity.ts';
import { orderMargin } from '../../../../shared/execution/margin/order-margin.ts';
import { type Decimal, decimal, text } from '../../../../shared/kernel/decimal.ts';

const atMs = Date.parse('2026-10-05T06:00:00Z');
const notional = decimal('13549.12345678');

describe('the margin of an order', () => {
  it.each([
    ['coin', 'spot', 'long', '13549.12345678', '13549.12345678', '0'],
    ['shares for delivery', 'delivery', 'long', '13549.12345678', '13549.12345678', '0'],
    ['shares bought for the day', 'intraday', 'long', '13549.12345678', '13549.12345678', '0'],
    ['shares sold short for the day', 'intraday', 'short', '27098.24691356', '13549.12345678', '27098.24691356'],
  ] as const)('for %s is exact', (_, product, direction, initial, deposit, maintenance) => {
    const margin = orderMargin({ product, direction, notional, atMs });
    expect([text(margin.initial), text(margin.deposit), text(margin.maintenance)]).toEqual([initial, deposit, maintenance]);
  });

  it.each(['spot', 'delivery'] as const)('is refused for a short of %s', (product) => {
    expect(() => orderMargin({ product, direction: 'short', notional, atMs })).toThrow(expect.objectContaining({ code: 'short_not_allowed' }));
  });

  it('is refused for a notional of nothing', () => {
    expect(() => orderMargin({ product: 'intraday', direction: 'long', notional: 0n as Decimal, atMs })).toThrow(
      expect.objectContaining({ code: 'not_a_position' }),
    );
  });

  it('falls with the leverage that a broker grants, the proceeds of a short apart', () => {
    const terms = { from: null, source: 'a broker', leverage: '5' };
    const position = { regime: 'nse-intraday', notional: decimal('1000') } as const;
    expect(text(nseIntradayMargin({ ...position, direction: 'long' }, terms).initial)).toBe('200');
    const short = nseIntradayMargin({ ...position, direction: 'short' }, terms);
    expect(short.parts.map(({ name, amount }) => [name, text(amount)])).toEqual([
      ['short-proceeds', '1000'],
      ['short-collateral', '200'],
    ]);
    expect(text(short.deposit)).toBe('200');
  });
});
