import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { instrumentBySymbol } from '../../../shared/config/instruments.ts';
import { type AllLimits, DEFAULT_LIMITS } from '../../../shared/config/risk.ts';
import type { TraderRecord } from '../../../shared/contracts/journal.ts';
import { decimal, toNumber } from '../../../shared/kernel/decimal.ts';
import { MINUTE_MS } from '../../../shared/kernel/time.ts';
import type { Account } from '../../../shared/ledger/account.ts';
import { exposuresOf } from '../../../shared/risk/exposures.ts';
import { type GateInput, riskGate } from '../../../shared/risk/gate.ts';
import { tradingState } from '../../../shared/risk/trading-state.ts';
import { bookOutcomes, gateValueAtRisk } from '../../../shared/risk/var/book.ts';
import { createRiskModel, type DailyClose } from '../../../shared/risk/var/risk-model.ts';
import { bareQuote, opportunityOf, startedAccount, withPosition } from '../../support/engine-fixtures.ts';
import { gateInput } from '../../support/gate-input.ts';
import { rateOf, START_MS } from '../../support/ledger-fixtures.ts';

const NOW = START_MS + 2 * MINUTE_MS;
const DAY = 86_400_000;

const input = (more: Partial<GateInput> = {}): GateInput => gateInput(NOW, more);

const withLimits = (limits: Partial<AllLimits>, account: Account = startedAccount()): Account => ({
  ...account,
  limits: { ...account.limits, ...limits },
});
const withRecord = (record: Partial<Account['record']>, account: Account = startedAccount()): Account => ({
  ...account,
  record: { ...account.record, ...record },
});
const lost = (more: Partial<TraderRecord>): TraderRecord => ({
  trades: 6,
  wins: 1,
  winReturns: 0.01,
  lossReturns: 0.05,
  lossesInARow: 5,
  lastLossMs: NOW - 1 * MINUTE_MS,
  ...more,
});

/** Two coins whose days are the same but for a little. */
function twins(): ReadonlyMap<string, readonly DailyClose[]> {
  const series = (factor: number): DailyClose[] =>
    Array.from({ length: 100 }, (_, i) => ({
      date: new Date(Date.UTC(2026, 0, 1) + i * DAY).toISOString().slice(0, 10),
      close: 100 + factor * 5 * Math.sin(i) + i / 100,
    }));
  return new Map([
    ['BTC', series(1)],
    ['ETH', series(1.1)],
    ['SOL', series(-1)],
  ]);
}
const risk = createRiskModel(twins(), { days: 252, leastDays: 60, seed: 'twins', paths: 1_000 });

describe('each limit of the gate', () => {
  it.each<readonly [limit: string, more: Partial<GateInput>, value: number, threshold: number, says: RegExp]>([
    [
      'maxDrawdown',
      { account: { ...withLimits({ maxDailyLoss: 1 }), curve: { ...startedAccount().curve, peak: decimal('130000') } } },
      30 / 130,
      0.2,
      /23.08 % below its peak/,
    ],
    [
      'maxDailyLoss',
      { account: { ...startedAccount(), day: { ...startedAccount().day, startEquity: decimal('110000') } } },
      10 / 110,
      0.05,
      /has lost 9.09 %/,
    ],
    ['maxConsecutiveLosses', { account: withRecord({ traders: { scalping: lost({}) } }) }, 5, 5, /pauses until/],
    ['maxOpenPositions', { account: withLimits({ maxOpenPositions: 1 }, withPosition({ symbol: 'ETH', quantity: '10' })) }, 1, 1, /at most 1 may be/],
    ['maxOrdersPerMinute', { account: withRecord({ acceptedMs: Array.from({ length: 30 }, () => NOW - 1_000) }) }, 30, 30, /within a minute/],
    ['maxCorrelation', { account: withPosition({ symbol: 'ETH', quantity: '10' }), risk }, 0.9999, 0.8, /BTC moves with ETH/],
    [
      'maxMarketExposure',
      { account: withLimits({ maxMarketExposure: 0.01, maxVar: 1 }, withPosition({ symbol: 'ETH', quantity: '10' })) },
      0.01,
      0.01,
      /in CRYPTO/,
    ],
    [
      'maxVar',
      { account: withLimits({ maxVar: 0.00009 }) },
      0.005,
      0.00009,
      /No daily closes of BTC are known, so by the move that is assumed instead the book could lose 0.55 %/,
    ],
  ])('%s refuses with its value and threshold', (limit, more, value, threshold, says) => {
    const verdict = riskGate(input(more));
    expect(verdict).toMatchObject({ verdict: 'refused', reason: limit, limit: { name: limit, threshold } });
    if (verdict.verdict !== 'refused') return;
    expect(verdict.limit?.value).toBeCloseTo(value, 3);
    expect(verdict.why).toMatch(says);
  });

  it('maxSectorExposure counts the shares of one sector together', () => {
    const shares = {
      instrument: instrumentBySymbol('TCS'),
      product: 'delivery',
      quote: bareQuote('TCS', 100, NOW),
      rate: rateOf('INR', '1'),
    } as const;
    const held = withPosition({ symbol: 'INFY', side: 'buy', currency: 'INR', quantity: '390', price: '100' });
    const account = withLimits({ maxSectorExposure: 0.392, maxVar: 1 }, held);
    expect(riskGate(input({ ...shares, account }))).toMatchObject({ verdict: 'passed', sizedBy: 'maxSectorExposure' });
    expect(riskGate(input({ ...shares, account: withLimits({ maxSectorExposure: 0.39 }, account) }))).toMatchObject({ reason: 'maxSectorExposure' });
    expect(riskGate(input({ ...shares, instrument: instrumentBySymbol('ITC'), account }))).toMatchObject({ sizedBy: 'strategyMaxPosition' });
  });

  it.each<readonly [cap: string, limits: Partial<AllLimits>, more: Partial<GateInput>, notional: number]>([
    ['maxRiskPerTrade', { maxRiskPerTrade: 0.0005 }, {}, (0.0005 * 100_000) / 0.02],
    ['maxPositionVolatility', { maxPositionVolatility: 0.001 }, { risk }, (0.001 * 100_000) / (risk.deviation('BTC') ?? 1)],
  ])('%s sizes by what the trade itself risks', (cap, limits, more, notional) => {
    const verdict = riskGate(input({ account: withLimits(limits), opportunity: opportunityOf({ stop: 98, target: 104 }), ...more }));
    expect(verdict).toMatchObject({ verdict: 'passed', sizedBy: cap });
    if (verdict.verdict === 'passed') expect(toNumber(verdict.quantity) * 100).toBeCloseTo(notional, 0);
  });

  it('kelly sizes by the record of the strategy itself, once it is long enough', () => {
    const record = { trades: 60, wins: 20, winReturns: 20 * 0.02, lossReturns: 40 * 0.02, lossesInARow: 0, lastLossMs: null };
    const account = withRecord({ traders: { scalping: record } });
    expect(riskGate(input({ account }))).toMatchObject({ verdict: 'passed', sizedBy: 'kelly', quantity: decimal('10') });
    expect(riskGate(input({ account, strategy: 'swing' }))).toMatchObject({ sizedBy: 'strategyMaxPosition' });
  });

  it('lets a strategy trade again when its pause is over, or it has won', () => {
    const paused = (more: Partial<TraderRecord>) => input({ account: withRecord({ traders: { scalping: lost(more) } }) });
    expect(riskGate(paused({ lastLossMs: NOW - 60 * MINUTE_MS }))).toMatchObject({ verdict: 'passed' });
    expect(riskGate(paused({ lossesInARow: 4 }))).toMatchObject({ verdict: 'passed' });
  });

  it('lets what moves against what is held pass, and what is known of neither', () => {
    const account = withPosition({ symbol: 'ETH', quantity: '10' });
    const ask = (symbol: string) => riskGate(input({ account, risk, instrument: instrumentBySymbol(symbol), quote: bareQuote(symbol, 100, NOW) }));
    expect(ask('SOL')).toMatchObject({ verdict: 'passed' });
    expect(ask('ADA')).toMatchObject({ verdict: 'passed' });
  });
});

describe('the state of trading', () => {
  it('is halted by the kill switch, reducing by a loss, else active', () => {
    const worth = decimal('100000');
    expect(tradingState(startedAccount(), worth)).toEqual({ state: 'active', because: null });
    expect(tradingState(startedAccount(), decimal('94000'))).toMatchObject({ state: 'reducing', because: { reason: 'maxDailyLoss' } });
    const killed = withRecord({ killedMs: NOW });
    expect(tradingState(killed, worth)).toMatchObject({ state: 'halted', because: { reason: 'kill_switch' } });
    expect(riskGate(input({ account: killed }))).toMatchObject({ verdict: 'refused', reason: 'kill_switch' });
  });
});

describe('whatever is proposed', () => {
  it('no entry that passes has a book over its value at risk', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 800 }), fc.double({ min: 0.001, max: 0.05, noNaN: true }), fc.boolean(), (held, maxVar, isKnown) => {
        const account = withLimits(
          { maxVar, maxCorrelation: 1, maxTotalExposure: 1 },
          held === 0 ? startedAccount() : withPosition({ symbol: 'SOL', quantity: String(held) }),
        );
        const model = isKnown ? risk : null;
        const given = input({ account, risk: model });
        const verdict = riskGate(given);
        if (verdict.verdict !== 'passed') return;
        const exposures = exposuresOf(account, given.markOf, given.rateOf);
        const before = isKnown ? gateValueAtRisk(bookOutcomes(risk, exposures), 0.95) : held * 10;
        const value = toNumber(verdict.quantity) * 100;
        const after = isKnown
          ? gateValueAtRisk(bookOutcomes(risk, [...exposures, { id: 'new', factor: 'BTC', value, revalue: null, assumedLoss: 0 }]), 0.95)
          : held * 10 + value / 10;
        expect(after).toBeLessThanOrEqual(Math.max(before, maxVar * 100_000 * (1 + 1e-9)));
      }),
      { numRuns: 60 },
    );
  });

  it('keeps every limit of its own defaults a share, a count or a time', () => {
    for (const [name, value] of Object.entries(DEFAULT_LIMITS)) expect(value, name).toBeGreaterThan(0);
  });
});
