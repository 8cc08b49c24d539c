import { describe, expect, it } from 'vitest';
import type { OptionLeg, SharesLeg } from '../../../../shared/execution/margin/leg.ts';
import { marginOf } from '../../../../shared/execution/margin/margin-of.ts';
import { type Decimal, toNumber } from '../../../../shared/kernel/decimal.ts';

const atMs = Date.parse('2026-10-05T10:00:00Z');
const expiryMs = Date.parse('2026-10-16T20:00:00Z');
const option =
  (right: 'call' | 'put', direction: 'long' | 'short') =>
  (strike: number, price: number, quantity = 100): OptionLeg => ({ kind: 'option', right, direction, strike, price, quantity, expiryMs });
const shortCall = option('call', 'short');
const longCall = option('call', 'long');
const shortPut = option('put', 'short');
const longPut = option('put', 'long');
const shares = (quantity: number, price: number): SharesLeg => ({ kind: 'equity', quantity, price });

type Legs = readonly (OptionLeg | SharesLeg)[];
const ask = (underlyingPrice: number, legs: Legs, { isIndex = false, account = 'margin' as 'margin' | 'cash' } = {}) =>
  marginOf({ regime: 'reg-t', account, isIndex, underlyingPrice, legs }, atMs);
const dollars = (amount: Decimal): number => Math.round(toNumber(amount));

describe('strategy-based margin', () => {
  it.each([
    ['call in the money', 128.5, [shortCall(120, 8.4)], false, 3_410],
    ['put out of the money', 95, [shortPut(80, 2)], false, 1_000],
    ['call far out of the money', 26.38, [shortCall(30, 0.05)], false, 269],
    ['put on a broad index', 433.35, [shortPut(430, 7.8)], true, 6_945],
    ['straddle', 92.63, [shortCall(90, 7), shortPut(90, 3.7)], false, 2_923],
    ['straddle on a broad index', 433.35, [shortCall(435, 5.5), shortPut(435, 7.2)], true, 7_770],
  ] as const)('of a short %s counts the premium in', (_, underlying, legs, isIndex, initial) => {
    expect(dollars(ask(underlying, legs, { isIndex }).initial)).toBe(initial);
  });

  it.each([
    ['call credit spread', 128.5, [shortCall(120, 8.4), longCall(125, 3.8)], false, 40],
    ['index put credit spread', 433.35, [shortPut(430, 7.8), longPut(425, 6.4)], true, 360],
    ['put debit spread', 245, [longPut(250, 3), shortPut(240, 0.95)], false, 205],
    ['iron condor', 1_080, [longPut(1_000, 32), shortPut(1_025, 35.1), shortCall(1_150, 9.4), longCall(1_175, 6.3)], true, 1_880],
    ['iron fly', 26, [longPut(16, 0.1), shortPut(20, 0.2), shortCall(20, 7), longCall(24, 4)], false, 90],
  ] as const)('of a %s is its maximum loss beyond the proceeds', (_, underlying, legs, isIndex, deposit) => {
    expect(dollars(ask(underlying, legs, { isIndex }).deposit)).toBe(deposit);
  });

  it.each([
    ['short call', [shortCall(100, 1.68, 10_000)], 172_760],
    ['short put', [shortPut(100, 3.9, 10_000)], 195_460],
    ['covered call', [shares(10_000, 97.73), shortCall(100, 1.68, 10_000)], 471_850],
    ['protective put', [shares(10_000, 97.73), longPut(95, 1.02, 10_000)], 498_850],
    ['call spread', [longCall(95, 4.55, 10_000), shortCall(105, 0.42, 10_000)], 41_300],
  ] as const)('meets the table of the Cboe for a %s, net of proceeds', (_, legs, deposit) => {
    expect(dollars(ask(97.73, legs).deposit)).toBe(deposit);
  });

  it('pairs each short with one long only and asks the rest uncovered', () => {
    const margin = ask(100, [shortCall(105, 2, 200), longCall(110, 1, 100)]);
    // One hundred in a spread of five, one hundred at 2 + 15; the long is paid.
    expect(margin.parts.map(({ name, amount }) => [name, toNumber(amount)])).toEqual([
      ['premium', 100],
      ['spreads', 500],
      ['uncovered-options', 1_700],
    ]);
  });

  it('lets a long cover one of two shorts', () => {
    const margin = ask(100, [shortCall(105, 2), shortCall(106, 1.8), longCall(110, 1)]);
    // The lower strike is in the spread; the higher asks 1.8 + 14.
    expect(toNumber(margin.initial)).toBe(100 + 500 + 1_580);
  });

  it('asks of a wide spread no more than of the short alone', () => {
    const long = { ...longCall(150, 0.05), expiryMs: expiryMs + 1 };
    expect(toNumber(ask(100, [shortCall(105, 2), long]).initial)).toBe(5 + 1_700);
  });

  it('asks the cost of a box that cannot lose', () => {
    const margin = ask(100, [longCall(90, 12), shortCall(110, 2), longPut(110, 10), shortPut(90, 1)]);
    expect([toNumber(margin.deposit), toNumber(margin.maintenance)]).toEqual([1_900, 0]);
  });

  it('covers no short by a long that expires before it', () => {
    const early = { ...longCall(110, 1), expiryMs: expiryMs - 1 };
    expect(toNumber(ask(100, [shortCall(105, 2), early]).initial)).toBe(1_800);
  });

  it('asks half of the shares at first and a quarter later', () => {
    const margin = ask(100, [shares(100, 100)]);
    expect([toNumber(margin.initial), toNumber(margin.maintenance)]).toEqual([5_000, 2_500]);
  });
});

describe('a cash account', () => {
  it('secures a put by its strike', () => {
    const margin = ask(95, [shortPut(80, 2)], { account: 'cash' });
    expect([toNumber(margin.initial), toNumber(margin.deposit), toNumber(margin.maintenance)]).toEqual([8_000, 7_800, 8_000]);
  });

  it('pays the shares of a covered call in full', () => {
    expect(toNumber(ask(95, [shares(100, 95), shortCall(100, 2)], { account: 'cash' }).deposit)).toBe(9_300);
  });

  it('refuses a call that nothing covers', () => {
    expect(() => ask(95, [shortCall(100, 2)], { account: 'cash' })).toThrow(expect.objectContaining({ code: 'not_covered' }));
  });
});
