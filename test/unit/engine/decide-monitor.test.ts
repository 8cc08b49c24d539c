import { describe, expect, it } from 'vitest';
import { ENTRY_EXPIRY_MS, EXIT_OVERDUE_MS } from '../../../shared/config/execution.ts';
import { decideMonitor, MARK_EVERY_MS, type MonitorCommand } from '../../../shared/engine/decide-monitor.ts';
import type { Draft } from '../../../shared/engine/draft.ts';
import { decimal } from '../../../shared/kernel/decimal.ts';
import { DAY_MS, MINUTE_MS } from '../../../shared/kernel/time.ts';
import type { Account } from '../../../shared/ledger/account.ts';
import { apply, journalRow } from '../../../shared/ledger/apply.ts';
import { exitId } from '../../../shared/ledger/resting-exit.ts';
import type { Quote } from '../../../shared/market/price.ts';
import { bareQuote, checkOf, startedAccount, viewOfSketch, withEntryOrder, withPosition } from '../../support/engine-fixtures.ts';
import { rateOf, START_MS } from '../../support/ledger-fixtures.ts';

const OPENED_MS = START_MS + 100;
const EXIT_BY_MS = OPENED_MS + 900_000;
const SHARES = { symbol: 'RELIANCE', currency: 'INR', quantity: '10' } as const;

const sweep = (account: Account, nowMs: number, command: Partial<MonitorCommand> = {}): Draft =>
  decideMonitor(account, viewOfSketch({ nowMs, quotes: [bareQuote('BTC', 104, nowMs)] }), {
    id: 'monitor',
    minuteMs: START_MS + MINUTE_MS,
    squareOffMs: null,
    ...command,
  });
const events = (draft: Draft): readonly unknown[] => draft.rows.map((row) => row.event);

describe("the minute's sweep", () => {
  it('does nothing when there is nothing to do', () => {
    expect(events(sweep(withPosition(), EXIT_BY_MS - 1))).toEqual([]);
    expect(events(sweep(startedAccount(), START_MS))).toEqual([]);
  });

  it('asks for the exit of a position whose time is over, after a latency', () => {
    const draft = sweep(withPosition(), EXIT_BY_MS);
    expect(events(draft)).toMatchObject([{ type: 'exit-requested', orderId: exitId('P:E:1', 1), reason: 'time' }]);
    const order = draft.account().orders.get(exitId('P:E:1', 1));
    expect(order).toMatchObject({ atMarket: { reason: 'time', quantity: null, requestedMs: EXIT_BY_MS }, version: 2 });
    expect(order?.activeFromMs).toBeGreaterThan(EXIT_BY_MS);
    expect(events(sweep(draft.account(), EXIT_BY_MS + EXIT_OVERDUE_MS))).toEqual([]);
  });

  it('squares off intraday positions from the hour on, and leaves the others', () => {
    const account = withPosition({ id: 'E:2', symbol: 'BTC' }, withPosition(SHARES));
    const squareOffMs = START_MS + 5 * MINUTE_MS;
    expect(events(sweep(account, squareOffMs - 1, { squareOffMs }))).toEqual([]);
    expect(events(sweep(account, squareOffMs, { squareOffMs }))).toMatchObject([
      { type: 'exit-requested', orderId: exitId('P:E:1', 1), reason: 'square-off' },
    ]);
  });

  it.each([
    ["before today's hour", START_MS + DAY_MS + 5 * 3_600_000],
    ['on a day without a session', null],
  ])('squares off an intraday position of an earlier day %s', (_, squareOffMs) => {
    const [position] = withPosition(SHARES).positions.values();
    if (position === undefined) throw new Error('no position');
    const account = withPosition(SHARES);
    const overnight: Account = { ...account, positions: new Map([[position.id, { ...position, exitByMs: position.openedMs + 10 * DAY_MS }]]) };
    expect(events(sweep(overnight, START_MS + DAY_MS, { squareOffMs }))).toMatchObject([{ type: 'exit-requested', reason: 'square-off' }]);
  });

  it('expires an entry that found no price', () => {
    const account = withEntryOrder();
    const activeMs = START_MS + 80;
    const command = { id: 'monitor', minuteMs: START_MS + MINUTE_MS, squareOffMs: null };
    const at = (nowMs: number, quotes: readonly Quote[] = []): Draft => decideMonitor(account, viewOfSketch({ nowMs, quotes }), command);
    const lateMs = activeMs + ENTRY_EXPIRY_MS + 1;
    expect(events(at(lateMs - 1))).toEqual([]);
    const draft = at(lateMs);
    expect(events(draft)).toMatchObject([{ type: 'order-ended', state: 'expired', reason: expect.stringMatching(/^no_price: .* 60 s$/) }]);
    expect(draft.account().orders.size).toBe(0);
    expect(events(at(lateMs, [bareQuote('BTC', 104, lateMs - 31_000)]))).toMatchObject([
      { state: 'expired', reason: 'stale_price: the price of BTC is 31 s old, at most 30 s is allowed, not filled within 60 s' },
    ]);
    expect(events(at(lateMs, [bareQuote('BTC', 104, lateMs)]))).toMatchObject([{ state: 'expired', reason: expect.stringMatching(/^no_volume: /) }]);
  });

  it('says of an entry that was held back what held it', () => {
    const nowMs = START_MS + 80 + ENTRY_EXPIRY_MS + 1;
    const command = { id: 'monitor', minuteMs: START_MS + MINUTE_MS, squareOffMs: null };
    const diverged = viewOfSketch({ nowMs, quotes: [bareQuote('BTC', 104, nowMs, { check: checkOf('diverged') })] });
    expect(events(decideMonitor(withEntryOrder(), diverged, command))).toMatchObject([
      { state: 'expired', reason: 'quote_diverged: the price is 120 bps from coinbase and kraken, not filled within 60 s' },
    ]);
    const oldRate = {
      ...viewOfSketch({ nowMs, quotes: [bareQuote('BTC', 104, nowMs)] }),
      rate: () => ({ ...rateOf('USDT'), asOfMs: START_MS - DAY_MS }),
    };
    expect(events(decideMonitor(withEntryOrder(), oldRate, command))).toMatchObject([
      { state: 'expired', reason: expect.stringMatching(/^rate_too_old: the USDT\/USD rate is of 2025-01-05T/) },
    ]);
  });

  it('marks equity and exposure at every quarter of an hour, once', () => {
    const minuteMs = START_MS + MARK_EVERY_MS;
    const draft = sweep(withPosition({ atMs: START_MS + MINUTE_MS }), minuteMs + 10_000, { minuteMs });
    expect(events(draft)).toMatchObject([{ type: 'equity-marked', atMs: minuteMs, equity: decimal('100007.8'), exposure: decimal('208') }]);
    expect(draft.account().curve).toMatchObject({ lastMarkMs: minuteMs, marks: 1, marksExposed: 1, peak: decimal('100007.8') });
    expect(events(sweep(draft.account(), minuteMs + 11_000, { minuteMs }))).toEqual([]);
  });

  it('marks at the entry price where no price is known', () => {
    const minuteMs = START_MS + MARK_EVERY_MS;
    const draft = decideMonitor(withPosition(), viewOfSketch({ nowMs: minuteMs }), { id: 'monitor', minuteMs, squareOffMs: null });
    expect(events(draft)).toMatchObject([{ type: 'equity-marked', equity: decimal('99999.8'), exposure: decimal('200') }]);
  });

  it('closes a stopping session when it is flat, and not before', () => {
    const stopping = (account: Account): Account =>
      apply(account, journalRow(account, 'stop', { type: 'session-stopping', atMs: START_MS, closePositions: true }));
    const held = sweep(stopping(withPosition()), START_MS + 500);
    expect(events(held)).toMatchObject([{ type: 'exit-requested', reason: 'session-stop' }]);
    expect(held.account().status).toBe('stopping');
    const flat = sweep(stopping(startedAccount()), START_MS + 500);
    expect(events(flat)).toMatchObject([{ type: 'session-stopped' }]);
    expect(flat.account()).toMatchObject({ status: 'stopped', stoppedMs: START_MS + 500 });
  });
});
