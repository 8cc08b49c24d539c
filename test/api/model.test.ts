import { describe, expect, it } from 'vitest';
import { eventAlert } from '../../shared/alerts/event-alerts.ts';
import { commitDecision } from '../../shared/engine/commit.ts';
import type { EngineContext } from '../../shared/engine/context.ts';
import { draftOn } from '../../shared/engine/draft.ts';
import type { FeatureRow, OutsideModels } from '../../shared/engine/ports.ts';
import { scanMarket } from '../../shared/engine/scan-market.ts';
import { MINUTE_MS } from '../../shared/kernel/time.ts';
import { FEATURE_NAMES } from '../../shared/ml/features/feature-set.ts';
import { type ModelSet, modelSet } from '../../shared/ml/model-set.ts';
import { confidenceOfOdds } from '../../shared/strategies/components/break-even.ts';
import { type ApiFixture, apiFixture, NSE_CLOSED_MS, quoteOf, snapshotAt } from '../support/api-fixture.ts';
import { burstMarket } from '../support/burst-market.ts';
import { artefactSaying, modelSaying } from '../support/models.ts';

const ASK = { symbol: 'BTC', timeframe: '1m' };

/** A session in front of a burst that scalping takes, with this model. */
async function trading(model: ModelSet | null, more: Partial<EngineContext> = {}): Promise<ApiFixture> {
  const fixture = await apiFixture({ change: () => ({ ...(model === null ? {} : { model }), ...more }) });
  const bars = burstMarket(NSE_CLOSED_MS, true);
  for (const bar of bars) await fixture.publish({}, { minuteMs: bar.openMs, bars: [bar] });
  const last = quoteOf('BTC', bars.at(-1)?.close ?? 0, NSE_CLOSED_MS);
  await fixture.publish({ quotes: [last] });
  fixture.desk.rates(snapshotAt(NSE_CLOSED_MS).rates);
  const { source, evidence, symbol, last: price } = last;
  fixture.desk.tick({ symbol, price, quantity: 1, motion: 'print', exchangeMs: NSE_CLOSED_MS, receivedMs: NSE_CLOSED_MS, source, evidence });
  await fixture.ask('start-paper-trading', { body: { startingCapital: 100_000, strategies: ['scalping'] } });
  return fixture;
}

const version = artefactSaying(0.9).hash.slice(0, 12);

/** Every way by which a strategy may come to an entry. */
const PATHS: readonly (readonly [string, (fixture: ApiFixture) => Promise<void>])[] = [
  ['the scheduled scan', async ({ context }) => void (await scanMarket(context, { minuteMs: NSE_CLOSED_MS, market: 'CRYPTO' }))],
  ['execute-strategy', async ({ ask }) => void (await ask('execute-strategy', { body: ASK }))],
];

describe.each(PATHS)('by %s', (_path, enter) => {
  const decisionOf = async (fixture: ApiFixture) => (await fixture.ask('decisions')).body.decisions.find(({ symbol }) => symbol === 'BTC');

  it('nothing is opened that the model does not speak for, whatever else does', async () => {
    const fixture = await trading(modelSaying(0.64));
    await enter(fixture);
    const decision = await decisionOf(fixture);
    expect(decision).toMatchObject({
      outcome: 'refused',
      reason: 'leastOdds',
      limit: { name: 'leastOdds', threshold: decision?.odds?.least },
      orderId: null,
    });
    // The table's .65 is a confidence in the odds: with the costs of a near stop they must be higher for it.
    const { breakEven, least = 0 } = decision?.odds ?? {};
    expect(confidenceOfOdds(least, breakEven ?? 0)).toBeCloseTo(0.65, 12);
    expect(decision?.confidence).toBeGreaterThan(0.6);
    expect(decision?.odds?.value).toBeCloseTo(0.64, 10);
    expect((await fixture.ask('orders')).body.orders).toEqual([]);
  });

  it('what the model speaks for still has to pass the risk gate', async () => {
    const fixture = await trading(modelSaying(0.9));
    await fixture.ask('set-risk-limits', { body: { maxPriceAgeMs: 1_000 } });
    await fixture.clock.advance(5_000);
    await enter(fixture);
    expect(await decisionOf(fixture)).toMatchObject({ outcome: 'refused', reason: 'maxPriceAgeMs' });
    expect((await fixture.ask('orders')).body.orders).toEqual([]);
  });

  it('a model that speaks for it is heard: the odds are on the decision, the order and the position', async () => {
    const fixture = await trading(modelSaying(0.9));
    await enter(fixture);
    const decision = await decisionOf(fixture);
    expect(decision).toMatchObject({ outcome: 'taken', odds: { members: [expect.closeTo(0.9, 10)], agreement: 1, modelVersion: version } });
    expect(decision?.parts.find(({ name }) => name === 'ml')?.score).toBeCloseTo(confidenceOfOdds(0.9, decision?.odds?.breakEven ?? 0), 10);
    const [order] = (await fixture.context.accounts.active())?.orders.values() ?? [];
    expect(order).toMatchObject({ purpose: 'entry', intent: { modelVersion: version, odds: expect.closeTo(0.9, 10) } });
  });

  it('without a model the strategy trades on its other signals', async () => {
    const fixture = await trading(null);
    await enter(fixture);
    const decision = await decisionOf(fixture);
    expect(decision).toMatchObject({ outcome: 'taken', odds: null });
    expect(decision?.parts.find(({ name }) => name === 'ml')).toMatchObject({ score: null, weight: 0 });
  });
});

/** A session with somebody else's model, which answers so. */
const tradingWith = (odds: OutsideModels['odds']): Promise<ApiFixture> =>
  trading(modelSet([{ source: 'theirs.onnx', outside: { strategy: 'scalping', version: 'theirs' } }]), {
    outside: { versions: { scalping: 'theirs' }, odds },
    // Time that a test moves by hand does not pass while an answer is waited for; here it is up at once, after the answers that are there.
    sleep: () => new Promise((settle) => setTimeout(settle, 20)),
  });

describe.each(PATHS)('a model of somebody else\u2019s, by %s', (_path, enter) => {
  const decisionOf = async (fixture: ApiFixture) => (await fixture.ask('decisions')).body.decisions.find(({ symbol }) => symbol === 'BTC');

  it('is asked once, about what the strategy proposes, and heard', async () => {
    const asked: (readonly FeatureRow[])[] = [];
    const fixture = await tradingWith(async (_strategy, rows) => {
      asked.push(rows);
      return rows.map(() => 0.9);
    });
    await enter(fixture);
    expect(asked.map((rows) => rows.map((row) => row.length))).toEqual([[FEATURE_NAMES.length]]);
    expect(await decisionOf(fixture)).toMatchObject({ outcome: 'taken', odds: { value: 0.9, modelVersion: 'theirs', members: [0.9] } });
    const { body } = await fixture.ask('status');
    expect(body.models).toMatchObject([{ strategy: 'scalping', version: 'theirs', isAsked: true, why: expect.stringContaining('not tested here') }]);
  });

  it('refuses by its odds as every model does', async () => {
    const fixture = await tradingWith(async (_strategy, rows) => rows.map(() => 0.5));
    await enter(fixture);
    expect(await decisionOf(fixture)).toMatchObject({ outcome: 'refused', reason: 'leastOdds' });
  });

  it.each<readonly [string, OutsideModels['odds'], string]>([
    ['fails', async () => Promise.reject(new Error('out of memory')), 'out of memory'],
    ['does not answer in time', () => new Promise(() => undefined), 'did not answer within 2 s'],
    ['gives what are no odds', async () => [7], 'Of 1 rows it gave 1 answers: 7'],
    ['gives too few', async () => [], 'Of 1 rows it gave 0 answers'],
  ])('is absent with its reason, and its weight shared out, when it %s', async (_what, odds, why) => {
    const fixture = await tradingWith(odds);
    await enter(fixture);
    const decision = await decisionOf(fixture);
    expect(decision).toMatchObject({ outcome: 'taken', odds: null });
    expect(decision?.parts.find(({ name }) => name === 'ml')).toMatchObject({ score: null, weight: 0, why: expect.stringContaining(why) });
    expect(decision?.parts.reduce((sum, { weight }) => sum + weight, 0)).toBeCloseTo(1, 12);
  });
});

describe('status', () => {
  it('tells which model is asked, with the skill that it has shown', async () => {
    const { body } = await (await trading(modelSaying(0.9))).ask('status');
    expect(body.models).toEqual([{ strategy: 'scalping', version, isAsked: true, why: 'Skilled: made for a test', source: 'test.json' }]);
    expect(body.components.model).toMatchObject({ status: 'up', detail: expect.stringContaining(version) });
  });

  it('tells why one that was named is not asked, and the strategy then trades without', async () => {
    const skill = { ...artefactSaying(0.1).skill, isSkilled: false, low: -0.1, why: 'No skill: measured' };
    const fixture = await trading(modelSaying(0.1, { skill }));
    const { body } = await fixture.ask('status');
    expect(body.components.model).toMatchObject({ status: 'absent', detail: expect.stringContaining('No skill: measured') });
    expect((await fixture.ask('execute-strategy', { body: ASK })).body.decision).toMatchObject({ outcome: 'taken', odds: null });
  });
});

describe('a model that was switched off', () => {
  it('is not asked any more in its session, says so, and is told as an alert', async () => {
    const fixture = await trading(modelSaying(0.1));
    const account = await fixture.context.accounts.active();
    const event = {
      type: 'model-switched-off',
      atMs: NSE_CLOSED_MS,
      strategy: 'scalping',
      modelVersion: artefactSaying(0.1).hash.slice(0, 12),
      why: 'It decayed',
    } as const;
    await commitDecision(fixture.context, account?.sessionId ?? '', (current) => {
      const draft = draftOn(current, 'model-off');
      draft.emit(event);
      return { draft };
    });
    const { body } = await fixture.ask('status');
    expect(body.components.model).toMatchObject({ status: 'absent', detail: expect.stringContaining('It decayed') });
    const { decision } = (await fixture.ask('execute-strategy', { body: ASK })).body;
    expect(decision).toMatchObject({ outcome: 'taken', odds: null });
    expect(decision?.parts.find(({ name }) => name === 'ml')?.why).toContain('switched off: It decayed');
    const after = await fixture.context.accounts.active();
    expect(after === null ? null : eventAlert(event, 2, after)).toMatchObject({
      kind: 'model-off',
      severity: 'warning',
      text: expect.stringContaining('It decayed'),
    });
  });
});

describe('a trade that was taken with odds', () => {
  it('keeps them, and performance holds the odds so far against what became of them', async () => {
    const fixture = await trading(modelSaying(0.9));
    fixture.startMatcher();
    expect((await fixture.ask('performance')).body.performance?.odds).toBeNull();
    const { body } = await fixture.ask('execute-strategy', { body: ASK });
    await fixture.ask('close-position', { id: body.position?.id ?? '', body: {} });
    await fixture.clock.advance(MINUTE_MS);
    const [trade] = (await fixture.ask('trades')).body.trades;
    expect(trade).toMatchObject({ odds: expect.closeTo(0.9, 10), modelVersion: version, closedWhy: 'manual' });
    expect((await fixture.ask('performance')).body.performance?.odds).toMatchObject({
      trades: 1,
      meanOdds: expect.closeTo(0.9, 10),
      reachedTarget: 0,
      brier: expect.closeTo(0.81, 10),
    });
  });
});
