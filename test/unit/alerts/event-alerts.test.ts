import { describe, expect, it } from 'vitest';
import { type EventAccount, eventAlert, isTold, TOLD_EVENTS } from '../../../shared/alerts/event-alerts.ts';
import type { Alert } from '../../../shared/contracts/alert.ts';
import { type JournalEvent, journalEventSchema } from '../../../shared/contracts/journal.ts';
import { decimal } from '../../../shared/kernel/decimal.ts';
import type { Account } from '../../../shared/ledger/account.ts';
import { startedAccount, withPosition } from '../../support/engine-fixtures.ts';
import {
  dayClosed,
  entryFill,
  entryOrder,
  equityMarked,
  exitFill,
  happen,
  LIMITS,
  orderPlaced,
  START_MS,
  sessionStarted,
} from '../../support/ledger-fixtures.ts';

const told = (event: JournalEvent, account: EventAccount = startedAccount()): Alert | null => (isTold(event) ? eventAlert(event, 7, account) : null);

function filled(kind: 'entry' | 'stop' | 'target'): { readonly event: JournalEvent; readonly account: Account } {
  const order = entryOrder();
  const { after } = happen(startedAccount(), 'place', [orderPlaced(order)]);
  if (kind === 'entry') return { event: entryFill(after, order.id, { price: '100.5' }), account: after };
  const account = withPosition();
  return { event: exitFill(account, order.positionId, { price: kind === 'stop' ? '98.4' : '103', reason: kind }), account };
}

describe('what a journal event tells the trader', () => {
  it('names its row of the journal, so that an event that comes twice is the same alert', () => {
    const { event, account } = filled('entry');
    expect(told(event, account)?.id).toBe('session:7');
    expect(told(event, account)).toEqual(told(event, account));
  });

  it('carries the session and the evidence that it is of', () => {
    expect(told(sessionStarted('session'))).toMatchObject({ sessionId: 'session', scope: 'test', evidence: 'simulated', atMs: START_MS });
    const { event, account } = filled('entry');
    expect(told(event, { ...account, evidence: 'live' })?.evidence).toBe('simulated');
  });

  it('is a fill with price, quantity and whose it is', () => {
    const { event, account } = filled('entry');
    expect(told(event, account)).toMatchObject({
      kind: 'fill',
      severity: 'info',
      symbol: 'BTC',
      title: 'BTC entry filled',
      text: 'Bought 2 BTC at 100.5 USDT (scalping)',
      facts: { price: '100.5', quantity: '2', net: null, exitReason: null },
    });
  });

  it('is a stop-out, with what it cost, when a stop ended the position', () => {
    const { event, account } = filled('stop');
    expect(told(event, account)).toMatchObject({
      kind: 'stop-out',
      severity: 'warning',
      title: 'BTC stopped out',
      text: 'Sold 2 BTC at 98.4 USDT (scalping): stop, net -$3.60',
      facts: { net: '-3.6', exitReason: 'stop' },
    });
  });

  it('is a fill, with what it brought, when a target did', () => {
    const { event, account } = filled('target');
    expect(told(event, account)).toMatchObject({ kind: 'fill', severity: 'info', title: 'BTC exit filled', facts: { net: '5.6' } });
  });

  it.each([
    [sessionStarted('session', '2500.5'), 'Session started', 'Session session started with $2500.50: scalping, swing'],
    [{ type: 'session-stopping', atMs: START_MS, closePositions: true }, 'Session is stopping', 'Its positions are being closed'],
    [{ type: 'session-stopping', atMs: START_MS, closePositions: false }, 'Session is stopping', 'Its positions stay open'],
    [{ type: 'session-stopped', atMs: START_MS }, 'Session stopped', 'Session session has ended'],
    [
      { type: 'limits-set', atMs: START_MS, before: LIMITS, after: { ...LIMITS, maxDailyLoss: 0.03, minPositionUsd: 50 } },
      'Risk limits changed',
      'maxDailyLoss 0.05 to 0.03, minPositionUsd 100 to 50',
    ],
  ] as const)('is a session event: %#', (event, title, text) => {
    expect(told(event)).toMatchObject({ kind: 'session', severity: 'info', title, text });
  });

  it('is the day in figures when its books close', () => {
    const account = startedAccount();
    expect(told(dayClosed(account, START_MS + 1, '2025-01-07'), account)).toMatchObject({
      kind: 'session',
      title: 'Day 2025-01-06 closed',
      text: 'Equity $100000.00, 0 trades of which 0 won, realised $0.00, charges $0.00, 0 positions open',
    });
  });

  it('is critical when an exit that is due waits, once for each order and reason', () => {
    const account = withPosition();
    const [exitId = ''] = account.orders.keys();
    const waits = (code: string, atMs: number): JournalEvent => ({
      type: 'order-waiting',
      atMs,
      orderId: exitId,
      waiting: { code, why: 'The price is 40 s old', sinceMs: atMs },
    });
    const first = told(waits('stale_quote', 1), account);
    expect(first).toMatchObject({ kind: 'exit-waiting', severity: 'critical', symbol: 'BTC', title: 'BTC exit waits' });
    expect(first?.text).toContain('The price is 40 s old');
    expect(told(waits('stale_quote', 2), account)?.id).toBe(first?.id);
    expect(told(waits('no_volume', 2), account)?.id).not.toBe(first?.id);
    expect(told({ type: 'order-waiting', atMs: 3, orderId: exitId, waiting: null }, account)).toBeNull();
  });

  it('names the order where its symbol is no longer known', () => {
    const waiting = { code: 'no_volume', why: 'nothing more can be had', sinceMs: 1 };
    expect(told({ type: 'order-waiting', atMs: 1, orderId: 'X:gone', waiting })).toMatchObject({ symbol: null, title: 'An exit waits' });
  });

  it('is a halt when an order is refused for the daily loss, once a day whoever is refused', () => {
    const rejected = (orderId: string, reason: string): JournalEvent => ({ type: 'order-ended', atMs: 5, orderId, state: 'rejected', reason });
    const alert = told(rejected('E:1', 'maxDailyLoss: The day has lost 5.20 % of its opening equity, the limit is 5.00 %'));
    expect(alert).toMatchObject({
      id: 'risk-halt:session:2025-01-06',
      kind: 'risk-halt',
      severity: 'critical',
      text: 'The day has lost 5.20 % of its opening equity, the limit is 5.00 %. Exits go on.',
    });
    expect(told(rejected('E:2', 'maxDailyLoss: more'))?.id).toBe(alert?.id);
    expect(told(rejected('E:3', 'maxPositionSize: too large'))).toBeNull();
    expect(told({ type: 'order-ended', atMs: 5, orderId: 'E:4', state: 'cancelled', reason: 'maxDailyLoss: no' })).toBeNull();
  });

  it('is what a company did to shares that are held', () => {
    const holding = { symbol: 'INFY', quantity: decimal('10'), entryPrice: decimal('1500'), cost: decimal('15000'), stop: null, target: null };
    const event: JournalEvent = {
      type: 'corporate-action',
      atMs: START_MS,
      positionId: 'P:1',
      action: { id: 'a', kind: 'bonus', exDate: '2025-01-06', priceFactor: 0.5, says: 'INFY gives 1 for 1', source: 'test' },
      before: holding,
      after: { ...holding, quantity: decimal('20'), entryPrice: decimal('750') },
      cash: null,
      postings: [],
    };
    expect(told(event)).toMatchObject({
      kind: 'corporate-action',
      symbol: 'INFY',
      text: 'INFY gives 1 for 1: 10 INFY at 1500 became 20 INFY at 750',
    });
  });

  it('is nothing for what only the books need', () => {
    expect(told(equityMarked(START_MS))).toBeNull();
    expect(told(orderPlaced(entryOrder()))).toBeNull();
  });

  it('is asked of types of the journal only', () => {
    const types = journalEventSchema.options.map((option) => option.unwrap().shape.type.value);
    expect(types).toEqual(expect.arrayContaining([...TOLD_EVENTS]));
  });
});
