import { describe, expect, it } from 'vitest';
import type { QuoteCheck } from '../../shared/market/price.ts';
import { BUILT_STRATEGIES } from '../../shared/strategies/registry.ts';
import { apiFixture, NSE_CLOSED_MS, NSE_OPEN_MS, quoteOf, snapshotAt } from '../support/api-fixture.ts';
import { checkOf } from '../support/engine-fixtures.ts';

describe('the API before the first session', () => {
  it('answers status with what runs, and null for all that has no value', async () => {
    const { ask, publish } = await apiFixture();
    await publish();
    const { status, body, headers } = await ask('status');
    expect(status).toBe(200);
    expect(headers.get('cache-control')).toBe('no-store');
    expect(body).toMatchObject({
      status: 'idle',
      isActive: false,
      activeStrategies: [],
      activePositions: 0,
      sessionStats: { tradesExecuted: null, winningTrades: null, totalPnL: null, startTime: null },
      components: { feed: { status: 'up' }, ledger: { status: 'up' }, scan: { status: 'waiting' }, model: { status: 'absent' } },
      session: null,
      lastSession: null,
      mode: { evidence: 'simulated', scope: 'test', markets: ['CRYPTO', 'NSE'], marketMode: 'switch' },
      strategies: { active: [], built: BUILT_STRATEGIES.map(({ name }) => name) },
      counters: { scans: null, fills: null, openOrders: 0, acceptedFrames: 1_000, refusedFrames: 3, refusedByReason: { zero_price: 2, jump: 1 } },
      version: '9.9.9',
      timestamp: new Date(NSE_CLOSED_MS).toISOString(),
    });
    expect(body.notices).toContain('All prices are simulated: nothing here happened on a market.');
  });

  it('tells the source, evidence and age of the last price of each symbol', async () => {
    const { ask, publish, clock } = await apiFixture();
    await publish({
      quotes: [quoteOf('BTC', 64_000.5, NSE_CLOSED_MS - 1_500, { exchangeMs: NSE_CLOSED_MS - 2_000, source: 'binance', evidence: 'live' })],
    });
    await clock.advance(500);
    const { body } = await ask('status');
    expect(body.prices).toEqual([
      {
        symbol: 'BTC',
        market: 'CRYPTO',
        last: 64_000.5,
        bid: null,
        ask: null,
        ageMs: 2_000,
        exchangeTime: new Date(NSE_CLOSED_MS - 2_000).toISOString(),
        source: 'binance',
        evidence: 'live',
        check: null,
      },
    ]);
    expect(body.rates).toEqual([{ currency: 'USDT', value: '1', source: 'assumed', ageMs: 500 }]);
  });

  it('says that no price has come yet where nothing was published', async () => {
    const { ask } = await apiFixture();
    const { body } = await ask('status');
    expect(body).toMatchObject({ feeds: [], prices: [], components: { feed: { status: 'waiting' } } });
    expect(body.notices).toContain('No prices of test have been published yet: nothing can be opened.');
  });

  it('shows a feed that is down as down, and one that has fallen silent', async () => {
    const { ask, publish, clock } = await apiFixture({ world: { evidence: 'live' } });
    const [feed] = snapshotAt(NSE_CLOSED_MS).feeds;
    if (feed === undefined) throw new Error('The snapshot has no feed');
    await publish({ feeds: [{ ...feed, source: 'binance', status: 'down', detail: 'socket closed 1006' }] });
    const down = (await ask('status')).body;
    expect(down.components.feed).toEqual({ status: 'down', detail: 'binance: down, socket closed 1006' });
    expect(down.notices.join()).toContain('Feed binance is down (socket closed 1006)');

    await publish({ feeds: [feed, { ...feed, source: 'file', status: 'ended', detail: 'end of data' }] });
    await clock.advance(89_000);
    expect((await ask('status')).body.components.feed).toEqual({ status: 'waiting', detail: 'file: ended, end of data' });
    await clock.advance(2_000);
    const silent = (await ask('status')).body;
    expect(silent.feeds.map(({ status }) => status)).toEqual(['down', 'ended']);
    expect(silent.feeds[0]?.detail).toContain('Nothing published for 91 s');
  });

  it('does not call the feed down for a second source that is, and says what its silence means', async () => {
    const { ask, publish } = await apiFixture({ world: { evidence: 'live' } });
    const [feed] = snapshotAt(NSE_CLOSED_MS).feeds;
    if (feed === undefined) throw new Error('The snapshot has no feed');
    await publish({ feeds: [feed, { ...feed, source: 'kraken', markets: [], status: 'down', detail: 'no answer' }] });
    const { body } = await ask('status');
    expect(body.components.feed).toMatchObject({ status: 'up' });
    expect(body.notices.join()).toContain('Feed kraken is down (no answer): it only confirms prices or tells rates');
  });

  it('shows what other venues say of each price, counts it, and warns of one that they contradict', async () => {
    const { ask, publish } = await apiFixture({ world: { evidence: 'live' } });
    const live = (symbol: string, check: QuoteCheck | null) => quoteOf(symbol, 100, NSE_CLOSED_MS, { evidence: 'live', check });
    await publish({
      quotes: [
        live('BTC', checkOf('diverged', { sinceMs: NSE_CLOSED_MS })),
        live('ETH', checkOf('agreed')),
        live('SOL', checkOf('single-source')),
        live('ITC', null),
      ],
    });
    const { body } = await ask('status');
    expect(body.prices.map(({ symbol, check }) => [symbol, check?.state, check?.spreadBps])).toEqual([
      ['BTC', 'diverged', 120],
      ['ETH', 'agreed', 0.4],
      ['SOL', 'single-source', null],
      ['ITC', undefined, undefined],
    ]);
    expect(body.counters.priceChecks).toEqual({ agreed: 1, diverged: 1, 'single-source': 1, stale: 0 });
    const notice = `BTC is 120 bps from coinbase and kraken, diverged since ${new Date(NSE_CLOSED_MS).toISOString()}`;
    expect(body.notices).toContain(`${notice}: nothing is opened on it, and exits fill and are flagged.`);
  });

  it.each(['portfolio', 'trades', 'performance', 'orders', 'decisions'] as const)('answers %s without error, with the reason', async (name) => {
    const { ask } = await apiFixture();
    const { body } = await ask(name);
    expect(body).toMatchObject({ isActive: false, reason: 'No session has been started yet' });
  });

  it('answers portfolio and performance with nulls', async () => {
    const { ask } = await apiFixture();
    expect((await ask('portfolio')).body).toMatchObject({
      currentCapital: null,
      dailyPnL: null,
      cash: null,
      equity: null,
      positions: [],
      sessionId: null,
    });
    expect((await ask('performance')).body).toMatchObject({
      session: null,
      performance: null,
      portfolio: { equity: null },
      marketStatus: { crypto: true },
    });
    expect((await ask('sessions')).body.sessions).toEqual([]);
  });

  it('answers health with 200, and with 503 when a store cannot be read', async () => {
    const { ask } = await apiFixture();
    expect(await ask('health')).toMatchObject({ status: 200, body: { status: 'ok', components: { ledger: { status: 'up' } } } });
    const broken = await apiFixture({
      change: ({ ledger }) => ({ ledger: { ...ledger, activeSession: () => Promise.reject(new Error('no such table')) } }),
    });
    expect(await broken.ask('health')).toMatchObject({
      status: 503,
      body: { status: 'degraded', components: { ledger: { status: 'down', detail: 'no such table' }, market: { status: 'up' } } },
    });
    expect(broken.logged.map(({ event }) => event)).toContain('health-probe-failed');
  });
});

describe('market-status', () => {
  it('says which markets are open now, with the details beside', async () => {
    const open = (await (await apiFixture({ nowMs: NSE_OPEN_MS })).ask('market-status')).body;
    expect(open).toMatchObject({
      nse: true,
      crypto: true,
      primary: 'NSE',
      details: { scanned: ['NSE'], nse: { phase: 'continuous', canEnter: true } },
    });
    const closed = (await (await apiFixture({ nowMs: NSE_CLOSED_MS })).ask('market-status')).body;
    expect(closed).toMatchObject({ nse: false, crypto: true, primary: 'CRYPTO', details: { scanned: ['CRYPTO'], nse: { phase: 'closed' } } });
    expect(closed.details.nse.nextOpen).toBe('2026-11-19T03:45:00.000Z');
  });

  it.each([
    ['2026-01-26T06:00:00Z', 'holiday', 'Republic Day'],
    ['2026-11-21T06:00:00Z', 'weekend', null],
    ['2031-01-01T06:00:00Z', 'not-covered', null],
  ])('answers for the instant asked: %s is %s', async (at, kind, name) => {
    const { ask } = await apiFixture({ nowMs: NSE_OPEN_MS });
    const { body } = await ask('market-status', { query: `?at=${at}` });
    expect(body).toMatchObject({ nse: false, crypto: true, primary: 'CRYPTO', at: new Date(at).toISOString(), details: { day: { kind } } });
    if (name !== null) expect(body.details.day.name).toContain(name);
    expect(body.timestamp).toBe(new Date(NSE_OPEN_MS).toISOString());
  });

  it('takes an offset, even where its plus was not encoded', async () => {
    const { ask } = await apiFixture();
    for (const query of ['?at=2026-11-18T12:30:00%2B05:30', '?at=2026-11-18T12:30:00+05:30', '?at=2026-11-18T07:00:00Z']) {
      expect((await ask('market-status', { query })).body, query).toMatchObject({ nse: true, at: '2026-11-18T07:00:00.000Z' });
    }
  });

  it.each(['?at=yesterday', '?at=2026-11-18', '?at=', '?when=2026-11-18T07:00:00Z', '?at=2026-02-30T00:00:00Z'])('refuses %s', async (query) => {
    const { refused } = await apiFixture();
    expect(await refused('market-status', { query })).toMatchObject({ status: 422, body: { code: 'invalid_query', title: 'Request not valid' } });
  });
});
