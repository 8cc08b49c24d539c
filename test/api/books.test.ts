import { describe, expect, it } from 'vitest';
import type { JournalEvent } from '../../shared/contracts/journal.ts';
import { add, decimal, text } from '../../shared/kernel/decimal.ts';
import { DAY_MS, MINUTE_MS } from '../../shared/kernel/time.ts';
import type { Account } from '../../shared/ledger/account.ts';
import { type ApiFixture, apiFixture, NSE_CLOSED_MS, quoteOf } from '../support/api-fixture.ts';
import {
  commitOf,
  entryFill,
  entryOrder,
  equityMarked,
  exitFill,
  orderPlaced,
  roundTrip,
  scanRecord,
  sessionStarted,
} from '../support/ledger-fixtures.ts';

type Events = Parameters<typeof commitOf>[2];

/** Commits events as the engine would, command by command, and gives the account. */
async function book({ ledger }: ApiFixture, ...commands: readonly Events[]): Promise<Account> {
  const active = await ledger.activeSession();
  let account = active === null ? null : await ledger.load(active);
  for (const events of commands) {
    const commit = commitOf(account, `command:${account?.seq ?? 0}`, events);
    await ledger.commit(commit);
    account = commit.after;
  }
  if (account === null) throw new Error('Nothing was booked');
  return account;
}

const start = (fixture: ApiFixture): Promise<Account> => book(fixture, [sessionStarted('S-1', '100000', NSE_CLOSED_MS)]);
const at = NSE_CLOSED_MS;

/** A position of 2 BTC from 100, opened at the start. */
const open = (id = 'E:1', more: Parameters<typeof entryOrder>[0] = {}): Events => {
  const order = entryOrder({ id, atMs: at, ...more });
  return [orderPlaced(order), (account) => entryFill(account, order.id, { price: '100', atMs: at + 100 })];
};

describe('portfolio', () => {
  it('shows positions with entry, mark, stop, target and unrealised result, and books that balance', async () => {
    const fixture = await apiFixture();
    await start(fixture);
    await book(fixture, open());
    await fixture.clock.advance(4_000);
    await fixture.publish({ quotes: [quoteOf('BTC', 101.5, at + 1_000)] });
    const { body } = await fixture.ask('portfolio');
    expect(body.positions).toMatchObject([
      {
        symbol: 'BTC',
        direction: 'long',
        quantity: '2',
        currency: 'USDT',
        entry: '100',
        mark: '101.5',
        markAgeMs: 3_000,
        markEvidence: 'simulated',
        markSource: 'simulated-market',
        evidence: 'simulated',
        stop: '98.5',
        target: '103',
        value: '203',
        unrealisedPnL: '2.8',
        unrealisedPnLQuote: '3',
        openedAt: new Date(at + 100).toISOString(),
      },
    ]);
    expect(body).toMatchObject({
      cash: '99799.8',
      equity: '100002.8',
      currentCapital: 100_002.8,
      dailyPnL: 2.8,
      exposure: '203',
      exposureShare: 203 / 100_002.8,
      realisedPnL: '0',
      unrealisedPnL: '2.8',
      evidence: ['simulated'],
      unmarkedPositions: 0,
      sessionStats: { totalPnL: 2.8, tradesExecuted: 0 },
    });
    expect(body.riskAtStops).toBeCloseTo(3 / 100_002.8, 12);
  });

  it('values a position without a price at its entry, and says that it has no mark', async () => {
    const fixture = await apiFixture();
    await start(fixture);
    await book(fixture, open());
    const { body } = await fixture.ask('portfolio');
    expect(body.positions).toMatchObject([{ mark: null, markAgeMs: null, unrealisedPnL: null, unrealisedPnLQuote: null, value: '200' }]);
    expect(body).toMatchObject({ unmarkedPositions: 1, equity: '99999.8' });
  });

  it('turns the sign for a short, and settles rupees at the rate of now', async () => {
    const fixture = await apiFixture();
    await start(fixture);
    const order = entryOrder({ id: 'E:9', symbol: 'TCS', side: 'sell', currency: 'INR', stop: '102', target: '96', atMs: at });
    await book(fixture, [orderPlaced(order), (account) => entryFill(account, order.id, { price: '100', rate: '0.0125', commission: '0' })]);
    await fixture.publish({
      quotes: [quoteOf('TCS', 98, at)],
      rates: [{ currency: 'INR', value: decimal('0.01'), source: 'test', asOfMs: at }],
    });
    const { body } = await fixture.ask('portfolio');
    expect(body.positions).toMatchObject([{ direction: 'short', value: '-1.96', unrealisedPnLQuote: '4', unrealisedPnL: '0.54' }]);
    expect(body.equity).toBe('100000.54');
  });

  it('keeps realised and unrealised summing to the change of equity, whatever was traded', async () => {
    const fixture = await apiFixture();
    await start(fixture);
    await book(
      fixture,
      open('E:1'),
      open('E:2', { symbol: 'ETH' }),
      roundTrip({ id: 'E:3', symbol: 'SOL', atMs: at }, { entry: '33.33333333', exit: '32.1' }),
    );
    await fixture.publish({ quotes: [quoteOf('BTC', 99.123_456_78, at), quoteOf('ETH', 101.000_000_01, at)] });
    const { body } = await fixture.ask('portfolio');
    const total = add(decimal(body.realisedPnL ?? ''), decimal(body.unrealisedPnL ?? ''));
    expect(text(add(decimal('100000'), total))).toBe(body.equity);
    expect(body.sessionStats).toMatchObject({ tradesExecuted: 1, winningTrades: 0 });
  });

  it('shows what is set aside by an entry that has not filled', async () => {
    const fixture = await apiFixture();
    await start(fixture);
    await book(fixture, [orderPlaced(entryOrder({ atMs: at, reserved: '250' }))]);
    expect((await fixture.ask('portfolio')).body).toMatchObject({ reserved: '250', availableCash: '99750', cash: '100000' });
  });
});

describe('trades and orders', () => {
  it('lists trades newest first, each with its costs and why it was opened and closed', async () => {
    const fixture = await apiFixture();
    await start(fixture);
    await book(fixture, roundTrip({ id: 'E:1', atMs: at }), roundTrip({ id: 'E:2', atMs: at + MINUTE_MS }, { entry: '100', exit: '98' }));
    const { body } = await fixture.ask('trades');
    expect(body.trades.map(({ id }) => id)).toEqual(['P:E:2', 'P:E:1']);
    expect(body.trades[1]).toMatchObject({
      symbol: 'BTC',
      evidence: 'simulated',
      quantity: '2',
      entryPrice: '100',
      exitPrice: '103',
      openedWhy: 'a burst with volume',
      closedWhy: 'target',
      netPnL: '5.6',
      priceEffect: '6',
      currencyEffect: '0',
      costs: { charges: '0.4', entryCharges: '0.2', exitCharges: [{ line: 'commission', amount: '0.2' }] },
      exitRate: { value: '1', source: 'test' },
    });
    expect(body.trades[0]?.netPnL).toBe('-4.4');
    expect(body.trades.map(({ flags }) => flags)).toEqual([[], []]);
  });

  it('flags a trade whose exit filled while other venues told another price', async () => {
    const fixture = await apiFixture();
    await start(fixture);
    const [placed, filled, exit] = roundTrip({ atMs: at });
    if (placed === undefined || filled === undefined || typeof exit !== 'function') throw new Error('A round trip is three events');
    const divergedExit = (account: Account): JournalEvent => {
      const event = exit(account);
      if (event.type !== 'filled') throw new Error('It ends with a fill');
      const quote = { ...event.fill.provenance.quote, check: { state: 'diverged', spreadBps: 130, against: ['kraken'] } } as const;
      return { ...event, fill: { ...event.fill, provenance: { ...event.fill.provenance, quote } } };
    };
    await book(fixture, [placed, filled, divergedExit]);
    expect((await fixture.ask('trades')).body.trades).toMatchObject([{ id: 'P:E:1', flags: ['diverged_quote'] }]);
  });

  it('pages by cursor without a gap or a repeat, also when new trades come in between', async () => {
    const fixture = await apiFixture();
    await start(fixture);
    for (let i = 0; i < 7; i++) await book(fixture, roundTrip({ id: `E:${i}`, atMs: at + i * MINUTE_MS }));
    const seen: string[] = [];
    let query = '?limit=3';
    for (let page = 0; page < 5; page++) {
      const { body } = await fixture.ask('trades', { query });
      seen.push(...body.trades.map(({ id }) => id));
      if (body.next === null) break;
      query = `?limit=3&cursor=${encodeURIComponent(body.next)}`;
      await book(fixture, roundTrip({ id: `E:late${page}`, atMs: at + (20 + page) * MINUTE_MS }));
    }
    expect(seen).toEqual([6, 5, 4, 3, 2, 1, 0].map((i) => `P:E:${i}`));
  });

  it.each(['trades', 'orders', 'decisions'] as const)('refuses a page of %s that cannot be', async (name) => {
    const fixture = await apiFixture();
    await start(fixture);
    for (const query of ['?limit=0', '?limit=201', '?limit=ten', '?limit=1.5', '?cursor=']) {
      expect(await fixture.refused(name, { query }), query).toMatchObject({ status: 422, body: { code: 'invalid_query' } });
    }
    expect(await fixture.refused(name, { query: '?cursor=bm9uc2Vuc2U' })).toMatchObject({ status: 422, body: { code: 'bad_cursor' } });
  });

  it('lists working and ended orders with where they stand', async () => {
    const fixture = await apiFixture();
    await start(fixture);
    await book(
      fixture,
      open('E:1'),
      [orderPlaced(entryOrder({ id: 'E:2', symbol: 'ETH', atMs: at + 1_000 }))],
      [{ type: 'order-ended', atMs: at + 2_000, orderId: 'E:2', state: 'expired', reason: 'no price came' }],
    );
    const { body } = await fixture.ask('orders');
    const of = (id: string) => body.orders.find((order) => order.id === id);
    expect(of('E:1')).toMatchObject({ purpose: 'entry', state: 'filled', reserved: '0', stop: '98.5', evidence: 'simulated' });
    expect(of('E:2')).toMatchObject({ state: 'expired', reason: 'no price came', endedAt: new Date(at + 2_000).toISOString() });
    expect(body.orders.find(({ purpose }) => purpose === 'exit')).toMatchObject({
      positionId: 'P:E:1',
      stop: '98.5',
      target: '103',
      marketReason: null,
      endedAt: null,
    });
  });
});

describe('decisions', () => {
  it('lists what was considered and why it was not traded, with the scan that considered it', async () => {
    const fixture = await apiFixture();
    await start(fixture);
    await fixture.ledger.keepScan('S-1', scanRecord(at, 1));
    await fixture.ledger.keepScan('S-1', scanRecord(at + MINUTE_MS, 2));
    const { body } = await fixture.ask('decisions');
    expect(body.decisions).toHaveLength(2);
    expect(body.decisions[0]).toMatchObject({
      strategy: 'scalping',
      outcome: 'refused',
      reason: 'low_confidence',
      why: 'Confidence 0.55 is below 0.60',
      limit: { name: 'leastConfidence', value: 0.55, threshold: 0.6 },
      quantity: '0.00000001',
      price: { last: 100, source: 'test', evidence: 'simulated' },
      scan: { ordinal: 2, minute: new Date(at + MINUTE_MS).toISOString() },
    });
    expect(body).toMatchObject({ scans: 2, next: null, quiet: [{ strategy: 'swing', reason: 'no_setup', count: 4 }] });
    expect((await fixture.ask('status')).body).toMatchObject({
      counters: { scans: 2 },
      lastScan: { ordinal: 2, considered: 1 },
      components: { scan: { status: 'up' } },
    });
  });

  it('filters, and skips quiet scans until the page is full; the cursor goes on where it stopped', async () => {
    const fixture = await apiFixture();
    await start(fixture);
    for (let i = 1; i <= 250; i++) {
      await fixture.ledger.keepScan('S-1', scanRecord(at + i * MINUTE_MS, i, i % 50 === 0 ? {} : { decisions: [] }));
    }
    const first = (await fixture.ask('decisions', { query: '?limit=2&outcome=refused&symbol=btc&strategy=scalping' })).body;
    expect(first.decisions.map(({ scan }) => scan.ordinal)).toEqual([250, 200]);
    expect(first.scans).toBe(51);
    const second = (await fixture.ask('decisions', { query: `?limit=200&cursor=${first.next}` })).body;
    expect(second.decisions.map(({ scan }) => scan.ordinal)).toEqual([150, 100, 50]);
    expect(second).toMatchObject({ scans: 199, next: null });
    expect((await fixture.ask('decisions', { query: '?outcome=taken' })).body).toMatchObject({ decisions: [], scans: 250 });
    expect((await fixture.ask('decisions', { query: '?symbol=ETH' })).body.quiet).toEqual([{ strategy: 'swing', reason: 'no_setup', count: 250 }]);
  });

  it('says when scans have stopped coming in an open market', async () => {
    const fixture = await apiFixture();
    await start(fixture);
    await fixture.ledger.keepScan('S-1', scanRecord(at, 1));
    await fixture.clock.advance(5 * MINUTE_MS);
    expect((await fixture.ask('status')).body.components.scan).toMatchObject({ status: 'down', detail: expect.stringContaining('CRYPTO is open') });
  });
});

describe('performance', () => {
  const day = (i: number, startEquity: string, endEquity: string): JournalEvent => ({
    type: 'day-closed',
    atMs: at + i * DAY_MS,
    nextDate: `day-${i + 1}`,
    report: {
      date: `day-${i}`,
      openedMs: at + (i - 1) * DAY_MS,
      closedMs: at + i * DAY_MS,
      startEquity: decimal(startEquity),
      openEquity: null,
      endEquity: decimal(endEquity),
      realised: decimal('0'),
      charges: decimal('0'),
      trades: 0,
      wins: 0,
      openPositions: 0,
    },
  });

  it('gives undefined figures as null, each with its reason', async () => {
    const fixture = await apiFixture();
    await start(fixture);
    const { body } = await fixture.ask('performance');
    expect(body.performance).toMatchObject({
      evidence: ['simulated'],
      trades: 0,
      realisedPnL: '0',
      winRate: null,
      sharpe: null,
      maxDrawdown: null,
      exposureTime: null,
      reasons: {
        winRate: 'no trade has been closed',
        profitFactor: 'no trade has been closed',
        sharpe: 'needs at least 20 closed days, has 0',
        maxDrawdown: 'equity has not been marked yet',
      },
    });
    expect(body).toMatchObject({
      session: { sessionId: 'S-1', startingCapital: 100_000 },
      portfolio: { equity: '100000' },
      marketStatus: { crypto: true },
      isActive: true,
    });
  });

  it('counts trades by strategy and market, net of costs', async () => {
    const fixture = await apiFixture();
    await start(fixture);
    await book(fixture, roundTrip({ id: 'E:1', atMs: at }), roundTrip({ id: 'E:2', atMs: at + MINUTE_MS }, { entry: '100', exit: '98' }), [
      equityMarked(at + 2 * MINUTE_MS, '100010'),
      equityMarked(at + 3 * MINUTE_MS, '99000', decimal('0')),
    ]);
    const { performance } = (await fixture.ask('performance')).body;
    expect(performance).toMatchObject({
      trades: 2,
      realisedPnL: '1.2',
      winRate: 0.5,
      averageWin: 5.6,
      averageLoss: 4.4,
      exposureTime: 0.5,
      charges: '0.8',
    });
    expect(performance?.profitFactor).toBeCloseTo(5.6 / 4.4, 12);
    expect(performance?.expectancy).toBeCloseTo(0.6, 12);
    expect(performance?.maxDrawdown).toBeCloseTo(1 - 99_000 / 100_010, 12);
    expect(performance?.byEvidence).toHaveLength(1);
    expect(performance?.byEvidence[0]).toMatchObject({
      evidence: 'simulated',
      trades: 2,
      byStrategy: [{ strategy: 'scalping', trades: 2, wins: 1, losses: 1, realisedPnL: '1.2', winRate: 0.5 }],
      byMarket: [{ market: 'CRYPTO', trades: 2, realisedPnL: '1.2' }],
    });
  });

  it('goes on from what it has read before', async () => {
    const fixture = await apiFixture();
    await start(fixture);
    await book(fixture, roundTrip({ id: 'E:1', atMs: at }));
    expect((await fixture.ask('performance')).body.performance?.byEvidence[0]?.trades).toBe(1);
    await book(fixture, roundTrip({ id: 'E:2', atMs: at + MINUTE_MS }), [day(1, '100000', '100011.2')]);
    const { performance } = (await fixture.ask('performance')).body;
    expect(performance).toMatchObject({ trades: 2, dailyReturns: 1, winRate: 1, profitFactor: null, reasons: { profitFactor: 'no trade has lost' } });
    expect(performance?.byEvidence[0]?.trades).toBe(2);
    expect((await fixture.ask('performance')).body.performance).toEqual(performance);
  });

  it('gives Sharpe and Sortino from twenty closed days on', async () => {
    const fixture = await apiFixture();
    await start(fixture);
    const days = Array.from({ length: 20 }, (_, i) => day(i + 1, '100000', i % 3 === 0 ? '99500' : '100600'));
    await book(fixture, days.slice(0, 19));
    expect((await fixture.ask('performance')).body.performance).toMatchObject({ sharpe: null, dailyReturns: 19 });
    await book(fixture, days.slice(19));
    const { performance } = (await fixture.ask('performance')).body;
    const returns: readonly number[] = days.map((_, i) => (i % 3 === 0 ? -0.005 : 0.006));
    const mean = returns.reduce((a, b) => a + b) / 20;
    const deviation = Math.sqrt(returns.reduce((a, b) => a + (b - mean) ** 2, 0) / 19);
    expect(performance?.sharpe).toBeCloseTo((mean / deviation) * Math.sqrt(365), 9);
    expect(performance?.sortino).toBeCloseTo((mean / Math.sqrt((7 * 0.005 ** 2) / 20)) * Math.sqrt(365), 9);
    expect(performance).toMatchObject({ dailyReturns: 20, daysPerYear: 365 });
  });

  it('never mixes evidences: each has its own statistics, and the whole says why it has none', async () => {
    const fixture = await apiFixture();
    await start(fixture);
    const live = entryOrder({ id: 'E:2', symbol: 'ETH', atMs: at });
    const asLive = (event: ReturnType<typeof entryFill>): JournalEvent => ({ ...event, fill: { ...event.fill, evidence: 'live' } });
    await book(fixture, roundTrip({ id: 'E:1', atMs: at }), [
      orderPlaced(live),
      (account) => asLive(entryFill(account, live.id, { price: '100' })),
      (account) => asLive(exitFill(account, live.positionId, { price: '99', atMs: at + MINUTE_MS })),
    ]);
    const { performance } = (await fixture.ask('performance')).body;
    expect(performance).toMatchObject({ evidence: ['live', 'simulated'], trades: 2, winRate: null, profitFactor: null });
    expect(performance?.reasons.winRate).toBe('live and simulated are not mixed: see byEvidence');
    expect(performance?.byEvidence.map(({ evidence, trades, winRate, realisedPnL }) => ({ evidence, trades, winRate, realisedPnL }))).toEqual([
      { evidence: 'live', trades: 1, winRate: 0, realisedPnL: '-2.4' },
      { evidence: 'simulated', trades: 1, winRate: 1, realisedPnL: '5.6' },
    ]);
  });
});
