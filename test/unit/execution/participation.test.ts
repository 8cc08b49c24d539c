import { describe, expect, it } from 'vitest';
import { PARTICIPATION } from '../../../shared/config/execution.ts';
import type { Taking } from '../../../shared/contracts/fill.ts';
import { allowance } from '../../../shared/execution/participation.ts';
import { decimal } from '../../../shared/kernel/decimal.ts';

const taking = (side: Taking['side'], quantity: string): Taking => ({ symbol: 'SOL', side, quantity: decimal(quantity), levels: [], atMs: 0 });

describe('the share of the traded volume that an account may have', () => {
  it('is a tenth of a minute', () => {
    expect(PARTICIPATION).toBe(0.1);
    expect(allowance(1_234.5, [])).toBe(decimal('123.45'));
  });

  it('is less by what it took within the minute, whichever side it took it from', () => {
    expect(allowance(1_000, [taking('buy', '30'), taking('sell', '20.5')])).toBe(decimal('49.5'));
    expect(allowance(1_000, [taking('buy', '60'), taking('sell', '60')])).toBe(0n);
  });

  it('is without limit where the volume is unknown, or nothing is known to trade', () => {
    expect(allowance(null, [taking('buy', '60')])).toBeNull();
    expect(allowance(0, [taking('buy', '60')])).toBeNull();
    expect(allowance(Number.NaN, [])).toBeNull();
  });

  it('can be set', () => {
    expect(allowance(1_000, [taking('buy', '60')], 0.25)).toBe(decimal('190'));
  });
});
