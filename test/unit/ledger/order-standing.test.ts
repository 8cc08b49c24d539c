import { describe, expect, it } from 'vitest';
import type { JournalEvent } from '../../../shared/contracts/journal.ts';
import type { EntryOrder, ExitOrder, Instruction } from '../../../shared/contracts/order.ts';
import { decimal } from '../../../shared/kernel/decimal.ts';
import type { Account } from '../../../shared/ledger/account.ts';
import { isResting, isWorkingState, standingsOf } from '../../../shared/ledger/order-standing.ts';
import { startedAccount, withEntryOrder, withPosition } from '../../support/engine-fixtures.ts';
import { entryFill, entryOrder, exitFill, happen, orderPlaced, START_MS } from '../../support/ledger-fixtures.ts';

const EXIT = 'X:P:E:1:1';
const stop = decimal('101');
const limit = decimal('99');

/** The standings of each row that a command makes, as `id state reason`. */
function standings(before: Account, ...events: readonly (JournalEvent | ((account: Account) => JournalEvent))[]): readonly (readonly string[])[] {
  let account: Account = before;
  return events.map((event) => {
    const { after, rows } = happen(account, 'c', [event]);
    const [row] = rows;
    if (row === undefined) throw new Error('One row was made');
    const said = standingsOf(account, after, row).map(({ order, state, reason, endedMs }) => `${order.id} ${state} ${reason} ${endedMs}`);
    account = after;
    return said;
  });
}

describe('whether an order waits for a price', () => {
  it.each<readonly [what: string, more: Partial<EntryOrder>, isRestingNow: boolean]>([
    ['a market order', { instruction: { type: 'market' } }, false],
    ['a market order for the closing auction', { instruction: { type: 'market' }, tradedIn: 'closing-auction' }, true],
    ['a limit order', { instruction: { type: 'limit', limit } }, true],
    ['a stop', { instruction: { type: 'stop', stop } }, true],
    ['a stop that was met', { instruction: { type: 'stop', stop }, triggeredMs: START_MS }, false],
    ['a stop-limit', { instruction: { type: 'stop-limit', stop, limit } }, true],
    ['a stop-limit that was met', { instruction: { type: 'stop-limit', stop, limit }, triggeredMs: START_MS }, true],
    ['a trailing stop', { instruction: trailing() }, true],
    ['a trailing stop that was met', { instruction: trailing(), triggeredMs: START_MS }, false],
  ])('%s', (_what, more, isRestingNow) => {
    expect(isResting({ ...entryOrder(), ...more })).toBe(isRestingNow);
  });

  it('is an exit until it is asked for', () => {
    const exit = withPosition().orders.get(EXIT) as ExitOrder;
    expect(isResting(exit)).toBe(true);
    expect(isResting({ ...exit, atMarket: { reason: 'manual', quantity: decimal('1'), requestedMs: START_MS } })).toBe(false);
  });
});

describe('where an order stands', () => {
  const part = (now: Account): JournalEvent => entryFill(now, 'E:1', { price: '100', quantity: '0.5' });
  const rest = (now: Account): JournalEvent => entryFill(now, 'E:1', { price: '100' });

  it('is told by every row that touches it: accepted, filled in part, filled; its exit rests from the first part on', () => {
    expect(standings(startedAccount(), orderPlaced(entryOrder()), part, part, rest)).toEqual([
      ['E:1 accepted null null'],
      ['E:1 partially-filled null null', `${EXIT} resting null null`],
      ['E:1 partially-filled null null', `${EXIT} resting null null`],
      [`${EXIT} resting null null`, `E:1 filled market ${START_MS + 100}`],
    ]);
  });

  it('is resting for one that waits for its price, and says so when it is met', () => {
    const order: EntryOrder = { ...entryOrder(), instruction: { type: 'stop', stop } };
    const triggered: JournalEvent = { type: 'order-triggered', atMs: START_MS + 9, orderId: 'E:1', price: 101.5 };
    expect(standings(startedAccount(), orderPlaced(order), triggered)).toEqual([['E:1 resting null null'], ['E:1 accepted null null']]);
  });

  it('carries what the monitor told of an order that does not progress, until it does', () => {
    const waiting = { code: 'no_price', why: 'no price of BTC has been received', sinceMs: START_MS };
    const told = (value: typeof waiting | null): JournalEvent => ({ type: 'order-waiting', atMs: START_MS + 9, orderId: 'E:1', waiting: value });
    expect(standings(withEntryOrder(), told(waiting), told(null), told(waiting), part)).toEqual([
      ['E:1 accepted no price of BTC has been received null'],
      ['E:1 accepted null null'],
      ['E:1 accepted no price of BTC has been received null'],
      ['E:1 partially-filled null null', `${EXIT} resting null null`],
    ]);
  });

  it.each(['cancelled', 'expired', 'rejected'] as const)(
    'is %s with the reason and the moment when it ends so, what was filled being kept',
    (state) => {
      const before = happen(withEntryOrder(), 'part', [part]).after;
      const ended: JournalEvent = { type: 'order-ended', atMs: START_MS + 9, orderId: 'E:1', state, reason: 'because' };
      const { after, rows } = happen(before, 'end', [ended]);
      const [row] = rows;
      if (row === undefined) throw new Error('One row was made');
      expect(standingsOf(before, after, row)).toMatchObject([
        { state, reason: 'because', endedMs: START_MS + 9, order: { id: 'E:1', version: 3, filledQuantity: decimal('0.5') } },
      ]);
    },
  );

  it('of an exit is filled in part while something is left, then filled with the reason of the exit', () => {
    const sold = (quantity?: string) => (now: Account) =>
      exitFill(now, 'P:E:1', { price: '98.5', reason: 'stop', atMs: START_MS + 200, ...(quantity === undefined ? {} : { quantity }) });
    expect(standings(withPosition(), sold('0.5'), sold())).toEqual([
      [`${EXIT} partially-filled null null`],
      [`${EXIT} filled stop ${START_MS + 200}`],
    ]);
  });

  it('is not told by a row that touches no order', () => {
    expect(standings(withPosition(), { type: 'day-opened', atMs: 1, date: '2025-01-06', equity: decimal('1') })).toEqual([[]]);
  });

  it('cannot end by a row that ends none', () => {
    const { rows } = happen(withEntryOrder(), 'c', [{ type: 'session-stopping', atMs: 1, closePositions: false }]);
    const [row] = rows;
    if (row === undefined) throw new Error('One row was made');
    expect(() => standingsOf(withEntryOrder(), startedAccount(), row)).toThrow(expect.objectContaining({ code: 'unknown_order' }));
  });

  it('works while it is accepted, resting or filled in part', () => {
    const all = ['accepted', 'resting', 'partially-filled', 'filled', 'cancelled', 'expired', 'rejected'] as const;
    expect(all.filter(isWorkingState)).toEqual(['accepted', 'resting', 'partially-filled']);
  });
});

function trailing(): Instruction {
  return { type: 'trailing-stop', trail: { kind: 'share', share: 0.02 } };
}
