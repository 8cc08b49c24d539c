import { describe, expect, it } from 'vitest';
import type { OptionLeg } from '../../../../shared/execution/margin/leg.ts';
import { MarginError } from '../../../../shared/execution/margin/margin-error.ts';
import { marginOf } from '../../../../shared/execution/margin/margin-of.ts';
import { text } from '../../../../shared/kernel/decimal.ts';

const atMs = Date.parse('2026-10-05T10:00:00Z');
const expiryMs = Date.parse('2026-10-30T08:00:00Z');
const option = (right: 'call' | 'put', direction: 'long' | 'short', strike: number, price: number, quantity = 1): OptionLeg => ({
  kind: 'option',
  right,
  direction,
  strike,
  price,
  quantity,
  expiryMs,
});
const ask = (...legs: readonly (OptionLeg | { readonly kind: 'spot'; readonly quantity: number })[]) =>
  marginOf({ regime: 'deribit', underlyingPrice: 80_000, legs }, atMs);

describe('an option at Deribit', () => {
  it.each([
    ['a short call 5 % out of the money', option('call', 'short', 84_000, 0.03), '0.13', '0.105'],
    ['a short put 5 % out of the money', option('put', 'short', 76_000, 0.025), '0.125', '0.1'],
    ['a short call in the money', option('call', 'short', 70_000, 0.14), '0.29', '0.215'],
    ['a short call far out of the money', option('call', 'short', 120_000, 0.001), '0.101', '0.076'],
    ['a short put dearer than two coins, whose maintenance is the larger', option('put', 'short', 250_000, 2.2), '2.365', '2.365'],
    ['ten contracts', option('call', 'short', 84_000, 0.03, 10), '1.3', '1.05'],
    ['a long call', option('call', 'long', 84_000, 0.03), '0.03', '0'],
  ])('asks of %s what its formula says', (_, leg, initial, maintenance) => {
    const margin = ask(leg);
    expect([text(margin.initial), text(margin.maintenance)]).toEqual([initial, maintenance]);
    expect(margin.cappedAtMaxLoss).toBe(false);
  });

  it('asks no more than the maximum loss of a spread, in coin at the present price', () => {
    const margin = ask(option('put', 'short', 76_000, 0.025), option('put', 'long', 74_000, 0.02));
    // A loss of 2,000 less the credit of .005 coin; the two legs apart would ask .145.
    expect(text(margin.deposit)).toBe('0.02');
    expect(margin.cappedAtMaxLoss).toBe(true);
    expect(margin.parts.map(({ name, amount }) => [name, text(amount)])).toEqual([
      ['premium', '0.045'],
      ['uncovered-options', '0.1'],
      ['maximum-loss-cap', '-0.1'],
    ]);
  });

  it('asks the coin itself for a covered call, and nothing more', () => {
    const margin = ask({ kind: 'spot', quantity: 1 }, option('call', 'short', 84_000, 0.03));
    expect([text(margin.initial), text(margin.deposit), text(margin.maintenance)]).toEqual(['1', '0.97', '0']);
  });

  it('asks each leg for itself when the long expires before the short', () => {
    const margin = ask(option('call', 'short', 84_000, 0.03), { ...option('call', 'long', 86_000, 0.01), expiryMs: expiryMs - 1 });
    expect(text(margin.initial)).toBe('0.14');
  });

  it('is refused when it is no position', () => {
    expect(() => ask()).toThrow(MarginError);
    expect(() => ask(option('call', 'short', 84_000, 0.03, 0))).toThrow(MarginError);
    expect(() => ask(option('call', 'short', 84_000, Number.NaN))).toThrow(MarginError);
  });
});
