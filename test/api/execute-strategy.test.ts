import { describe, expect, it } from 'vitest';
import { MINUTE_MS } from '../../shared/kernel/time.ts';
import type { Bar } from '../../shared/market/price.ts';
import { STRATEGY_NAMES } from '../../shared/strategies/strategy.ts';
import { type ApiFixture, apiFixture, NSE_CLOSED_MS, quoteOf, snapshotAt } from '../support/api-fixture.ts';
import { burstMarket } from '../support/burst-market.ts';

const ASK = { symbol: 'BTC', timeframe: '1m' };

/** A session over published history whose newest price is the last bar's close. */
async function trading({
  runs = true,
  more = {},
}: {
  readonly runs?: boolean;
  readonly more?: Parameters<typeof apiFixture>[0];
} = {}): Promise<ApiFixture> {
  const fixture = await apiFixture(more);
  const bars = burstMarket(NSE_CLOSED_MS, runs);
  for (const bar of bars) await fixture.publish({}, { minuteMs: bar.openMs, bars: [bar] });
  const last = bars.at(-1)?.close ?? 0;
  await fixture.publish({ quotes: [quoteOf('BTC', last, NSE_CLOSED_MS)] });
  fixture.desk.rates(snapshotAt(NSE_CLOSED_MS).rates);
  const { source, evidence } = quoteOf('BTC', last, NSE_CLOSED_MS);
  fixture.desk.tick({
    symbol: 'BTC',
    price: last,
    quantity: 1,
    motion: 'print',
    exchangeMs: NSE_CLOSED_MS,
    receivedMs: NSE_CLOSED_MS,
    source,
    evidence,
  });
  await fixture.ask('start-paper-trading', { body: { startingCapital: 100_000 } });
  return fixture;
}

describe('execute-strategy', () => {
  it('trades what the strategy saw, and answers once the matcher has filled it', async () => {
    const fixture = await trading();
    fixture.startMatcher();
    const { status, body } = await fixture.ask('execute-strategy', { body: ASK });
    expect(status, body.why).toBe(200);
    expect(body).toMatchObject({
      success: true,
      strategy: 'scalping',
      symbol: 'BTC',
      timeframe: '1m',
      traded: true,
      quiet: null,
      decision: { outcome: 'taken', reason: 'taken', direction: 'long', scan: { id: body.scanId } },
      order: { purpose: 'entry', state: 'filled' },
      position: { symbol: 'BTC', direction: 'long', evidence: 'simulated' },
      evidence: 'simulated',
    });
    expect(body.why).toBe(body.decision?.why);
    expect(body.order?.id).toBe(body.decision?.orderId);
    expect((await fixture.ask('portfolio')).body.positions).toMatchObject([{ id: body.position?.id, stop: body.position?.stop }]);
    expect((await fixture.ask('status')).body).toMatchObject({ activePositions: 1, counters: { fills: 1, openOrders: 1 } });
  });

  it('answers 202 with the working order when no fill comes within two seconds', async () => {
    const fixture = await trading();
    const before = fixture.clock.now();
    const { status, body } = await fixture.ask('execute-strategy', { body: ASK });
    expect(status).toBe(202);
    expect(body).toMatchObject({ traded: false, decision: { outcome: 'taken' }, order: { state: 'accepted' }, position: null });
    expect(body.why).toContain('The order is working');
    expect(fixture.clock.now() - before).toBe(2_000);
    expect((await fixture.ask('portfolio')).body.reserved).toBe(body.order?.reserved);
  });

  it('says what the strategy saw when it proposes nothing', async () => {
    const fixture = await trading({ runs: false });
    const { status, body } = await fixture.ask('execute-strategy', { body: ASK });
    expect(status).toBe(200);
    expect(body).toMatchObject({ traded: false, decision: null, order: null, quiet: { reason: 'no_setup' }, evidence: null });
    expect(body.why).toBe(body.quiet?.why);
  });

  it('says which limit refused an opportunity, and lists it among the decisions', async () => {
    const fixture = await trading();
    await fixture.clock.advance(31_000);
    const { status, body } = await fixture.ask('execute-strategy', { body: ASK });
    expect(status).toBe(200);
    expect(body).toMatchObject({
      traded: false,
      order: null,
      decision: { outcome: 'refused', reason: 'maxPriceAgeMs', limit: { value: 31_000, threshold: 30_000 } },
    });
    expect((await fixture.ask('decisions')).body.decisions).toMatchObject([{ id: body.decision?.id, why: body.why }]);
  });

  it('takes the strategy’s own base timeframe, a symbol in any case and the venue’s name for it', async () => {
    const fixture = await trading({ runs: false });
    expect((await fixture.ask('execute-strategy', { body: { symbol: 'btcusdt' } })).body).toMatchObject({ symbol: 'BTC', timeframe: null });
  });

  it('answers a repeated Idempotency-Key with the recorded outcome and trades once', async () => {
    const fixture = await trading();
    fixture.startMatcher();
    const headers = { 'Idempotency-Key': 'ask-1' };
    const first = (await fixture.ask('execute-strategy', { body: ASK, headers })).body;
    const again = (await fixture.ask('execute-strategy', { body: ASK, headers })).body;
    expect([again.decision?.id, again.order?.id, again.order?.state]).toEqual([first.decision?.id, first.order?.id, 'filled']);
    expect((await fixture.ask('status')).body.counters.fills).toBe(1);
    const other = { symbol: 'BTC', timeframe: '5m' };
    expect(await fixture.refused('execute-strategy', { body: other, headers })).toMatchObject({
      status: 409,
      body: { code: 'idempotency_mismatch' },
    });
  });

  it('repeats a quiet answer under its key, although the market has moved since', async () => {
    const fixture = await trading({ runs: false });
    const headers = { 'Idempotency-Key': 'ask-2' };
    const first = (await fixture.ask('execute-strategy', { body: ASK, headers })).body;
    expect(first.quiet?.reason).toBe('no_setup');
    await fixture.clock.advance(MINUTE_MS);
    const run = burstMarket(fixture.clock.now(), true).at(-1) as Bar;
    await fixture.publish({ quotes: [quoteOf('BTC', run.close, fixture.clock.now())] }, { minuteMs: run.openMs, bars: [run] });
    const again = (await fixture.ask('execute-strategy', { body: ASK, headers })).body;
    expect(again).toMatchObject({ traded: false, order: null, quiet: { reason: 'no_setup' }, scanId: first.scanId });
    expect((await fixture.ask('orders')).body.orders).toEqual([]);
    const other = { symbol: 'ETH', timeframe: '1m' };
    expect(await fixture.refused('execute-strategy', { body: other, headers })).toMatchObject({
      status: 409,
      body: { code: 'idempotency_mismatch' },
    });
  });

  it('answers the same key again although its session has been stopped since, and no other request', async () => {
    const fixture = await trading();
    fixture.startMatcher();
    const headers = { 'Idempotency-Key': 'ask-3' };
    const first = (await fixture.ask('execute-strategy', { body: ASK, headers })).body;
    await fixture.ask('stop-paper-trading', { body: { closePositions: false } });
    const again = (await fixture.ask('execute-strategy', { body: ASK, headers })).body;
    expect([again.decision?.id, again.order?.id]).toEqual([first.decision?.id, first.order?.id]);
    expect(await fixture.refused('execute-strategy', { body: ASK })).toMatchObject({ status: 409, body: { code: 'no_active_session' } });
  });

  it('is 404 for a strategy that does not exist, naming those that do', async () => {
    const { refused } = await trading({ runs: false });
    for (const strategy of ['momentum', 'Scalping', 'constructor', 'a%2Fb', 'scalping%20']) {
      expect(await refused('execute-strategy', { strategy, body: ASK }), strategy).toMatchObject({
        status: 404,
        body: { code: 'unknown_strategy', strategies: [...STRATEGY_NAMES] },
      });
    }
  });

  it.each([
    ['an unknown symbol', { symbol: 'LUNA', timeframe: '1m' }, 422, 'LUNA'],
    ['no symbol', { timeframe: '1m' }, 422, 'symbol'],
    ['an unknown timeframe', { symbol: 'BTC', timeframe: '7m' }, 422, 'timeframe'],
    ['a timeframe that the strategy does not read', { symbol: 'BTC', timeframe: '1d' }, 422, '1m, 3m, 5m'],
    ['an unknown field', { ...ASK, quantity: 5 }, 422, 'quantity'],
    ['a symbol that is no text', { symbol: 7 }, 422, 'symbol'],
  ])('refuses %s', async (_what, body, status, says) => {
    const { refused } = await trading({ runs: false });
    const answered = await refused('execute-strategy', { body });
    expect(answered.status).toBe(status);
    expect(answered.body.detail).toContain(says);
  });

  it('is 409 without a session', async () => {
    const { refused } = await apiFixture();
    expect(await refused('execute-strategy', { body: ASK })).toMatchObject({ status: 409, body: { code: 'no_active_session' } });
  });

  it('closes what it opened when the session is stopped, and says stopping until then', async () => {
    const fixture = await trading();
    fixture.startMatcher();
    await fixture.ask('execute-strategy', { body: ASK });
    expect((await fixture.ask('stop-paper-trading', { body: { closePositions: true } })).body).toMatchObject({
      status: 'stopping',
      openPositions: 1,
    });
    expect((await fixture.ask('status')).body).toMatchObject({ status: 'stopping', isActive: true });
    await fixture.clock.advance(2_000);
    expect((await fixture.ask('trades')).body.trades).toMatchObject([{ symbol: 'BTC', closedWhy: 'session-stop' }]);
  });
});
