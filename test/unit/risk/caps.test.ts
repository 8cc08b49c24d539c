import { describe, expect, it } from 'vitest';
import { instrumentBySymbol } from '../../../shared/config/instruments.ts';
import { STRATEGY_MAX_POSITION } from '../../../shared/config/risk.ts';
import type { EntryOrder, Instruction } from '../../../shared/contracts/order.ts';
import { decimal, toNumber } from '../../../shared/kernel/decimal.ts';
import type { Account } from '../../../shared/ledger/account.ts';
import type { Cap, Sized } from '../../../shared/risk/cap.ts';
import { caps } from '../../../shared/risk/caps.ts';
import { BTC, bareQuote, OPEN_PHASE, startedAccount, withPosition } from '../../support/engine-fixtures.ts';
import { entryOrder, happen, orderPlaced, rateOf, START_MS } from '../../support/ledger-fixtures.ts';

const entry = (more: Partial<Sized> = {}): Sized => ({
  nowMs: START_MS,
  account: startedAccount(),
  instrument: BTC,
  direction: 'long',
  product: 'spot',
  rules: null,
  quote: bareQuote('BTC', 100, START_MS),
  rate: rateOf('USDT'),
  phase: OPEN_PHASE,
  squareOffMs: null,
  markOf: () => decimal('100'),
  rateOf: () => decimal('1'),
  trader: 'scalping',
  price: 100,
  stop: 98,
  ...more,
});
const cap = (name: string, more: Partial<Sized> = {}): Cap => {
  const found = caps(entry(more)).find((each) => each.name === name);
  if (found === undefined) throw new Error(`There is no cap ${name}`);
  return found;
};
const notional = (name: string, more: Partial<Sized> = {}): number => toNumber(cap(name, more).notional);
const working = (more: Partial<EntryOrder>, reserved = '10100'): Account =>
  happen(startedAccount(), 'place', [orderPlaced({ ...entryOrder({ reserved, stop: '98' }), ...more })]).after;

describe('the caps on an entry', () => {
  it('are those of its strategy and of the account', () => {
    expect(caps(entry()).map(({ name, notional: most }) => [name, Number(toNumber(most).toFixed(2))])).toEqual([
      ['strategyMaxPosition', 100_000 * (STRATEGY_MAX_POSITION.scalping ?? 0)],
      ['maxPositionSize', 20_000],
      ['maxTotalExposure', 79_207.92],
      ['maxPortfolioRisk', 742_574.26],
      ['availableCash', 99_009.9],
      ['maxMarketExposure', 79_207.92],
      ['maxRiskPerTrade', 100_000],
      // No daily closes are known: a coin is taken to lose a tenth, and so much of it may be held. The other caps allow less.
      ['maxVar', 5_000],
    ]);
  });

  it('have none of a strategy for what a person places', () => {
    expect(caps(entry({ trader: 'manual' })).map(({ name }) => name)).not.toContain('strategyMaxPosition');
  });

  it('take an entry without a stop to be able to lose all of it', () => {
    expect(notional('maxPortfolioRisk', { stop: null })).toBeCloseTo((0.15 * 100_000) / 1.01, 6);
    expect(notional('maxPortfolioRisk', { stop: 98 })).toBeCloseTo((0.15 * 100_000) / 0.02 / 1.01, 4);
  });

  it('count the risk per share of a position that is held over a night 1.3 times', () => {
    expect(notional('maxPortfolioRisk') / notional('maxPortfolioRisk', { riskFactor: 1.3 })).toBeCloseTo(1.3, 9);
    expect(notional('maxTotalExposure', { riskFactor: 1.3 })).toBe(notional('maxTotalExposure'));
  });

  it('leave room only for what other positions and reserved orders have not taken', () => {
    const held = withPosition({ symbol: 'ETH', quantity: '500' });
    expect(notional('maxTotalExposure', { account: held })).toBeCloseTo((0.8 * 99_999.8 - 50_000) / 1.01, 4);
    expect(notional('maxTotalExposure', { account: working({}) })).toBeCloseTo((80_000 - 10_100) / 1.01, 4);
    expect(notional('availableCash', { account: working({}) })).toBeCloseTo((100_000 - 10_100) / 1.01, 4);
  });

  it('let a short of shares use its cash whole: its own proceeds are the other half of what is blocked', () => {
    const short = { direction: 'short', product: 'intraday', instrument: instrumentBySymbol('RELIANCE'), stop: 102 } as const;
    expect(notional('availableCash', short)).toBeCloseTo(100_000, 6);
  });

  it.each<readonly [what: string, order: Partial<EntryOrder>, risked: number]>([
    ['a market order: from the price that stood', {}, 202],
    ['a limit: from the limit', { instruction: { type: 'limit', limit: decimal('99') } }, 10_100 / 99],
    ['a stop: from the stop', { instruction: { type: 'stop', stop: decimal('110') } }, (10_100 * 12) / 110],
    ['a stop-limit: from its limit', { instruction: stopLimit() }, (10_100 * 13) / 111],
    ['a short: upwards', { side: 'sell', bracket: { ...entryOrder().bracket, stop: decimal('105') } }, 505],
    ['an order without a stop: all that is set aside', { bracket: { ...entryOrder().bracket, stop: null } }, 10_100],
    ['an order whose stop is passed: nothing', { bracket: { ...entryOrder().bracket, stop: decimal('101') } }, 0],
  ])('count the risk of entries on their way, of %s', (_what, order, risked) => {
    const free = notional('maxPortfolioRisk');
    expect((free - notional('maxPortfolioRisk', { account: working(order) })) * 0.02 * 1.01).toBeCloseTo(risked, 3);
  });

  it('take of the largest position of its strategy what the most doubtful network of a model would stake', () => {
    const largest = 100_000 * STRATEGY_MAX_POSITION.scalping;
    const of = (members: readonly number[]): number => notional('modelOdds', { odds: { members, breakEven: 0.4 } });
    expect(of([0.7, 0.7, 0.7])).toBeCloseTo(0.5 * largest, 6);
    // The mean is the same; they do not agree.
    expect(of([0.9, 0.7, 0.5])).toBeCloseTo(largest / 6, 6);
    expect(of([1, 1, 1])).toBeCloseTo(largest, 6);
    expect(of([0.9, 0.9, 0.39])).toBe(0);
  });

  it('know nothing of a model where none was asked, or a person places', () => {
    const names = (more: Partial<Sized>): readonly string[] => caps(entry(more)).map(({ name }) => name);
    expect(names({})).not.toContain('modelOdds');
    expect(names({ odds: { members: [0.7], breakEven: 0.4 }, trader: 'manual' })).not.toContain('modelOdds');
  });

  it('leave nothing of an account that is worth nothing', () => {
    const account: Account = { ...startedAccount(), cash: decimal('0') };
    for (const each of caps(entry({ account }))) expect(toNumber(each.notional)).toBeLessThanOrEqual(0);
  });

  it('say for themselves why what they leave is too little', () => {
    expect(cap('maxPositionSize').refusal(50)).toMatchObject({
      reason: 'minPositionUsd',
      why: '20.00 % of equity is a position of $50.00, the least is $100',
      limit: { name: 'minPositionUsd', value: 50, threshold: 100 },
    });
    expect(cap('maxTotalExposure', { account: working({}) }).refusal(0)).toMatchObject({
      reason: 'maxTotalExposure',
      limit: { value: 0.101, threshold: 0.8 },
    });
    expect(cap('maxPortfolioRisk').refusal(0)).toMatchObject({ reason: 'maxPortfolioRisk', limit: { value: 0, threshold: 0.15 } });
    expect(cap('modelOdds', { odds: { members: [0.9, 0.38], breakEven: 0.4 } }).refusal(0)).toMatchObject({
      reason: 'modelOdds',
      why: 'The most doubtful of 2 networks gives it odds of 0.380, it breaks even at 0.400: a position of $0.00, the least is $100',
      limit: { name: 'modelOdds', value: 0, threshold: 100 },
    });
    expect(cap('availableCash').refusal(7)).toMatchObject({ reason: 'availableCash', limit: { value: 7, threshold: 100 } });
  });
});

function stopLimit(): Instruction {
  return { type: 'stop-limit', stop: decimal('110'), limit: decimal('111') };
}
