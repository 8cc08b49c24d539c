import { describe, expect, it } from 'vitest';
import { alertOnEvent } from '../../shared/engine/alerts/alert-on-event.ts';
import { watchAlerts } from '../../shared/engine/alerts/watch-alerts.ts';
import { setRiskLimits } from '../../shared/engine/sessions.ts';
import { canonicalJson } from '../../shared/kernel/canonical-json.ts';
import { MINUTE_MS, minuteOf } from '../../shared/kernel/time.ts';
import { ledgerKeys } from '../../shared/store/keys.ts';
import { type ApiFixture, apiFixture, NSE_CLOSED_MS, quoteOf, snapshotAt } from '../support/api-fixture.ts';
import { checkOf } from '../support/engine-fixtures.ts';

/** Hands every event of the journal on, as the bus does. */
async function tellEvents({ ledger, context }: ApiFixture): Promise<void> {
  for (const { sessionId } of await ledger.sessions()) {
    for await (const { seq, event } of ledger.rows(sessionId, 0)) {
      await alertOnEvent(context, { partition: ledgerKeys.head(sessionId).pk, seq: String(seq), event: canonicalJson(event) });
    }
  }
}

/** A session in a market with BTC at 99.99 / 100.01, and a matcher that fills. */
async function trading(): Promise<ApiFixture> {
  const api = await apiFixture();
  const nowMs = api.clock.now();
  const stamps = { symbol: 'BTC', exchangeMs: nowMs, receivedMs: nowMs, source: 'simulated-market', evidence: 'simulated' } as const;
  const book = { bid: 99.99, ask: 100.01, bidSize: 500, askSize: 500 };
  await api.publish({ quotes: [quoteOf('BTC', 100, nowMs, book)] });
  api.desk.rates(snapshotAt(nowMs).rates);
  api.desk.tick({ ...stamps, price: 100, quantity: 10, motion: 'print' });
  api.desk.top({ ...stamps, ...book });
  api.startMatcher();
  const riskLimits = { maxPositionSize: 0.5, maxDailyLoss: 0.04 };
  await api.ask('start-paper-trading', { body: { startingCapital: 100_000, riskLimits } });
  return api;
}

const watch = async ({ context, clock }: ApiFixture): Promise<readonly string[]> => {
  const { raised } = await watchAlerts(context, { minuteMs: minuteOf(clock.now()) });
  return raised.map((id) => id.split(':')[0] ?? '');
};

describe('GET alerts', () => {
  it('is empty before anything has happened', async () => {
    const { ask } = await apiFixture();
    expect((await ask('alerts')).body).toEqual({ alerts: [], next: null, timestamp: new Date(NSE_CLOSED_MS).toISOString() });
  });

  it('has what a session did, newest first, each once however often its events come', async () => {
    const api = await trading();
    await api.ask('place-order', { body: { symbol: 'BTC', side: 'buy', quantity: '2' } });
    await setRiskLimits(api.context, { maxDailyLoss: 0.02 }, null);
    await tellEvents(api);
    await tellEvents(api);
    const { body } = await api.ask('alerts');
    expect(body.alerts.map(({ kind, title }) => `${kind}: ${title}`)).toEqual([
      'session: Risk limits changed',
      'fill: BTC entry filled',
      'session: Session started',
    ]);
    expect(body.alerts[1]).toMatchObject({ symbol: 'BTC', evidence: 'simulated', severity: 'info', deliveries: [] });
    expect(body.alerts[1]?.text).toBe('Bought 2 BTC at 100.01 USDT (manual)');
  });

  it('is paged by its cursor', async () => {
    const { ask, refused, clock } = await apiFixture();
    for (const key of ['one', 'two', 'three']) {
      await ask('test-alert', { headers: { 'idempotency-key': key } });
      await clock.advance(1_000);
    }
    const first = (await ask('alerts', { query: '?limit=2' })).body;
    const second = (await ask('alerts', { query: `?limit=2&cursor=${first.next}` })).body;
    expect([...first.alerts, ...second.alerts].map(({ id }) => id)).toEqual(['test:three', 'test:two', 'test:one']);
    expect(second.next).toBeNull();
    expect((await refused('alerts', { query: '?cursor=nonsense' })).body).toMatchObject({ status: 422, code: 'bad_cursor' });
    expect((await refused('alerts', { query: '?limit=0' })).status).toBe(422);
    expect((await refused('alerts', { query: '?kind=fill' })).status).toBe(422);
  });

  it('says how each alert was told, and why it was not', async () => {
    const { ask, ledger } = await apiFixture();
    await ask('test-alert', { headers: { 'idempotency-key': 'one' } });
    const [open] = await ledger.alerts.open(1);
    if (open === undefined) throw new Error('nothing is open');
    await ledger.alerts.record(
      {
        alert: open.alert,
        deliveries: {
          webhook: { state: 'dead', attempts: 12, atMs: NSE_CLOSED_MS, why: 'status 503' },
          slack: { state: 'delivered', attempts: 1, atMs: NSE_CLOSED_MS, why: null },
        },
      },
      true,
    );
    const at = new Date(NSE_CLOSED_MS).toISOString();
    expect((await ask('alerts')).body.alerts[0]?.deliveries).toEqual([
      { channel: 'slack', state: 'delivered', attempts: 1, at, why: null },
      { channel: 'webhook', state: 'dead', attempts: 12, at, why: 'status 503' },
    ]);
  });
});

describe('POST alerts/test', () => {
  it('raises an alert that waits to be told, with and without a session', async () => {
    const { ask, publish, ledger } = await apiFixture();
    await publish();
    const { status, body } = await ask('test-alert');
    expect(status).toBe(202);
    expect(body.alert).toMatchObject({ kind: 'test', severity: 'info', sessionId: null, text: expect.stringContaining('9.9.9'), deliveries: [] });
    await ask('start-paper-trading', { body: { startingCapital: 100_000 } });
    expect((await ask('test-alert')).body.alert.sessionId).not.toBeNull();
    expect(await ledger.alerts.open(10)).toHaveLength(2);
  });

  it('gives the same key the same alert', async () => {
    const { ask, clock, ledger } = await apiFixture();
    const key = { headers: { 'idempotency-key': 'mine' } };
    const first = (await ask('test-alert', key)).body.alert;
    await clock.advance(1_000);
    expect((await ask('test-alert', key)).body.alert).toEqual(first);
    expect(await ledger.alerts.open(10)).toHaveLength(1);
  });

  it('takes no fields', async () => {
    const { refused } = await apiFixture();
    expect((await refused('test-alert', { body: { channel: 'slack' } })).status).toBe(422);
  });
});

describe('the look of a minute', () => {
  /** A session that holds 300 BTC, bought at 100.01. */
  async function holding(): Promise<ApiFixture> {
    const api = await trading();
    const { body } = await api.ask('place-order', { body: { symbol: 'BTC', side: 'buy', quantity: '300', bracket: { stop: '60' } } });
    expect(body.orders[0]).toMatchObject({ state: 'filled', filledQuantity: '300' });
    return api;
  }
  const priceIs = ({ publish, clock }: ApiFixture, last: number): Promise<void> => publish({ quotes: [quoteOf('BTC', last, clock.now())] });

  it('says nothing without a session, and of a session of another world', async () => {
    const api = await apiFixture();
    expect(await watchAlerts(api.context, { minuteMs: NSE_CLOSED_MS })).toMatchObject({ watched: false, reason: 'no session is active' });
    await api.publish();
    await api.ask('start-paper-trading', { body: { startingCapital: 100_000 } });
    const elsewhere = { ...api.context, world: { ...api.context.world, scope: 'elsewhere' } };
    expect(await watchAlerts(elsewhere, { minuteMs: NSE_CLOSED_MS })).toMatchObject({ watched: false, reason: /belongs to test/ as never });
  });

  it('tells profit, loss and the halt of what is held, each once', async () => {
    const api = await holding();
    await priceIs(api, 100);
    expect(await watch(api)).toEqual([]);
    await priceIs(api, 120);
    expect(await watch(api)).toEqual(['profit']);
    expect(await watch(api)).toEqual([]);
    await priceIs(api, 80);
    expect(await watch(api)).toEqual(['loss', 'drawdown', 'risk-halt']);
    expect(await watch(api)).toEqual([]);
  });

  it('halts at the loss at which the risk gate refuses', async () => {
    const api = await holding();
    for (const [price, isHalted] of [
      [86.8, false],
      [86.5, true],
    ] as const) {
      await priceIs(api, price);
      expect((await watch(api)).includes('risk-halt')).toBe(isHalted);
      const { body } = await api.ask('place-order', { body: { symbol: 'BTC', side: 'buy', quantity: '2', bracket: { stop: '80' } } });
      expect(body.refusal?.reason ?? null).toBe(isHalted ? 'maxDailyLoss' : null);
    }
    await tellEvents(api);
    const halts = (await api.ask('alerts')).body.alerts.filter(({ kind }) => kind === 'risk-halt');
    expect(halts).toHaveLength(1);
  });

  it('tells a feed that has fallen silent, and that it is back', async () => {
    const api = await holding();
    await priceIs(api, 100);
    expect(await watch(api)).not.toContain('feed-down');
    await api.clock.advance(3 * MINUTE_MS);
    expect(await watch(api)).toContain('feed-down');
    await api.clock.advance(MINUTE_MS);
    expect(await watch(api)).not.toContain('feed-down');
    await priceIs(api, 100);
    expect(await watch(api)).toContain('feed-back');
  });

  it('tells a price that other venues contradict', async () => {
    const api = await holding();
    const check = checkOf('diverged', { sinceMs: api.clock.now() });
    await api.publish({ ...snapshotAt(api.clock.now()), quotes: [quoteOf('BTC', 100, api.clock.now(), { check })] });
    expect(await watch(api)).toContain('feed-diverged');
    expect(await watch(api)).toEqual([]);
  });

  it('tells a market that moves, from the bars that are stored', async () => {
    const api = await apiFixture();
    await api.publish();
    await api.ask('start-paper-trading', { body: { startingCapital: 100_000 } });
    const fromMs = minuteOf(api.clock.now());
    const closes = [100, 100.5, 101, 102.1];
    for (const [index, close] of closes.entries()) {
      const openMs = fromMs + index * MINUTE_MS;
      const bar = {
        symbol: 'BTC',
        openMs,
        open: close,
        high: close,
        low: close,
        close,
        volume: 5,
        origin: 'received',
        evidence: 'simulated',
      } as const;
      await api.clock.advance(MINUTE_MS);
      await api.publish({}, { minuteMs: openMs, bars: [bar] });
    }
    expect(await watch(api)).toEqual(['price-move']);
    expect((await api.ask('alerts')).body.alerts[0]).toMatchObject({
      symbol: 'BTC',
      title: 'BTC +2.10 %',
      text: 'From 100 to 102.1 within 3 minutes',
    });
  });

  it('changes no account, whatever it tells', async () => {
    const api = await holding();
    const before = await api.ledger.head((await api.ledger.activeSession()) ?? '');
    await priceIs(api, 80);
    expect(await watch(api)).not.toEqual([]);
    expect(await api.ledger.head((await api.ledger.activeSession()) ?? '')).toBe(before);
  });
});
