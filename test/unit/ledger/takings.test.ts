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
    expect(remember([young], fillAt(START_MS + 60_001, now))).toEqual([now]);
    expect(takenFrom([old, young], 'BTC', START_MS + 59_999)).toEqual([old, young]);
    expect(takenFrom([old, young], 'BTC', START_MS + 60_000)).toEqual([young]);
  });

  it('is kept as one for each side of a market and ten seconds, as of the last: a burst of fills does not make the account grow', () => {
    const first = taking(START_MS, { levels: [{ price: 100, quantity: 0.1 }], quantity: decimal('0.1') });
    const levels = [
      { price: 100, quantity: 0.2 },
      { price: 101, quantity: 1 },
    ];
    const second = taking(START_MS + 9_999, { levels, quantity: decimal('1.2') });
    const one = remember([first], fillAt(second.atMs, second));
    // 0.1 + 0.2 as decimals, not as floats
    expect(one).toEqual([
      taking(START_MS + 9_999, {
        quantity: decimal('1.3'),
        levels: [
          { price: 100, quantity: 0.3 },
          { price: 101, quantity: 1 },
        ],
      }),
    ]);
    const others = [taking(START_MS + 9_999, { side: 'sell' }), taking(START_MS + 9_999, { symbol: 'ETH' }), taking(START_MS + 10_000)];
    expect(others.reduce((takings, each) => remember(takings, fillAt(each.atMs, each)), one)).toEqual([...one, ...others]);
    let all: readonly Taking[] = [];
    for (let atMs = START_MS; atMs < START_MS + 600_000; atMs += 100) all = remember(all, fillAt(atMs, taking(atMs)));
    expect(all.length).toBeLessThanOrEqual(7);
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

  it('is part of the account from the fill on', () => {
    const account = withEntryOrder();
    const taken = taking(START_MS + 100);
    const filled = entryFill(account, 'E:1', { price: '100' });
    expect(account.takings).toEqual([]);
    expect(happen(account, 'fill', [{ ...filled, fill: { ...filled.fill, taken } }]).after.takings).toEqual([taken]);
  });
});
