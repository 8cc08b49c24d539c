import { describe, expect, it } from 'vitest';
import { ENTRY_EXPIRY_MS, EXIT_OVERDUE_MS } from '../../../shared/config/execution.ts';
import type { JournalEvent } from '../../../shared/contracts/journal.ts';
import type { EntryOrder, ExitOrder, Instruction } from '../../../shared/contracts/order.ts';
import { decideMatch } from '../../../shared/engine/decide-match.ts';
import { decideMonitor, MARK_EVERY_MS, type MonitorCommand } from '../../../shared/engine/decide-monitor.ts';
import { type Draft, draftOn } from '../../../shared/engine/draft.ts';
import { requestExit } from '../../../shared/engine/request-exit.ts';
import { decimal } from '../../../shared/kernel/decimal.ts';
import { DAY_MS, MINUTE_MS } from '../../../shared/kernel/time.ts';
import type { Account } from '../../../shared/ledger/account.ts';
import { apply, journalRow } from '../../../shared/ledger/apply.ts';
import { exitId } from '../../../shared/ledger/resting-exit.ts';
import type { PhaseView } from '../../../shared/market/calendar.ts';
import type { Quote } from '../../../shared/market/price.ts';
import { bareQuote, checkOf, OPEN_PHASE, startedAccount, viewOfSketch, withEntryOrder, withPosition } from '../../support/engine-fixtures.ts';
import { entryFill, entryOrder, happen, rateOf, START_MS } from '../../support/ledger-fixtures.ts';
import { accountAfter, asked, eventsOf, exitIn, orderWith, placed, positionIn } from '../../support/working-orders.ts';

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

describe("the minute's sweep", () => {
  it('does nothing when there is nothing to do', () => {
    expect(eventsOf(sweep(withPosition(), EXIT_BY_MS - 1))).toEqual([]);
    expect(eventsOf(sweep(startedAccount(), START_MS))).toEqual([]);
  });

  it('asks for the exit of a position whose time is over, after a latency', () => {
    const draft = sweep(withPosition(), EXIT_BY_MS);
    expect(eventsOf(draft)).toMatchObject([{ type: 'exit-requested', orderId: exitId('P:E:1', 1), reason: 'time' }]);
    const order = draft.account().orders.get(exitId('P:E:1', 1));
    expect(order).toMatchObject({ atMarket: { reason: 'time', quantity: null, requestedMs: EXIT_BY_MS }, version: 2 });
    expect(order?.activeFromMs).toBeGreaterThan(EXIT_BY_MS);
    expect(eventsOf(sweep(draft.account(), EXIT_BY_MS + EXIT_OVERDUE_MS))).toEqual([]);
  });

  it('sells what was bought for the next session when that has begun, and says so', () => {
    const exitByMs = START_MS + DAY_MS;
    const order: EntryOrder = { ...entryOrder({ ...SHARES }), strategy: 'btst', product: 'delivery' };
    const bracket = { ...order.bracket, exitByMs };
    const { after } = happen(startedAccount(), 'buy', [
      { type: 'order-placed', atMs: START_MS, order: { ...order, bracket } },
      (account) => entryFill(account, order.id, { price: '100' }),
    ]);
    expect([...after.positions.values()]).toMatchObject([{ exitByMs }]);
    expect(eventsOf(sweep(after, exitByMs - 1))).toEqual([]);
    expect(eventsOf(sweep(after, exitByMs))).toMatchObject([{ type: 'exit-requested', reason: 'next-session' }]);
  });

  it('squares off intraday positions from the hour on, and leaves the others', () => {
    const account = withPosition({ id: 'E:2', symbol: 'BTC' }, withPosition(SHARES));
    const squareOffMs = START_MS + 5 * MINUTE_MS;
    expect(eventsOf(sweep(account, squareOffMs - 1, { squareOffMs }))).toEqual([]);
    expect(eventsOf(sweep(account, squareOffMs, { squareOffMs }))).toMatchObject([
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
    expect(eventsOf(sweep(overnight, START_MS + DAY_MS, { squareOffMs }))).toMatchObject([{ type: 'exit-requested', reason: 'square-off' }]);
  });

  it('expires an entry that found no price', () => {
    const account = withEntryOrder();
    const activeMs = START_MS + 80;
    const command = { id: 'monitor', minuteMs: START_MS + MINUTE_MS, squareOffMs: null };
    const at = (nowMs: number, quotes: readonly Quote[] = []): Draft => decideMonitor(account, viewOfSketch({ nowMs, quotes }), command);
    const lateMs = activeMs + ENTRY_EXPIRY_MS + 1;
    expect(eventsOf(at(lateMs - 1))).toEqual([]);
    const draft = at(lateMs);
    expect(eventsOf(draft)).toMatchObject([{ type: 'order-ended', state: 'expired', reason: expect.stringMatching(/^no_price: .* 60 s$/) }]);
    expect(draft.account().orders.size).toBe(0);
    expect(eventsOf(at(lateMs, [bareQuote('BTC', 104, lateMs - 31_000)]))).toMatchObject([
      { state: 'expired', reason: 'stale_price: the price of BTC is 31 s old, at most 30 s is allowed, not filled within 60 s' },
    ]);
    expect(eventsOf(at(lateMs, [bareQuote('BTC', 104, lateMs)]))).toMatchObject([
      { state: 'expired', reason: expect.stringMatching(/^no_volume: /) },
    ]);
  });

  it('says of an entry that was held back what held it', () => {
    const nowMs = START_MS + 80 + ENTRY_EXPIRY_MS + 1;
    const command = { id: 'monitor', minuteMs: START_MS + MINUTE_MS, squareOffMs: null };
    const diverged = viewOfSketch({ nowMs, quotes: [bareQuote('BTC', 104, nowMs, { check: checkOf('diverged') })] });
    expect(eventsOf(decideMonitor(withEntryOrder(), diverged, command))).toMatchObject([
      { state: 'expired', reason: 'quote_diverged: the price is 120 bps from coinbase and kraken, not filled within 60 s' },
    ]);
    const oldRate = {
      ...viewOfSketch({ nowMs, quotes: [bareQuote('BTC', 104, nowMs)] }),
      rate: () => ({ ...rateOf('USDT'), asOfMs: START_MS - DAY_MS }),
    };
    expect(eventsOf(decideMonitor(withEntryOrder(), oldRate, command))).toMatchObject([
      { state: 'expired', reason: expect.stringMatching(/^rate_too_old: the USDT\/USD rate is of 2025-01-05T/) },
    ]);
  });

  it('marks equity and exposure at every quarter of an hour, once', () => {
    const minuteMs = START_MS + MARK_EVERY_MS;
    const draft = sweep(withPosition({ atMs: START_MS + MINUTE_MS }), minuteMs + 10_000, { minuteMs });
    expect(eventsOf(draft)).toMatchObject([{ type: 'equity-marked', atMs: minuteMs, equity: decimal('100007.8'), exposure: decimal('208') }]);
    expect(draft.account().curve).toMatchObject({ lastMarkMs: minuteMs, marks: 1, marksExposed: 1, peak: decimal('100007.8') });
    expect(eventsOf(sweep(draft.account(), minuteMs + 11_000, { minuteMs }))).toEqual([]);
  });

  it('marks at the entry price where no price is known', () => {
    const minuteMs = START_MS + MARK_EVERY_MS;
    const draft = decideMonitor(withPosition(), viewOfSketch({ nowMs: minuteMs }), { id: 'monitor', minuteMs, squareOffMs: null });
    expect(eventsOf(draft)).toMatchObject([{ type: 'equity-marked', equity: decimal('99999.8'), exposure: decimal('200') }]);
  });

  it('closes a stopping session when it is flat, and not before', () => {
    const stopping = (account: Account): Account =>
      apply(account, journalRow(account, 'stop', { type: 'session-stopping', atMs: START_MS, closePositions: true }));
    const held = sweep(stopping(withPosition()), START_MS + 500);
    expect(eventsOf(held)).toMatchObject([{ type: 'exit-requested', reason: 'session-stop' }]);
    expect(held.account().status).toBe('stopping');
    const flat = sweep(stopping(startedAccount()), START_MS + 500);
    expect(eventsOf(flat)).toMatchObject([{ type: 'session-stopped' }]);
    expect(flat.account()).toMatchObject({ status: 'stopped', stoppedMs: START_MS + 500 });
  });
});

describe('an order whose time is over', () => {
  const DAY_OVER_MS = Date.parse('2026-08-03T15:15:00+05:30');
  const resting = (terms: Partial<EntryOrder>): Account => placed([orderWith({ instruction: { type: 'limit', limit: decimal('90') }, ...terms })]);
  const command = { id: 'monitor', minuteMs: START_MS + MINUTE_MS, squareOffMs: null };
  const sweptAt = (account: Account, nowMs: number, phase = OPEN_PHASE): readonly JournalEvent[] =>
    eventsOf(decideMonitor(account, viewOfSketch({ nowMs, phase, quotes: [bareQuote('BTC', 100, nowMs)] }), command));

  it('expires at the end of the day when it is for the day, and says so', () => {
    const day = resting({ timeInForce: 'DAY', expiresMs: DAY_OVER_MS });
    expect(sweptAt(day, DAY_OVER_MS - 1)).toEqual([]);
    expect(sweptAt(day, DAY_OVER_MS)).toMatchObject([
      { type: 'order-ended', orderId: 'E:1', state: 'expired', reason: "day_over: the day's trading has ended" },
    ]);
  });

  it('expires with the square-off when it would open a position of the day', () => {
    const day = resting({ product: 'intraday', timeInForce: 'DAY', expiresMs: DAY_OVER_MS });
    expect(sweptAt(day, DAY_OVER_MS)).toMatchObject([{ state: 'expired', reason: expect.stringMatching(/^square_off: /) }]);
  });

  it('expires after the auction that it was for', () => {
    const auctioned = resting({ tradedIn: 'closing-auction', timeInForce: 'DAY', expiresMs: DAY_OVER_MS });
    expect(sweptAt(auctioned, DAY_OVER_MS)).toMatchObject([{ state: 'expired', reason: 'auction_over: the closing auction did not fill it' }]);
  });

  it('rests for as long as it takes when it is good till cancelled', () => {
    expect(sweptAt(resting({}), START_MS + 300 * DAY_MS)).toEqual([]);
  });

  it('keeps what of it has filled: the position stays with its exit', () => {
    const { after } = happen(resting({ expiresMs: DAY_OVER_MS, quantity: decimal('4') }), 'part', [
      (now) => entryFill({ ...now, orders: new Map([['E:1', entryOrder()]]) }, 'E:1', { price: '90' }),
    ]);
    const account = { ...after, positions: new Map([...after.positions].map(([id, position]) => [id, { ...position, exitByMs: null }])) };
    const draft = decideMonitor(account, viewOfSketch({ nowMs: DAY_OVER_MS, quotes: [bareQuote('BTC', 100, DAY_OVER_MS)] }), command);
    expect(eventsOf(draft)).toMatchObject([{ type: 'order-ended', orderId: 'E:1', state: 'expired' }]);
    expect([...draft.account().orders.keys()]).toEqual([exitId('P:E:1', 1)]);
    expect(positionIn(draft.account()).quantity).toBe(decimal('2'));
  });

  it.each([
    ['IOC', 'immediate_or_cancel: the rest could not be filled at once'],
    ['FOK', 'fill_or_kill: not all of it could be filled at once'],
  ] as const)('ends when it was to fill at once and nobody has looked: %s', (timeInForce, reason) => {
    const forgotten = resting({ timeInForce });
    expect(sweptAt(forgotten, START_MS + 80 + ENTRY_EXPIRY_MS)).toEqual([]);
    expect(sweptAt(forgotten, START_MS + 80 + ENTRY_EXPIRY_MS + 1)).toMatchObject([{ type: 'order-ended', state: 'cancelled', reason }]);
  });
});

describe('stops in the reference-price window of the closing auction', () => {
  const WINDOW: PhaseView = { ...OPEN_PHASE, canEnter: false, acceptsOrders: false, phase: 'reference-price', reason: 'Reference-price window' };
  const share = { symbol: 'RELIANCE', currency: 'INR', quantity: '10', reserved: '13' } as const;
  const swept = (terms: Partial<EntryOrder>, phase = WINDOW): readonly JournalEvent[] => {
    const account = placed([orderWith(terms, share)]);
    const view = viewOfSketch({ nowMs: START_MS + 200, phase, quotes: [bareQuote('RELIANCE', 100, START_MS)] });
    return eventsOf(decideMonitor(account, view, { id: 'monitor', minuteMs: START_MS + MINUTE_MS, squareOffMs: null }));
  };
  const STOP: Instruction = { type: 'stop', stop: decimal('101') };

  it.each<readonly [string, Instruction]>([
    ['a stop', STOP],
    ['a stop-limit', { type: 'stop-limit', stop: decimal('101'), limit: decimal('102') }],
    ['a trailing stop', { type: 'trailing-stop', trail: { kind: 'share', share: 0.01 } }],
  ])('cancel %s that was not met', (_, instruction) => {
    expect(swept({ instruction })).toMatchObject([
      { type: 'order-ended', state: 'cancelled', reason: 'reference_price_window: Reference-price window, untriggered stops are cancelled' },
    ]);
  });

  it('leave those that were met, and limit orders', () => {
    expect(swept({ instruction: STOP, triggeredMs: START_MS + 150 })).toEqual([]);
    expect(swept({ instruction: { type: 'limit', limit: decimal('99') } })).toEqual([]);
  });

  it('are left in continuous trading', () => {
    expect(swept({ instruction: STOP }, OPEN_PHASE)).toEqual([]);
  });
});

describe('a stop that was met', () => {
  const triggeredMs = START_MS + DAY_MS;
  const account = placed([orderWith({ instruction: { type: 'stop', stop: decimal('101') }, triggeredMs })]);
  const sweptAt = (nowMs: number): readonly JournalEvent[] =>
    eventsOf(
      decideMonitor(account, viewOfSketch({ nowMs, quotes: [bareQuote('BTC', 102, nowMs)] }), {
        id: 'm',
        minuteMs: START_MS + MINUTE_MS,
        squareOffMs: null,
      }),
    );

  it('has its minute from there on, however long it had rested', () => {
    expect(sweptAt(triggeredMs + ENTRY_EXPIRY_MS)).toEqual([]);
    expect(sweptAt(triggeredMs + ENTRY_EXPIRY_MS + 1)).toMatchObject([
      { type: 'order-ended', state: 'expired', reason: expect.stringMatching(/^no_volume/) },
    ]);
  });
});

describe('legs of a group', () => {
  const legs = (...terms: readonly Partial<EntryOrder>[]): Account =>
    placed(terms.map((each, index) => orderWith({ groupId: 'G', ...each }, { id: `E:${index + 1}`, symbol: index === 0 ? 'BTC' : 'ETH' })));
  const sweptAt = (account: Account, nowMs: number): Draft =>
    decideMonitor(account, viewOfSketch({ nowMs, quotes: [] }), { id: 'm', minuteMs: START_MS + MINUTE_MS, squareOffMs: null });

  it('end together: when the time of one is over none is left to fill alone', () => {
    // The second came to the venue half a second after the first.
    const account = legs({}, { activeFromMs: START_MS + 580 });
    const nowMs = START_MS + 80 + ENTRY_EXPIRY_MS + 1;
    expect(eventsOf(sweptAt(account, nowMs))).toMatchObject([
      { type: 'order-ended', orderId: 'E:1', state: 'expired', reason: expect.stringMatching(/^no_price: no price of BTC/) },
      { type: 'order-ended', orderId: 'E:2', state: 'expired', reason: 'group: a leg ended, E:1' },
    ]);
    expect(sweptAt(account, nowMs).account().orders.size).toBe(0);
  });

  it('leave orders of other groups and of none alone', () => {
    const account = placed([orderWith({ activeFromMs: START_MS + 580 }, { id: 'E:3' })], legs({}, { activeFromMs: START_MS + 580 }));
    expect([
      ...sweptAt(account, START_MS + 80 + ENTRY_EXPIRY_MS + 1)
        .account()
        .orders.keys(),
    ]).toEqual(['E:3']);
  });
});

describe('an exit at market that does not fill', () => {
  const asking = draftOn(withPosition(), 'close');
  requestExit(asking, positionIn(asking.account()), { reason: 'manual', quantity: null, nowMs: START_MS + 1_000 });
  const waitingFromMs = exitIn(asking.account()).activeFromMs;
  const overdueMs = waitingFromMs + EXIT_OVERDUE_MS + 1;
  const swept = (account: Account, nowMs: number, quotes: readonly Quote[] = []): Draft =>
    decideMonitor(account, viewOfSketch({ nowMs, quotes }), { id: 'm', minuteMs: START_MS + MINUTE_MS, squareOffMs: null });
  const told = swept(asking.account(), overdueMs);

  it('says why after half a minute, and not before', () => {
    expect(eventsOf(swept(asking.account(), overdueMs - 1))).toEqual([]);
    expect(eventsOf(told)).toMatchObject([
      {
        type: 'order-waiting',
        orderId: exitId('P:E:1', 1),
        waiting: { code: 'no_price', why: 'no price of BTC has been received', sinceMs: overdueMs },
      },
    ]);
    expect(exitIn(told.account()).waiting?.code).toBe('no_price');
  });

  it('says it once, and again when the reason has become another', () => {
    expect(eventsOf(swept(told.account(), overdueMs + MINUTE_MS))).toEqual([]);
    const stale = swept(told.account(), overdueMs + MINUTE_MS, [bareQuote('BTC', 100, overdueMs)]);
    expect(eventsOf(stale)).toMatchObject([{ type: 'order-waiting', waiting: { code: 'stale_price', sinceMs: overdueMs + MINUTE_MS } }]);
    expect(eventsOf(swept(stale.account(), overdueMs + 2 * MINUTE_MS, [bareQuote('BTC', 100, overdueMs + 2 * MINUTE_MS)]))).toMatchObject([
      { type: 'order-waiting', waiting: { code: 'no_volume' } },
    ]);
  });

  it('takes it back when it has begun anew', () => {
    const held = told.account();
    const part: ExitOrder = { ...exitIn(held), atMarket: { reason: 'manual', quantity: decimal('1'), requestedMs: START_MS + 1_000 } };
    const anew = draftOn({ ...held, orders: new Map([[part.id, part]]) }, 'all of it');
    requestExit(anew, positionIn(held), { reason: 'square-off', quantity: null, nowMs: overdueMs });
    expect(eventsOf(swept(anew.account(), overdueMs + MINUTE_MS / 4))).toEqual([
      { type: 'order-waiting', atMs: overdueMs + MINUTE_MS / 4, orderId: part.id, waiting: null },
    ]);
  });

  it('takes it back with the next fill', () => {
    const filled = decideMatch(
      told.account(),
      viewOfSketch({ nowMs: overdueMs + 1, tape: { volatility: 0.0002, minuteVolume: 10 }, quotes: [bareQuote('BTC', 100, overdueMs + 1)] }),
      asked(exitId('P:E:1', 1)),
    );
    expect(exitIn(accountAfter(filled))).toMatchObject({ waiting: null, filledQuantity: decimal('1') });
  });

  it('is told of no resting exit, however long it rests', () => {
    const account = withPosition();
    const [position] = [...account.positions.values()].map((each) => ({ ...each, exitByMs: null }));
    if (position === undefined) throw new Error('no position');
    expect(eventsOf(swept({ ...account, positions: new Map([[position.id, position]]) }, START_MS + 30 * DAY_MS))).toEqual([]);
  });
});
