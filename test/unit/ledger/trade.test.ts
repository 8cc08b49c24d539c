import { describe, expect, it } from 'vitest';
import { decimal } from '../../../shared/kernel/decimal.ts';
import { tradeOf } from '../../../shared/ledger/trade.ts';
import { happen, roundTrip, START_MS, sessionStarted } from '../../support/ledger-fixtures.ts';

const trip = (...args: Parameters<typeof roundTrip>) => happen(happen(null, 'start', [sessionStarted('s')]).after, 'trip', roundTrip(...args));

describe('a trade', () => {
  it('is written by the row that closes it and by no other', () => {
    const { rows, trades } = trip();
    expect(trades).toHaveLength(1);
    expect(trades[0]).toMatchObject({
      id: 'P:E:1',
      seq: rows.at(-1)?.seq,
      direction: 'long',
      quantity: decimal('2'),
      entryPrice: decimal('100'),
      exitPrice: decimal('103'),
      openedMs: START_MS + 100,
      closedMs: START_MS + 60_000,
      openedWhy: 'a burst with volume',
      closedWhy: 'target',
      realised: { price: decimal('6'), currency: decimal('0'), charges: decimal('0.4'), net: decimal('5.6') },
    });
  });

  it('is measured in multiples of what was risked at its stop', () => {
    // (100 - 98.5) x 2 risked, 5.6 gained
    expect(trip().trades[0]?.rMultiple).toBeCloseTo(5.6 / 3, 12);
    expect(trip({ side: 'sell', currency: 'INR', stop: '101', target: '97' }, { entry: '100', exit: '97' }).trades[0]?.rMultiple).toBeCloseTo(
      2.8,
      12,
    );
  });

  it('has no multiple when nothing was risked', () => {
    expect(trip({ stop: '100' }).trades[0]?.rMultiple).toBeNull();
  });

  it('is not made of a row whose position is not open', () => {
    const { rows, after } = trip();
    const exit = rows.at(-1);
    if (exit === undefined) throw new Error('an exit');
    expect(tradeOf(after, exit)).toBeNull();
    expect(tradeOf(null, exit)).toBeNull();
  });
});
