import { describe, expect, it } from 'vitest';
import { type Decimal, decimal, text } from '../../../shared/kernel/decimal.ts';
import {
  type Account,
  availableCash,
  blockedCash,
  equity,
  exposure,
  type MarkOf,
  positionValue,
  type RateOf,
  reserved,
  riskAtStops,
} from '../../../shared/ledger/account.ts';
import { type EntrySketch, entryFill, entryOrder, happen, orderPlaced, sessionStarted } from '../../support/ledger-fixtures.ts';

const LONG: EntrySketch = { id: 'L', symbol: 'BTC', quantity: '2', stop: '95' };
const SHORT: EntrySketch = { id: 'S', symbol: 'ITC', side: 'sell', currency: 'INR', quantity: '100', stop: '410', target: '380' };

/** 10,000 USD; a long of 2 at 100 USDT (rate 1), and a short of 100 at 400 INR (rate 0.0125), each with 0.2 of commission. */
function account(...sketches: readonly EntrySketch[]): Account {
  const entries = sketches
    .map(entryOrder)
    .flatMap((order) => [
      orderPlaced(order),
      (now: Account) => entryFill(now, order.id, order.currency === 'INR' ? { price: '400', rate: '0.0125' } : { price: '100' }),
    ]);
  return happen(null, 'start', [sessionStarted('s', '10000'), ...entries]).after;
}

const none = (): null => null;
const marks =
  (prices: Readonly<Record<string, string>>): MarkOf =>
  (symbol) =>
    decimal(prices[symbol] ?? '0');
const rates: RateOf = (currency) => decimal(currency === 'INR' ? '0.0125' : '1');
const show = (value: Decimal): string => text(value);

describe('a position is worth', () => {
  const { positions } = account(LONG, SHORT);
  const [long, short] = [...positions.values()];
  if (long === undefined || short === undefined) throw new Error('two positions');

  it('what closing it at the mark returns, in the base currency', () => {
    expect(show(positionValue(long, marks({ BTC: '103' }), rates))).toBe('206');
  });

  it('less than nothing when it is short, for its proceeds are in cash already', () => {
    expect(show(positionValue(short, marks({ ITC: '390' }), rates))).toBe('-487.5');
  });

  it('what it was at its entry while no mark or rate is known', () => {
    expect(show(positionValue(long, none, rates))).toBe('200');
    expect(show(positionValue(short, none, none))).toBe('-500');
  });
});

describe('an account', () => {
  const both = account(LONG, SHORT);

  it('has as equity its cash and the value of its positions', () => {
    // 10000 - 200.2 + (40000 - 0.2) x 0.0125
    expect(show(both.cash)).toBe('10299.7975');
    expect(show(equity(both, none, none))).toBe('9999.7975');
    expect(show(equity(both, marks({ BTC: '110', ITC: '380' }), rates))).toBe('10044.7975');
  });

  it('counts long and short exposure alike', () => {
    expect(show(exposure(both, marks({ BTC: '110', ITC: '380' }), rates))).toBe('695');
    expect(show(exposure(account(), none, none))).toBe('0');
  });

  it('sets aside what accepted entries reserve, until they fill', () => {
    const waiting = happen(
      both,
      'more',
      ['A', 'B'].map((id) => orderPlaced(entryOrder({ id, reserved: '150.5' }))),
    ).after;
    expect(show(reserved(waiting))).toBe('301');
    expect(show(reserved(both))).toBe('0');
  });

  it('blocks twice the proceeds of a short', () => {
    expect(show(blockedCash(both))).toBe('1000');
    expect(show(blockedCash(account(LONG)))).toBe('0');
  });

  it('may use for entries what is neither reserved nor blocked, and never less than nothing', () => {
    const waiting = happen(both, 'more', [orderPlaced(entryOrder({ id: 'A', reserved: '299.7975' }))]).after;
    expect(show(availableCash(waiting))).toBe('9000');
    expect(show(availableCash(happen(both, 'more', [orderPlaced(entryOrder({ id: 'A', reserved: '99999' }))]).after))).toBe('0');
  });

  it('risks at its stops the distance from entry to stop of every position', () => {
    // (100 - 95) x 2 + (410 - 400) x 100 x 0.0125 = 22.5
    expect(riskAtStops(both, decimal('10000'), rates)).toBe(0.00225);
  });

  it('risks nothing at a stop beyond the entry, all of its cost without a stop, and everything without equity', () => {
    const [position] = [...account(LONG).positions.values()];
    if (position === undefined) throw new Error('a position');
    const withStop = (stop: Decimal | null): Account => ({ ...account(LONG), positions: new Map([['P', { ...position, stop }]]) });
    expect(riskAtStops(withStop(decimal('101')), decimal('10000'), rates)).toBe(0);
    expect(riskAtStops(withStop(null), decimal('10000'), rates)).toBe(0.02);
    expect(riskAtStops(both, decimal('0'), rates)).toBe(Number.POSITIVE_INFINITY);
  });
});
