import { describe, expect, it } from 'vitest';
import { instrumentBySymbol } from '../../../shared/config/instruments.ts';
import { scanRecordSchema } from '../../../shared/contracts/decisions.ts';
import { decideScan, type Question, type ScanCommand, type ScanResult, type ScanView } from '../../../shared/engine/decide-scan.ts';
import { createChart } from '../../../shared/indicators/chart.ts';
import { wire } from '../../../shared/kernel/canonical-json.ts';
import { decimal, toNumber } from '../../../shared/kernel/decimal.ts';
import { MINUTE_MS } from '../../../shared/kernel/time.ts';
import { exitId } from '../../../shared/ledger/resting-exit.ts';
import type { Bar } from '../../../shared/market/price.ts';
import { NO_MODELS } from '../../../shared/ml/no-models.ts';
import { createScalping } from '../../../shared/strategies/scalping.ts';
import type { Opportunity, Quiet, StrategyName } from '../../../shared/strategies/strategy.ts';
import { bareQuote, OPEN_PHASE, opportunityOf, rulesOf, startedAccount, viewOfSketch, withPosition } from '../../support/engine-fixtures.ts';
import { START_MS } from '../../support/ledger-fixtures.ts';
import { barsOf, missing, walk } from '../../support/series.ts';

const MINUTE = START_MS + 5 * MINUTE_MS;
const NOW = MINUTE + 3_000;
const SYMBOLS = ['BTC', 'ETH', 'SOL'] as const;

function viewWith(quotes = SYMBOLS.map((symbol) => bareQuote(symbol, 100, NOW)), upTo = 5): ScanView {
  const charts = new Map(
    SYMBOLS.map((symbol) => {
      const chart = createChart(instrumentBySymbol(symbol));
      for (const bar of barsOf(walk(symbol, upTo, { fromMs: START_MS }), symbol)) chart.add(bar);
      return [symbol as string, chart];
    }),
  );
  return { ...viewOfSketch({ nowMs: NOW, quotes }), chart: (symbol) => charts.get(symbol) ?? null, model: NO_MODELS };
}

const question = (symbol: string, answer: Opportunity | Quiet, name: StrategyName = 'scalping'): Question => ({
  strategy: { name, timeframes: ['1m', '5m'], readsDerivatives: false, evaluate: () => answer },
  instrument: instrumentBySymbol(symbol),
  base: null,
});
const quiet = (reason = 'no_setup'): Quiet => ({ kind: 'quiet', reason, why: 'nothing' });

const scan = (
  questions: readonly Question[],
  {
    account = startedAccount(),
    view = viewWith(),
    ...more
  }: Partial<ScanCommand> & { account?: ReturnType<typeof startedAccount>; view?: ScanView } = {},
): ScanResult =>
  decideScan(account, view, { id: 'scan:CRYPTO:m', ordinal: 7, minuteMs: MINUTE, markets: ['CRYPTO'], questions, configVersion: 'c1', ...more });

describe('a scan', () => {
  it('places what the gate lets pass, as one order with its bracket and the reason', () => {
    const { draft, record } = scan([question('BTC', opportunityOf({ stop: 98.9999, target: 102.0011 }))]);
    const [order] = draft.account().orders.values();
    expect(order).toMatchObject({
      id: 'E:2025-01-06T04:05:00.000Z:scalping:BTC',
      positionId: '2025-01-06T04:05:00.000Z:scalping:BTC',
      purpose: 'entry',
      side: 'buy',
      product: 'spot',
      acceptedMs: NOW,
      // On the grid of the venue: the stop nearer, the target further.
      bracket: { stop: decimal('99'), target: decimal('102.01'), trail: null, maxHoldingMs: 900_000 },
      intent: { decisionId: 'scan:CRYPTO:m:scalping:BTC', why: 'a test', configVersion: 'c1', lastBarMs: MINUTE - MINUTE_MS, modelVersion: null },
    });
    expect(order?.activeFromMs).toBeGreaterThan(NOW);
    expect(record.decisions).toMatchObject([
      { outcome: 'taken', reason: 'taken', orderId: order?.id, sizedBy: 'strategyMaxPosition', quantity: order?.quantity, limit: null },
    ]);
  });

  it('places an order for the closing auction that is good for the day, with the instant by which its position is left', () => {
    const nowMs = Date.parse('2026-10-29T15:20:03+05:30');
    const exitByMs = Date.parse('2026-10-30T09:30+05:30');
    const shares = instrumentBySymbol('RELIANCE');
    const phase = { ...OPEN_PHASE, canEnter: false, phase: 'closing-auction-entry' } as const;
    const view = {
      ...viewOfSketch({ nowMs, quotes: [bareQuote('RELIANCE', 100, nowMs)], phase }),
      chart: () => createChart(shares),
      model: NO_MODELS,
    };
    const asked = { ...question('BTC', opportunityOf({ tradedIn: 'closing-auction', exitByMs }), 'btst'), instrument: shares };
    const { draft, record } = scan([asked], { view });
    expect(record.decisions).toMatchObject([{ outcome: 'taken' }]);
    const expiresMs = Date.parse('2026-10-29T15:35+05:30');
    expect([...draft.account().orders.values()]).toMatchObject([
      { product: 'delivery', tradedIn: 'closing-auction', timeInForce: 'DAY', expiresMs, instruction: { type: 'market' }, bracket: { exitByMs } },
    ]);
  });

  it('records what it does not trade, with the limit that spoke', () => {
    const { draft, record } = scan([question('BTC', opportunityOf({ confidence: 0.5 }))]);
    expect(draft.rows).toEqual([]);
    expect(record.decisions).toMatchObject([
      {
        outcome: 'refused',
        reason: 'leastConfidence',
        limit: { name: 'leastConfidence', value: 0.5, threshold: 0.6 },
        orderId: null,
        quantity: null,
      },
    ]);
  });

  it('lets each decision see what the ones before it placed', () => {
    const account = startedAccount();
    const limits = { ...account.limits, maxTotalExposure: 0.06 };
    const { record, draft } = scan(
      SYMBOLS.map((symbol) => question(symbol, opportunityOf())),
      { account: { ...account, limits } },
    );
    expect(record.decisions.map(({ outcome, sizedBy, reason }) => [outcome, sizedBy ?? reason])).toEqual([
      ['taken', 'strategyMaxPosition'],
      ['taken', 'maxTotalExposure'],
      ['refused', 'maxTotalExposure'],
    ]);
    const reserved = [...draft.account().orders.values()].reduce(
      (total, order) => total + (order.purpose === 'entry' ? toNumber(order.reserved) : 0),
      0,
    );
    expect(reserved).toBeLessThanOrEqual(6_000.0001);
  });

  it('asks for the exit of a position that a strong signal goes against, and opens nothing', () => {
    const account = withPosition();
    const against = opportunityOf({ direction: 'short', stop: 101, target: 98 });
    const { draft, record } = scan([question('BTC', against)], { account });
    expect(draft.rows.map((row) => row.event)).toMatchObject([
      { type: 'exit-requested', reason: 'signal', quantity: null, orderId: exitId('P:E:1', 1) },
    ]);
    expect(record.decisions).toMatchObject([{ outcome: 'exit-requested', reason: 'signal', orderId: exitId('P:E:1', 1) }]);
    expect(scan([question('BTC', { ...against, confidence: 0.3 })], { account }).record.decisions).toMatchObject([
      { outcome: 'refused', reason: 'already_in_position' },
    ]);
    expect(scan([question('BTC', against, 'swing')], { account }).record.decisions).toMatchObject([{ outcome: 'refused', reason: 'long_only' }]);
    expect(scan([question('BTC', against)], { account: draft.account() }).record.decisions).toMatchObject([{ outcome: 'refused' }]);
  });

  it('keeps quiet answers in short: by strategy and reason, the symbols', () => {
    const { record, quiet: whole } = scan([
      question('BTC', quiet()),
      question('ETH', quiet('warming_up')),
      question('SOL', quiet()),
      question('BTC', quiet(), 'swing'),
    ]);
    expect(record.quiet).toEqual([
      { strategy: 'scalping', reason: 'no_setup', symbols: ['BTC', 'SOL'] },
      { strategy: 'scalping', reason: 'warming_up', symbols: ['ETH'] },
      { strategy: 'swing', reason: 'no_setup', symbols: ['BTC'] },
    ]);
    expect(whole.map(({ why }) => why)).toEqual(['nothing', 'nothing', 'nothing', 'nothing']);
  });

  it('says which symbols lack the bar of its minute', () => {
    expect(scan([question('BTC', quiet()), question('DOT', quiet())], { view: viewWith([], 5) }).record).toMatchObject({
      missingBars: ['DOT'],
      quiet: [{ reason: 'no_setup' }, { reason: 'no_bars', symbols: ['DOT'] }],
    });
    expect(scan([question('BTC', quiet()), question('BTC', quiet(), 'swing')], { view: viewWith([], 4) }).record.missingBars).toEqual(['BTC']);
  });

  it('says in which symbols minutes of the last day are missing, and nothing where none is', () => {
    const view = viewWith(undefined, 4);
    view.chart('BTC')?.add(missing({ ...(barsOf(walk('BTC', 1, { fromMs: MINUTE - MINUTE_MS }))[0] as Bar) }));
    view.chart('ETH')?.add(barsOf(walk('ETH', 1, { fromMs: MINUTE - MINUTE_MS }), 'ETH')[0] as Bar);
    const { record } = scan([question('BTC', quiet()), question('ETH', quiet())], { view });
    expect(record.gaps).toEqual([{ symbol: 'BTC', minutes: 1, lastMs: MINUTE - MINUTE_MS }]);
    expect(scan([question('BTC', quiet())]).record).not.toHaveProperty('gaps');
  });

  it.each([1, 2, 3, 4, 10, 59, 300])('never reads across a missing bar without knowing it: %d minutes back', (back) => {
    const minutes = 600;
    const fromMs = MINUTE - minutes * MINUTE_MS;
    const chart = createChart(instrumentBySymbol('BTC'));
    for (const [index, bar] of barsOf(walk('gap', minutes, { fromMs })).entries()) chart.add(index === minutes - back ? missing(bar) : bar);
    const view: ScanView = { ...viewWith(), chart: () => chart };
    const asked: Question = { strategy: createScalping(), instrument: instrumentBySymbol('BTC'), base: '1m' };
    const { record, quiet: answers } = scan([asked], { view });
    expect(record.gaps).toEqual([{ symbol: 'BTC', minutes: 1, lastMs: MINUTE - back * MINUTE_MS }]);
    const reason = answers[0]?.reason;
    // Near enough to be part of the pattern it keeps the strategy silent; further back it is on the record.
    if (back === 1) expect(reason).toBe('missing_bar');
    else if (back <= 3) expect(reason).toBe('gap_in_bars');
    else expect(reason).not.toBe('gap_in_bars');
  });

  it('refuses entries in a symbol that its venue does not trade now, with what the venue says', () => {
    const { draft, record } = scan([question('BTC', opportunityOf())], { view: { ...viewWith(), rules: () => rulesOf('BTC', 'HALT') } });
    expect(draft.rows).toEqual([]);
    expect(record.decisions).toMatchObject([{ outcome: 'refused', reason: 'not_trading', why: expect.stringContaining('says HALT at 2025-01-06') }]);
  });

  it('trades on the grids that the venue lists now, not on those that the program was shipped with', () => {
    const view = { ...viewWith(), rules: () => rulesOf('BTC') };
    const { draft } = scan([question('BTC', opportunityOf({ stop: 98.9999, target: 102.0011 }))], { view });
    const [order] = draft.account().orders.values();
    expect(order).toMatchObject({ bracket: { stop: decimal('99'), target: decimal('102.5') } });
    expect(toNumber(order?.quantity ?? decimal('1')) % 3).toBe(0);
  });

  it('refuses without a price, and says so on the record', () => {
    expect(scan([question('BTC', opportunityOf())], { view: viewWith([]) }).record.decisions).toMatchObject([{ reason: 'no_price', quote: null }]);
  });

  it('names its orders after the request when a person asked', () => {
    const { draft } = scan([question('BTC', opportunityOf())], { id: 'ask:key-1' });
    expect([...draft.account().orders.keys()]).toEqual(['E:ask:key-1:scalping:BTC']);
  });

  it('trades shares within the day when scalping, and takes delivery otherwise', () => {
    const shares = { ...question('RELIANCE', opportunityOf()) };
    const view: ScanView = { ...viewWith([bareQuote('RELIANCE', 100, NOW)]), chart: () => createChart(instrumentBySymbol('RELIANCE')) };
    const productOf = (name: StrategyName): unknown =>
      [
        ...scan([{ ...shares, strategy: { ...shares.strategy, name } }], { view })
          .draft.account()
          .orders.values(),
      ][0]?.product;
    expect([productOf('scalping'), productOf('swing')]).toEqual(['intraday', 'delivery']);
  });

  it('puts the levels of a short on the grid on the cautious side too', () => {
    const short = question('RELIANCE', opportunityOf({ direction: 'short', stop: 101.074, target: 97.836 }));
    const view: ScanView = { ...viewWith([bareQuote('RELIANCE', 100, NOW)]), chart: () => createChart(instrumentBySymbol('RELIANCE')) };
    const [order] = scan([short], { view }).draft.account().orders.values();
    expect(order).toMatchObject({ side: 'sell' });
    if (order?.purpose !== 'entry') throw new Error('no entry');
    expect([order.bracket.stop, order.bracket.target]).toEqual([decimal('101.07'), decimal('97.83')]);
  });

  it('gives a record that the store can keep and read', () => {
    const { record } = scan([question('BTC', opportunityOf()), question('ETH', quiet()), question('SOL', opportunityOf({ confidence: 0 }))]);
    expect(scanRecordSchema.parse(wire(record))).toEqual(record);
  });

  it('is the same whenever it is made from the same', () => {
    const questions = SYMBOLS.map((symbol) => question(symbol, opportunityOf()));
    expect(scan(questions).draft.account()).toEqual(scan(questions).draft.account());
  });
});
