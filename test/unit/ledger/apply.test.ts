import { describe, expect, it } from 'vitest';
import type { JournalEvent, JournalEventOf } from '../../../shared/contracts/journal.ts';
import { decimal, text } from '../../../shared/kernel/decimal.ts';
import type { Account } from '../../../shared/ledger/account.ts';
import { apply, GENESIS_HASH, journalRow } from '../../../shared/ledger/apply.ts';
import {
  entryFill,
  entryOrder,
  equityMarked,
  exitFill,
  happen,
  LIMITS,
  orderPlaced,
  roundTrip,
  START_MS,
  sessionStarted,
} from '../../support/ledger-fixtures.ts';

const start = (): Account => happen(null, 'start', [sessionStarted('s', '1000')]).after;
const order = entryOrder();
const placed = (): Account => happen(start(), 'place', [orderPlaced(order)]).after;
const open = (): Account => happen(placed(), 'fill', [(account) => entryFill(account, order.id, { price: '100', slippage: '0.5' })]).after;
const EXIT = `X:${order.positionId}:1`;
const renumbered = (filled: JournalEventOf<'filled'>, ordinal: number): JournalEvent => ({ ...filled, fill: { ...filled.fill, ordinal } });

describe('a session', () => {
  it('starts with its capital as cash and nothing else', () => {
    const account = start();
    expect(account).toMatchObject({ seq: 1, status: 'active', cash: decimal('1000'), stoppedMs: null, totals: { trades: 0, fills: 0 } });
    expect([account.positions.size, account.orders.size]).toEqual([0, 0]);
    expect(account.day).toMatchObject({ date: '2025-01-06', startEquity: decimal('1000'), openEquity: null });
  });

  it('begins once, and nothing happens before', () => {
    expect(() => happen(start(), 'again', [sessionStarted('t')])).toThrow(expect.objectContaining({ code: 'already_started' }));
    expect(() => apply(null, journalRow(null, 'x', equityMarked(1)))).toThrow(expect.objectContaining({ code: 'not_started' }));
  });

  it('stops after it was stopping, and keeps when', () => {
    const stopping = happen(start(), 'stop', [{ type: 'session-stopping', atMs: START_MS + 1, closePositions: true }]).after;
    const stopped = happen(stopping, 'stop', [{ type: 'session-stopped', atMs: START_MS + 2 }]).after;
    expect([stopping.status, stopping.stoppedMs, stopped.status, stopped.stoppedMs]).toEqual(['stopping', null, 'stopped', START_MS + 2]);
  });

  it('takes new limits', () => {
    const after = { ...LIMITS, maxDailyLoss: 0.01 };
    expect(happen(start(), 'limits', [{ type: 'limits-set', atMs: 1, before: LIMITS, after }]).after.limits).toEqual(after);
  });
});

describe('a journal', () => {
  it('has no gap and no repetition', () => {
    const account = start();
    const row = journalRow(account, 'x', equityMarked(1));
    expect(() => apply(account, { ...row, seq: 3 })).toThrow(expect.objectContaining({ code: 'wrong_sequence' }));
    expect(() => apply(apply(account, row), row)).toThrow(expect.objectContaining({ code: 'wrong_sequence' }));
  });

  it('chains every row to all before', () => {
    const account = start();
    const event = equityMarked(1);
    const row = journalRow(account, 'x', event);
    expect(apply(account, row).hash).toBe(row.hash);
    expect(row.hash).toMatch(/^[0-9a-f]{64}$/);
    expect(journalRow({ ...account, hash: GENESIS_HASH }, 'x', event).hash).not.toBe(row.hash);
    expect(journalRow(account, 'y', event).hash).not.toBe(row.hash);
    expect(journalRow(account, 'x', equityMarked(1, '100000.00000001')).hash).not.toBe(row.hash);
  });

  it('leaves the account before as it was', () => {
    const account = placed();
    happen(account, 'fill', [(now) => entryFill(now, order.id, { price: '100' })]);
    expect([account.seq, account.positions.size, [...account.orders.keys()]]).toEqual([2, 0, ['E:1']]);
  });
});

describe('an entry', () => {
  it('rests as an order until it is filled', () => {
    expect([...placed().orders.values()]).toEqual([order]);
    expect(placed().cash).toBe(decimal('1000'));
  });

  it('opens its position and places the exit by its fill, and pays', () => {
    const account = open();
    expect(text(account.cash)).toBe('799.8');
    expect(account.totals.fills).toBe(1);
    expect([...account.positions.values()]).toEqual([
      expect.objectContaining({
        id: 'P:E:1',
        version: 1,
        direction: 'long',
        quantity: decimal('2'),
        entryPrice: decimal('100'),
        cost: decimal('200'),
        entryCash: decimal('-200.2'),
        entryCharges: decimal('0.2'),
        entrySlippage: decimal('0.5'),
        exitByMs: START_MS + 100 + 900_000,
      }),
    ]);
    expect([...account.orders.values()]).toEqual([
      expect.objectContaining({
        id: EXIT,
        purpose: 'exit',
        side: 'sell',
        stop: decimal('98.5'),
        target: decimal('103'),
        quantity: decimal('2'),
        atMarket: null,
      }),
    ]);
  });

  it('that ends without a fill leaves nothing', () => {
    const ended = happen(placed(), 'end', [{ type: 'order-ended', atMs: 1, orderId: order.id, state: 'expired', reason: 'late' }]).after;
    expect([ended.orders.size, ended.positions.size, text(ended.cash)]).toEqual([0, 0, '1000']);
  });

  it('fills once', () => {
    const fill = entryFill(placed(), order.id, { price: '100' });
    expect(() => happen(open(), 'again', [fill])).toThrow(expect.objectContaining({ code: 'unknown_order' }));
  });

  it.each<readonly [what: string, fill: (account: Account) => JournalEvent]>([
    ['more than it asks for', (now) => entryFill(now, order.id, { price: '100', quantity: '2.00000001' })],
    ['nothing', (now) => entryFill(now, order.id, { price: '100', quantity: '0' })],
    ['another fill than its next', (now) => renumbered(entryFill(now, order.id, { price: '100' }), 2)],
  ])('does not fill by %s', (_what, fill) => {
    expect(() => happen(placed(), 'fill', [fill])).toThrow(expect.objectContaining({ code: 'wrong_quantity' }));
  });

  it('that nobody placed cannot end', () => {
    const ended = { type: 'order-ended', atMs: 1, orderId: 'E:none', state: 'cancelled', reason: 'x' } as const;
    expect(() => happen(start(), 'end', [ended])).toThrow(expect.objectContaining({ code: 'unknown_order' }));
  });
});

describe('an entry that fills in parts', () => {
  const first = (now: Account): JournalEvent => entryFill(now, order.id, { price: '100', quantity: '0.5', band: ['99.9', '100.3'] });
  const second = (now: Account): JournalEvent =>
    entryFill(now, order.id, { price: '104', quantity: '1', rate: '1.02', commission: '0.1', slippage: '0.5', band: ['103.8', '104.5'] });
  const inParts = (...events: readonly ((now: Account) => JournalEvent)[]): Account => happen(placed(), 'parts', events).after;

  it('works on for the rest, keeps what it has paid, and sets aside what the rest will need', () => {
    const account = inParts(first);
    expect(account.orders.get(order.id)).toMatchObject({
      version: 2,
      quantity: decimal('2'),
      filledQuantity: decimal('0.5'),
      filledNotional: decimal('50'),
      fills: 1,
      reserved: decimal('150.75'),
    });
    expect(text(account.cash)).toBe('949.8');
    expect(inParts(first, second).orders.get(order.id)).toMatchObject({ filledNotional: decimal('154'), fills: 2, reserved: decimal('50.25') });
  });

  it('opens the position with the first part, and the exit covers what is held', () => {
    const account = inParts(first);
    expect(account.positions.get(order.positionId)).toMatchObject({ version: 1, quantity: decimal('0.5'), cost: decimal('50') });
    expect(account.orders.get(EXIT)).toMatchObject({ version: 1, quantity: decimal('0.5') });
  });

  it('enlarges position and exit with the next: price, rate and band are those of all that was paid', () => {
    const account = inParts(first, second);
    // Rate: (50 x 1 + 104 x 1.02) / 154
    expect(account.positions.get(order.positionId)).toMatchObject({
      version: 2,
      quantity: decimal('1.5'),
      cost: decimal('154'),
      entryPrice: decimal('102.66666667'),
      entryRate: decimal('1.01350649'),
      entryCash: decimal('-156.382'),
      entryCharges: decimal('0.302'),
      entrySlippage: decimal('0.51'),
      entryBetter: decimal('0.254'),
      entryWorse: decimal('0.66'),
      openedMs: START_MS + 100,
      exitId: EXIT,
    });
    expect(account.orders.get(EXIT)).toMatchObject({ version: 2, quantity: decimal('1.5'), filledQuantity: 0n });
    expect(text(account.cash)).toBe('843.618');
  });

  it('is gone when all of it has filled', () => {
    const account = inParts(first, second, (now) => entryFill(now, order.id, { price: '100' }));
    expect([...account.orders.keys()]).toEqual([EXIT]);
    expect(account.orders.get(EXIT)?.quantity).toBe(decimal('2'));
    expect(account.totals.fills).toBe(3);
  });

  it('can be called back: what was filled stays', () => {
    const ended: JournalEvent = { type: 'order-ended', atMs: 9, orderId: order.id, state: 'cancelled', reason: 'x' };
    const account = inParts(first, () => ended);
    expect([[...account.orders.keys()], account.positions.get(order.positionId)?.quantity]).toEqual([[EXIT], decimal('0.5')]);
  });
});

describe('an exit that fills in parts', () => {
  const part = (quantity: string, price: string) => (now: Account) => exitFill(now, order.positionId, { price, quantity, commission: '0.1' });
  const requested = (quantity: string | null): JournalEvent => ({
    type: 'exit-requested',
    atMs: 5,
    orderId: EXIT,
    reason: 'manual',
    quantity: quantity === null ? null : decimal(quantity),
    activeFromMs: 85,
  });

  it('leaves the rest of the position, its entry in proportion, and keeps the result of the part', () => {
    const { after, trades } = happen(open(), 'exit', [part('0.5', '103')]);
    expect(trades).toEqual([]);
    expect(after.positions.get(order.positionId)).toMatchObject({
      version: 2,
      quantity: decimal('1.5'),
      cost: decimal('150'),
      entryCash: decimal('-150.15'),
      entryCharges: decimal('0.15'),
      entrySlippage: decimal('0.375'),
      closed: { quantity: decimal('0.5'), notional: decimal('51.5'), entryCharges: decimal('0.05'), realised: { net: decimal('1.35') } },
    });
    expect(after.orders.get(EXIT)).toMatchObject({ version: 2, quantity: decimal('2'), filledQuantity: decimal('0.5'), fills: 1 });
    expect(after.totals).toMatchObject({ trades: 0, wins: 0, realised: decimal('1.35') });
    expect(after.day).toMatchObject({ trades: 0, realised: decimal('1.35') });
  });

  it('closes one trade with all its parts: a win is counted by the whole', () => {
    const { after, trades } = happen(open(), 'exit', [part('0.5', '103'), part('0.25', '101'), part('1.25', '99')]);
    expect([after.positions.size, after.orders.size]).toEqual([0, 0]);
    // 51.5 + 25.25 + 123.75 - 200; charges 0.2 + 3 x 0.1
    expect(after.totals).toMatchObject({ trades: 1, wins: 0, fills: 4, realised: decimal('0'), charges: decimal('0.5') });
    expect(trades).toHaveLength(1);
    expect(trades[0]).toMatchObject({
      quantity: decimal('2'),
      exitPrice: decimal('100.25'),
      entryCharges: decimal('0.2'),
      exitCharges: [{ line: 'commission', amount: decimal('0.3') }],
      realised: { net: decimal('0'), charges: decimal('0.5'), slippage: decimal('0.5') },
    });
    expect(after.cash).toBe(start().cash);
  });

  it('takes no more than is held', () => {
    expect(() => happen(open(), 'exit', [part('1.5', '103'), part('0.6', '103')])).toThrow(expect.objectContaining({ code: 'wrong_quantity' }));
    const held = open();
    const lost = exitFill(held, order.positionId, { price: '103' });
    const event: JournalEvent = { ...lost, fill: { ...lost.fill, unitsLost: decimal('0.1') } };
    expect(() => happen(held, 'exit', [event])).toThrow(expect.objectContaining({ code: 'wrong_quantity' }));
  });

  it('of a part that was asked for rests again with its levels for what is left', () => {
    const asked = happen(open(), 'close', [requested('0.5')]).after;
    expect(asked.orders.get(EXIT)).toMatchObject({ atMarket: { reason: 'manual', quantity: decimal('0.5'), requestedMs: 5 } });
    const { after } = happen(asked, 'exit', [part('0.2', '103'), part('0.3', '103')]);
    expect(after.orders.get(EXIT)).toMatchObject({ atMarket: null, filledQuantity: decimal('0.5'), stop: decimal('98.5'), target: decimal('103') });
  });

  it('of all that is held stays at market until nothing is left', () => {
    const asked = happen(open(), 'close', [requested(null)]).after;
    expect(happen(asked, 'exit', [part('0.5', '103')]).after.orders.get(EXIT)).toMatchObject({ atMarket: { reason: 'manual', quantity: null } });
  });

  it.each(['0', '-1', '1.6'])('cannot be asked for %s of 1.5 that are left', (quantity) => {
    const left = happen(open(), 'exit', [part('0.5', '103')]).after;
    expect(() => happen(left, 'close', [requested(quantity)])).toThrow(expect.objectContaining({ code: 'wrong_quantity' }));
  });
});

describe('an exit', () => {
  it('that is asked for becomes a market order under the same id', () => {
    const requested = happen(open(), 'close', [
      { type: 'exit-requested', atMs: 5, orderId: EXIT, reason: 'time', quantity: null, activeFromMs: 85 },
    ]).after;
    expect(requested.orders.get(EXIT)).toMatchObject({
      version: 2,
      atMarket: { reason: 'time', quantity: null, requestedMs: 5 },
      activeFromMs: 85,
      stop: decimal('98.5'),
    });
  });

  it('cannot be asked for of an entry', () => {
    expect(() =>
      happen(placed(), 'close', [{ type: 'exit-requested', atMs: 5, orderId: order.id, reason: 'time', quantity: null, activeFromMs: 85 }]),
    ).toThrow(expect.objectContaining({ code: 'unknown_order' }));
  });

  it('closes the position, is paid, and counts in the totals and in the day', () => {
    const closed = happen(open(), 'exit', [(account) => exitFill(account, order.positionId, { price: '103', slippage: '0.25' })]).after;
    expect([closed.positions.size, closed.orders.size, text(closed.cash)]).toEqual([0, 0, '1005.6']);
    expect(closed.totals).toEqual({
      trades: 1,
      wins: 1,
      fills: 2,
      realised: decimal('5.6'),
      charges: decimal('0.4'),
      slippage: decimal('0.75'),
      better: 0n,
      worse: 0n,
    });
    expect(closed.day).toMatchObject({ realised: decimal('5.6'), charges: decimal('0.4'), trades: 1, wins: 1 });
  });

  it('that loses is no win', () => {
    const closed = happen(open(), 'exit', [(account) => exitFill(account, order.positionId, { price: '100' })]).after;
    expect([closed.totals.trades, closed.totals.wins, text(closed.totals.realised)]).toEqual([1, 0, '-0.4']);
  });
});

describe('the day', () => {
  it('opens with its equity and closes into the next, which begins with what the last ended with', () => {
    const traded = happen(start(), 'trade', roundTrip()).after;
    const opened = happen(traded, 'roll', [{ type: 'day-opened', atMs: 7, date: '2025-01-06', equity: decimal('1001') }]).after;
    expect(opened.day).toMatchObject({ openEquity: decimal('1001'), trades: 1 });

    const report = { ...opened.day, closedMs: 9, endEquity: decimal('1005.6'), openPositions: 0 };
    const rolled = happen(opened, 'roll', [{ type: 'day-closed', atMs: 9, report, nextDate: '2025-01-07' }]).after;
    expect(rolled.day).toEqual({
      date: '2025-01-07',
      openedMs: 9,
      startEquity: decimal('1005.6'),
      openEquity: null,
      realised: 0n,
      charges: 0n,
      trades: 0,
      wins: 0,
    });
    expect(rolled.totals.trades).toBe(1);
  });
});

describe('the equity curve', () => {
  it('keeps the highest equity, the deepest fall from a peak, and how often money was at risk', () => {
    const marks = [
      ['1100', '100'],
      ['990', '100'],
      ['1200', '0'],
      ['1140', '0'],
    ] as const;
    const { curve } = happen(
      start(),
      'marks',
      marks.map(([equity, exposure], index) => equityMarked(START_MS + index, equity, decimal(exposure))),
    ).after;
    expect(curve).toEqual({ peak: decimal('1200'), maxDrawdown: 0.1, last: decimal('1140'), lastMarkMs: START_MS + 3, marks: 4, marksExposed: 2 });
  });
});
