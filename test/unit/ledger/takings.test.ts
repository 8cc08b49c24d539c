import { describe, expect, it } from 'vitest';
import type { Fill, Taking } from '../../../shared/contracts/fill.ts';
import { decimal } from '../../../shared/kernel/decimal.ts';
import { remember, TAKING_MEMORY_MS, takenFrom } from '../../../shared/ledger/takings.ts';
import { withEntryOrder } from '../../support/engine-fixtures.ts';
import { entryFill, happen, START_MS } from '../../support/ledger-fixtures.ts';

const taking = (atMs: number, more: Partial<Taking> = {}): Taking => ({
  symbol: 'BTC',
  side: 'buy',
  quantity: decimal('1'),
  levels: [{ price: 100, quantity: 1 }],
  atMs,
  ...more,
});
const fillAt = (atMs: number, taken: Taking | null): Fill => ({ ...entryFill(withEntryOrder(), 'E:1', { price: '100', atMs }).fill, taken });

describe('what an account took from the markets', () => {
  it('is remembered for a minute, to the millisecond', () => {
    expect(TAKING_MEMORY_MS).toBe(60_000);
    const [old, young] = [taking(START_MS), taking(START_MS + 1)];
    const now = taking(START_MS + 60_000);
    expect(remember([old, young], fillAt(START_MS + 60_000, now))).toEqual([young, now]);
    expect(takenFrom([old, young], 'BTC', START_MS + 59_999)).toEqual([old, young]);
    expect(takenFrom([old, young], 'BTC', START_MS + 60_000)).toEqual([young]);
  });

  it('is asked for by symbol, of both sides', () => {
    const [bought, sold, other] = [taking(START_MS), taking(START_MS, { side: 'sell' }), taking(START_MS, { symbol: 'ETH' })];
    expect(takenFrom([bought, sold, other], 'BTC', START_MS)).toEqual([bought, sold]);
  });

  it('is not touched by a fill that took nothing, and forgotten by one that comes late', () => {
    const takings = [taking(START_MS)];
    expect(remember(takings, fillAt(START_MS + 5, null))).toBe(takings);
    expect(remember(takings, fillAt(START_MS + 60_000, null))).toEqual([]);
  });

  it('is kept as one taking for each side of a market and five seconds, under the newest time, level by level', () => {
    const first = taking(START_MS, { quantity: decimal('0.1'), levels: [{ price: 100, quantity: 0.1 }] });
    const second = taking(START_MS + 4_999, {
      quantity: decimal('0.3'),
      levels: [
        { price: 100, quantity: 0.2 },
        { price: 101, quantity: 0.1 },
      ],
    });
    const both = remember([first], fillAt(second.atMs, second));
    expect(both).toEqual([
      {
        ...second,
        quantity: decimal('0.4'),
        levels: [
          { price: 100, quantity: 0.3 },
          { price: 101, quantity: 0.1 },
        ],
      },
    ]);
    for (const apart of [taking(START_MS + 5_000), taking(START_MS + 1, { side: 'sell' }), taking(START_MS + 1, { symbol: 'ETH' })]) {
      expect(remember([first], fillAt(apart.atMs, apart))).toEqual([first, apart]);
    }
  });

  it('does not grow with the number of fills', () => {
    let takings: readonly Taking[] = [];
    for (let ms = 0; ms < 120_000; ms += 50) takings = remember(takings, fillAt(START_MS + ms, taking(START_MS + ms)));
    expect(takings.length).toBeLessThanOrEqual(13);
    const lastMinute = takings.reduce((units, { quantity }) => units + Number(quantity) / 1e8, 0);
    expect(lastMinute).toBeGreaterThanOrEqual(60_000 / 50);
    expect(lastMinute).toBeLessThan(65_000 / 50 + 1);
  });

  it('is part of the account from the fill on', () => {
    const account = withEntryOrder();
    const taken = taking(START_MS + 100);
    const filled = entryFill(account, 'E:1', { price: '100' });
    expect(account.takings).toEqual([]);
    expect(happen(account, 'fill', [{ ...filled, fill: { ...filled.fill, taken } }]).after.takings).toEqual([taken]);
  });
});
