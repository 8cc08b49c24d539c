import { describe, expect, it } from 'vitest';
import { rng } from '../../shared/kernel/rng.ts';
import type { DailyClose } from '../../shared/risk/var/risk-model.ts';
import { type ApiFixture, apiFixture, NSE_CLOSED_MS, quoteOf } from '../support/api-fixture.ts';

const DAY = 86_400_000;

/** A session that holds BTC and has an order in ETH at work. */
async function trading({ closes = 0 }: { readonly closes?: number } = {}): Promise<ApiFixture> {
  const api = await apiFixture();
  const { clock, desk, market, lease } = api;
  if (closes > 0) await market.keepDailies(lease, new Map([['BTC', walk(closes)]]));
  const quotes = [quoteOf('BTC', 100, clock.now()), quoteOf('ETH', 10, clock.now())];
  await api.publish({ quotes });
  for (const { symbol, last } of quotes) {
    desk.tick({
      symbol,
      price: last,
      quantity: 1,
      motion: 'trade',
      exchangeMs: clock.now(),
      receivedMs: clock.now(),
      source: 'test',
      evidence: 'simulated',
    } as never);
  }
  desk.rates([{ currency: 'USDT', value: 100_000_000n as never, source: 'assumed', asOfMs: clock.now() }]);
  await api.ask('start-paper-trading', { body: { startingCapital: 100_000 } });
  api.startMatcher();
  const { body } = await api.ask('place-order', { body: { symbol: 'BTC', side: 'buy', quantity: '50' } });
  expect(body.orders[0]).toMatchObject({ state: 'filled' });
  await api.ask('place-order', { body: { symbol: 'ETH', side: 'buy', quantity: '100', type: 'limit', limitPrice: '8' } });
  return api;
}

function walk(days: number): DailyClose[] {
  const draw = rng('daily');
  let close = 100;
  return Array.from({ length: days }, (_, i) => {
    close *= Math.exp(0.03 * draw.normal());
    return { date: new Date(NSE_CLOSED_MS - (days - i) * DAY).toISOString().slice(0, 10), close };
  });
}

describe('kill-switch', () => {
  it('cancels what works, opens nothing any more, and lets positions be left', async () => {
    const { ask } = await trading();
    const { body } = await ask('kill-switch', { body: { on: true } });
    expect(body).toMatchObject({ on: true, since: expect.stringContaining('2026-11-18T16:00:00'), openPositions: 1, workingEntries: 0 });
    const { orders } = (await ask('orders')).body;
    expect(orders.find(({ symbol }) => symbol === 'ETH')).toMatchObject({ state: 'cancelled', reason: 'kill_switch: the kill switch was set' });
    const placed = (await ask('place-order', { body: { symbol: 'BTC', side: 'buy', quantity: '5' } })).body;
    expect(placed.refusal).toMatchObject({ reason: 'kill_switch' });
    expect((await ask('risk')).body).toMatchObject({ state: 'halted', killSwitch: { on: true } });
    const [position] = (await ask('portfolio')).body.positions;
    expect((await ask('close-position', { id: position?.id ?? '', body: {} })).body.order).toMatchObject({ side: 'sell' });
  });

  it('closes the positions too where that is asked for', async () => {
    const { ask, clock } = await trading();
    const { body } = await ask('kill-switch', { body: { on: true, closePositions: true } });
    expect(body.on).toBe(true);
    await clock.advance(2_000);
    expect((await ask('trades')).body.trades).toMatchObject([{ symbol: 'BTC', closedWhy: 'kill-switch' }]);
    expect((await ask('portfolio')).body.positions).toEqual([]);
  });

  it('stays on for whoever loads the account anew, and goes off by a word', async () => {
    const { ask, ledger } = await trading();
    const { sessionId } = (await ask('kill-switch', { body: { on: true } })).body;
    expect((await ledger.load(sessionId))?.record.killedMs).toBeGreaterThanOrEqual(NSE_CLOSED_MS);
    expect((await ledger.rebuild(sessionId, { write: false })).differences).toEqual([]);
    expect((await ask('kill-switch', { body: { on: false } })).body).toMatchObject({ on: false, since: null });
    expect((await ask('place-order', { body: { symbol: 'BTC', side: 'buy', quantity: '5' } })).body.refusal).toBeNull();
  });

  it('sent again under its key changes nothing, and with another body is refused', async () => {
    const { ask, refused, ledger } = await trading();
    const headers = { 'idempotency-key': 'stop-it' };
    const { sessionId } = (await ask('kill-switch', { body: { on: true }, headers })).body;
    await ask('kill-switch', { body: { on: false } });
    const head = await ledger.head(sessionId);
    expect((await ask('kill-switch', { body: { on: true }, headers })).body.on).toBe(false);
    expect(await ledger.head(sessionId)).toBe(head);
    expect(await refused('kill-switch', { body: { on: false }, headers })).toMatchObject({ status: 409 });
  });

  it.each([[{}], [{ on: 'yes' }], [{ on: false, closePositions: true }], [{ on: true, all: true }]])('refuses %j', async (body) => {
    const { refused } = await trading();
    expect((await refused('kill-switch', { body })).status).toBe(422);
  });

  it('is 409 without a session', async () => {
    const { refused } = await apiFixture();
    expect(await refused('kill-switch', { body: { on: true } })).toMatchObject({ status: 409, body: { code: 'no_active_session' } });
  });
});

describe('risk', () => {
  it('says that there is no session, and nothing else', async () => {
    const { ask } = await apiFixture();
    expect((await ask('risk')).body).toMatchObject({
      sessionId: null,
      state: null,
      limits: [],
      valueAtRisk: null,
      reason: 'No session has been started yet',
    });
  });

  it('stands on assumed moves while too few days are known, and says so', async () => {
    const { ask } = await trading({ closes: 20 });
    const { valueAtRisk, limits, tests } = (await ask('risk')).body;
    // 49.95 BTC at 100 (the commission was taken in coin), 800 of ETH on its way: a tenth of each, and a hundredth by Tether.
    expect(valueAtRisk?.gate).toMatchObject({ level: 0.95, threshold: 0.05 });
    expect(Number(valueAtRisk?.gate.amount)).toBeCloseTo(579.5 + 57.95, 6);
    expect(valueAtRisk?.table.every(({ historical, monteCarlo }) => historical === null && monteCarlo === null)).toBe(true);
    expect(valueAtRisk?.positions).toBeNull();
    expect(valueAtRisk?.reasons).toEqual([
      'BTC has 19 daily returns, at least 60 are needed: it is taken to move by 10 % (coin) or 5 % (NSE) a day instead',
      'No daily closes of ETH are known: it is taken to move by 10 % (coin) or 5 % (NSE) a day instead',
      'No daily closes of USDT/USD are known: USDT is taken to move by 1 % a day instead',
    ]);
    expect(limits.find(({ name }) => name === 'maxVar')?.value).toBeCloseTo(0.0064, 4);
    expect(tests).toMatchObject({ days: 0, exceptions: null, reason: expect.stringContaining('No day has been closed') });
  });

  it('tells losses by method, level and horizon, and what each position adds, from a year of days', async () => {
    const { ask } = await trading({ closes: 260 });
    const { state, valueAtRisk, limits, sizing } = (await ask('risk')).body;
    expect(state).toBe('active');
    expect(valueAtRisk?.table).toHaveLength(12);
    const day = valueAtRisk?.table.find(({ level, horizonDays }) => level === 0.95 && horizonDays === 1);
    for (const loss of [day?.historical, day?.normal, day?.ewma, day?.monteCarlo]) {
      // About 1.645 x 3 % of 5,000, the tenth of ETH, and the hundredth of both by Tether.
      expect(Number(loss?.valueAtRisk)).toBeGreaterThan(137.95 + 180);
      expect(Number(loss?.valueAtRisk)).toBeLessThan(137.95 + 320);
    }
    expect(valueAtRisk?.basis).toMatchObject({ days: 252, paths: 10_000, assumedLoss: '137.95' });
    expect(valueAtRisk?.positions).toMatchObject([{ underlying: 'BTC', value: '4995' }]);
    expect(limits.map(({ name }) => name)).toContain('maxDrawdown');
    expect(sizing).toContainEqual({ trader: 'scalping', trades: 0, wins: 0, lossesInARow: 0, kelly: null, reason: '0 closed trades, 30 are needed' });
  });
});
