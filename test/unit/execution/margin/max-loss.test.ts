import { describe, expect, it } from 'vitest';
import type { Leg } from '../../../../shared/execution/margin/leg.ts';
import { isFullyHedged, maxLoss } from '../../../../shared/execution/margin/max-loss.ts';

const call = (direction: 'long' | 'short', strike: number, price: number, quantity = 1, expiryMs = 1): Leg => ({
  kind: 'option',
  right: 'call',
  direction,
  strike,
  price,
  quantity,
  expiryMs,
});
const put = (direction: 'long' | 'short', strike: number, price: number, quantity = 1): Leg => ({
  kind: 'option',
  right: 'put',
  direction,
  strike,
  price,
  quantity,
  expiryMs: 1,
});
const shares: Leg = { kind: 'equity', quantity: 1, price: 100 };
const future = (direction: 'long' | 'short'): Leg => ({ kind: 'future', direction, quantity: 1, price: 100, expiryMs: 1 });

describe('the maximum loss at expiry', () => {
  it.each<[string, readonly Leg[], number | null, boolean]>([
    ['a long call', [call('long', 100, 5)], 5, true],
    ['a short call', [call('short', 100, 5)], null, false],
    ['a short put', [put('short', 100, 5)], 95, false],
    ['a credit spread', [call('short', 100, 5), call('long', 110, 2)], 7, true],
    ['a debit spread', [call('long', 100, 5), call('short', 110, 2)], 3, true],
    ['an iron condor', [put('long', 80, 1), put('short', 90, 3), call('short', 110, 3), call('long', 125, 1)], 11, true],
    ['a ratio spread', [call('long', 100, 5), call('short', 110, 2, 2)], null, false],
    ['a covered call', [shares, call('short', 110, 2)], 98, true],
    ['a protective put', [shares, put('long', 90, 3)], 13, true],
    ['a long future', [future('long')], 100, false],
    ['a short future', [future('short')], null, false],
    ['a short future with a call', [future('short'), call('long', 110, 2)], 12, true],
    ['a long future with a put', [future('long'), put('long', 90, 3)], 13, true],
    ['a straddle and a future, which is a call twice', [put('long', 100, 4), call('long', 100, 4), future('long')], 8, true],
    ['a butterfly that is given away', [call('long', 90, 1), call('short', 100, 2, 2), call('long', 110, 2)], -1, true],
    ['tenths that add up to one', [call('short', 100, 5), ...[1, 2, 3].map(() => call('long', 100, 5, 0.1)), call('long', 100, 5, 0.7)], 0, true],
    ['a calendar spread', [call('short', 100, 5), call('long', 100, 7, 1, 2)], null, false],
  ])('of %s', (_, legs, loss, isHedged) => {
    const found = maxLoss(legs);
    if (loss === null) expect(found).toBeNull();
    else expect(found).toBeCloseTo(loss, 12);
    expect(isFullyHedged(legs)).toBe(isHedged);
  });
});
