import { describe, expect, it } from 'vitest';
import { DEFAULT_LIMITS } from '../../shared/config/risk.ts';
import { StoreError } from '../../shared/engine/ports.ts';
import { BUILT_STRATEGIES } from '../../shared/strategies/registry.ts';
import { apiFixture, NSE_CLOSED_MS, path } from '../support/api-fixture.ts';

const START = { startingCapital: 100_000, strategies: ['scalping', 'swing'] };

describe('start-paper-trading', () => {
  it('starts a session with the capital, strategies and limits asked for', async () => {
    const { ask, publish } = await apiFixture();
    await publish();
    const { body } = await ask('start-paper-trading', { body: { ...START, riskLimits: { maxDailyLoss: 0.02 } } });
    expect(body).toMatchObject({ success: true, startingCapital: 100_000, activeStrategies: ['scalping', 'swing'], evidence: 'simulated' });
    expect(body.riskLimits).toEqual({ ...DEFAULT_LIMITS, maxDailyLoss: 0.02 });
    const status = (await ask('status')).body;
    expect(status).toMatchObject({
      status: 'active',
      isActive: true,
      activeStrategies: ['scalping', 'swing'],
      activePositions: 0,
      sessionStats: { tradesExecuted: 0, winningTrades: 0, totalPnL: 0, startTime: new Date(NSE_CLOSED_MS).toISOString() },
      session: { sessionId: body.sessionId, startingCapital: 100_000, scope: 'test' },
      counters: { scans: 0, fills: 0 },
    });
    expect((await ask('portfolio')).body).toMatchObject({
      currentCapital: 100_000,
      cash: '100000',
      equity: '100000',
      dailyPnL: 0,
      isActive: true,
      reason: null,
    });
    expect((await ask('sessions')).body.sessions).toMatchObject([{ sessionId: body.sessionId, status: 'active', realisedPnL: '0' }]);
  });

  it('takes all defaults: 100,000 USD and every strategy that is built', async () => {
    for (const body of [undefined, {}, { strategies: null }]) {
      const { ask } = await apiFixture();
      expect((await ask('start-paper-trading', { body })).body).toMatchObject({
        startingCapital: 100_000,
        activeStrategies: BUILT_STRATEGIES.map(({ name }) => name),
        riskLimits: DEFAULT_LIMITS,
      });
    }
  });

  it('keeps an exact amount given as a decimal string', async () => {
    const { ask } = await apiFixture();
    await ask('start-paper-trading', { body: { startingCapital: '100000.00000001' } });
    expect((await ask('portfolio')).body).toMatchObject({ cash: '100000.00000001', currentCapital: 100_000.00000001 });
  });

  it('is 409 with the running session when one is active, and changes nothing', async () => {
    const { ask, refused } = await apiFixture();
    const { sessionId } = (await ask('start-paper-trading', { body: START })).body;
    expect(await refused('start-paper-trading', { body: START })).toMatchObject({
      status: 409,
      body: { code: 'already_active', reason: 'already_active', sessionId, title: 'Conflict' },
    });
  });

  it('answers the same again under the same Idempotency-Key, and 409 to another body', async () => {
    const { ask, refused } = await apiFixture();
    const headers = { 'Idempotency-Key': 'start-1' };
    const first = (await ask('start-paper-trading', { body: START, headers })).body;
    expect((await ask('start-paper-trading', { body: START, headers })).body).toEqual(first);
    const other = { ...START, startingCapital: 50_000 };
    expect(await refused('start-paper-trading', { body: other, headers })).toMatchObject({ status: 409, body: { code: 'idempotency_mismatch' } });
  });

  it.each([
    ['a strategy that does not exist', { strategies: ['momentum'] }, 422, 'strategies.0'],
    ['a strategy twice', { strategies: ['swing', 'swing'] }, 422, 'each strategy once'],
    ['no strategies', { strategies: [] }, 422, 'strategies'],
    ['an unknown field', { startingCapital: 1_000, leverage: 5 }, 422, 'leverage'],
    ['an inherited name as a field', '{"__proto__": {"startingCapital": 5}}', 422, '__proto__'],
    ['too little capital', { startingCapital: 99.99 }, 422, '100 to 1000000000'],
    ['negative capital', { startingCapital: -1 }, 422, 'startingCapital'],
    ['capital without measure', '{"startingCapital": 1e400}', 422, 'startingCapital'],
    ['capital that cannot be kept exactly', { startingCapital: '100000.000000001' }, 422, '8 decimal places'],
    ['capital in words', { startingCapital: 'lots' }, 422, 'received lots'],
    ['a limit above its bound', { riskLimits: { maxDailyLoss: 1.5 } }, 422, 'riskLimits.maxDailyLoss'],
    ['an unknown limit', { riskLimits: { maxFun: 1 } }, 422, 'maxFun'],
    ['a list', [], 422, 'expected object'],
    ['null', 'null', 422, 'expected object'],
    ['half a document', '{"startingCapital": 1000', 400, 'not JSON'],
    ['a form', 'startingCapital=1000', 400, 'not JSON'],
    ['bytes that are no text', new Uint8Array([0x7b, 0xff, 0x7d]), 400, 'not JSON in UTF-8'],
    ['a body of more than 16 kB', `{"x":"${'y'.repeat(17_000)}"}`, 413, 'At most 16384 bytes'],
  ] as const)('refuses %s', async (_what, sent, status, says) => {
    const { ask, refused } = await apiFixture();
    const answered = await refused('start-paper-trading', typeof sent === 'string' || sent instanceof Uint8Array ? { text: sent } : { body: sent });
    expect(answered.status).toBe(status);
    expect(answered.body.detail).toContain(says);
    expect((await ask('sessions')).body.sessions).toEqual([]);
  });

  it.each(['', 'with space', 'x'.repeat(129), 'caf\u00e9'])('refuses the Idempotency-Key %j', async (key) => {
    const { refused } = await apiFixture();
    const answered = await refused('start-paper-trading', { body: START, headers: { 'Idempotency-Key': key } });
    expect(answered).toMatchObject({ status: 400, body: { code: 'invalid_idempotency_key' } });
  });

  it('reads JSON whatever the content type says, as curl sends it', async () => {
    const { ask } = await apiFixture();
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    expect((await ask('start-paper-trading', { text: '{"startingCapital": 5000}', headers })).body.startingCapital).toBe(5_000);
  });
});

describe('set-risk-limits', () => {
  it('changes what is named, and answers both before and after', async () => {
    const { ask } = await apiFixture();
    await ask('start-paper-trading', { body: START });
    const { body } = await ask('set-risk-limits', { body: { maxPositionSize: 0.1, maxDailyLoss: 0.03, maxTotalExposure: 0.5 } });
    expect(body.before).toEqual(DEFAULT_LIMITS);
    expect(body.after).toEqual({ ...DEFAULT_LIMITS, maxPositionSize: 0.1, maxDailyLoss: 0.03, maxTotalExposure: 0.5 });
    expect((await ask('portfolio')).body.riskLimits).toEqual(body.after);
  });

  it('is 409 without a session', async () => {
    const { refused } = await apiFixture();
    expect(await refused('set-risk-limits', { body: { maxDailyLoss: 0.03 } })).toMatchObject({ status: 409, body: { code: 'no_active_session' } });
  });

  it.each([[{}], [{ maxDailyLoss: 0 }], [{ maxDailyLoss: '0.1' }], [{ maxDailyLoss: null }], [{ maxPriceAgeMs: 0.5 }], [{ dailyLoss: 0.1 }]])(
    'refuses %j',
    async (body) => {
      const { ask, refused } = await apiFixture();
      await ask('start-paper-trading', { body: START });
      expect(await refused('set-risk-limits', { body })).toMatchObject({
        status: 422,
        body: { code: 'invalid_body', errors: expect.arrayContaining([{ field: expect.any(String), message: expect.any(String) }]) },
      });
    },
  );
});

describe('stop-paper-trading', () => {
  it('ends the session, which is then shown as the last one', async () => {
    const { ask, clock } = await apiFixture();
    const { sessionId } = (await ask('start-paper-trading', { body: START })).body;
    await clock.advance(60_000);
    expect((await ask('stop-paper-trading', { body: { closePositions: true } })).body).toMatchObject({
      sessionId,
      status: 'stopped',
      openPositions: 0,
    });
    const ended = new Date(NSE_CLOSED_MS + 60_000).toISOString();
    expect((await ask('status')).body).toMatchObject({ status: 'idle', isActive: false, session: null, lastSession: { sessionId, endTime: ended } });
    const reason = `No session is active; this is the last one, it ended at ${ended}`;
    expect((await ask('portfolio')).body).toMatchObject({ sessionId, isActive: false, reason, equity: '100000', day: null });
    expect((await ask('trades')).body).toMatchObject({ sessionId, isActive: false, reason });
    expect((await ask('performance')).body).toMatchObject({ session: { sessionId, status: 'stopped' }, isActive: false, reason });
  });

  it('lets the next session start with fresh books, and shows an earlier one by its id', async () => {
    const { ask, clock } = await apiFixture();
    const first = (await ask('start-paper-trading', { body: START })).body.sessionId;
    await ask('stop-paper-trading');
    await clock.advance(1_000);
    const second = (await ask('start-paper-trading', { body: { startingCapital: 5_000 } })).body.sessionId;
    expect(second).not.toBe(first);
    expect((await ask('portfolio')).body).toMatchObject({ sessionId: second, currentCapital: 5_000 });
    expect((await ask('portfolio', { query: `?session=${first}` })).body).toMatchObject({
      sessionId: first,
      currentCapital: 100_000,
      isActive: false,
    });
    expect((await ask('sessions')).body.sessions.map(({ sessionId }) => sessionId)).toEqual([second, first]);
  });

  it('is 409 without a session, and 422 for other fields', async () => {
    const { refused } = await apiFixture();
    expect(await refused('stop-paper-trading', { body: {} })).toMatchObject({ status: 409, body: { code: 'no_active_session' } });
    expect(await refused('stop-paper-trading', { body: { closePositions: 'yes' } })).toMatchObject({ status: 422 });
    expect(await refused('stop-paper-trading', { body: { close: true } })).toMatchObject({ status: 422 });
  });
});

describe('a request that no route takes', () => {
  it('is 404 naming the routes that exist', async () => {
    const { url } = await apiFixture();
    for (const unknown of [
      '/',
      '/api/v8/live',
      '/api/v8/live/',
      path('stats'),
      path('execute-strategy'),
      path('execute-strategy/a/b'),
      '/api/v7/live/status',
    ]) {
      const response = await fetch(`${url}${unknown}`);
      expect([response.status, response.headers.get('content-type')], unknown).toEqual([404, 'application/problem+json']);
      expect(await response.json()).toMatchObject({ code: 'unknown_route', routes: expect.arrayContaining(['GET /api/v8/live/status']) });
    }
  });

  it.each([
    ['POST', 'status', 'GET'],
    ['DELETE', 'portfolio', 'GET'],
    ['GET', 'start-paper-trading', 'POST'],
    ['PUT', 'execute-strategy/scalping', 'POST'],
  ])('is 405 for %s %s, naming the method that is taken', async (method, rest, allow) => {
    const { url } = await apiFixture();
    const response = await fetch(`${url}${path(rest)}`, { method });
    expect([response.status, response.headers.get('allow')]).toEqual([405, allow]);
    expect(await response.json()).toMatchObject({ code: 'method_not_allowed', allowed: [allow] });
  });

  it.each(['status', 'portfolio', 'trades', 'performance', 'decisions', 'orders', 'sessions', 'health'] as const)(
    'is 422 for an unknown query of %s',
    async (name) => {
      const { refused } = await apiFixture();
      expect(await refused(name, { query: '?verbose=1' })).toMatchObject({ status: 422, body: { code: 'invalid_query' } });
    },
  );

  it.each(['portfolio', 'trades', 'performance', 'decisions', 'orders'] as const)('is 404 for a session that %s does not know', async (name) => {
    const { refused } = await apiFixture();
    expect(await refused(name, { query: '?session=S-none' })).toMatchObject({ status: 404, body: { code: 'unknown_session', sessionId: 'S-none' } });
  });
});

describe('a store that fails', () => {
  const failing = (error: unknown) => apiFixture({ change: ({ ledger }) => ({ ledger: { ...ledger, sessions: () => Promise.reject(error) } }) });

  it('is 503 with what is known of the outcome, and says when to try again', async () => {
    const { refused, ledger } = await failing(new StoreError('unavailable', 'The store gave no answer'));
    expect(await ledger.sessions()).toEqual([]);
    const answered = await refused('sessions');
    expect(answered).toMatchObject({ status: 503, body: { code: 'unavailable', detail: 'The store gave no answer' } });
    expect(answered.headers.get('retry-after')).toBe('1');
  });

  it('is 500 for what nobody expected: logged under an id, and not told to the client', async () => {
    const { refused, logged } = await failing(new TypeError('secret internals'));
    const { status, body } = await refused('sessions');
    expect(status).toBe(500);
    expect(JSON.stringify(body)).not.toContain('secret');
    const line = logged.find(({ event }) => event === 'request-failed');
    expect(line?.facts).toMatchObject({ errorId: body.errorId, why: 'secret internals', path: path('sessions') });
  });

  it('is 500 for a row that has another form', async () => {
    const { refused } = await failing(new StoreError('corrupt', 'Row X does not have the form expected'));
    expect(await refused('sessions')).toMatchObject({ status: 500, body: { code: 'internal_error' } });
  });
});
