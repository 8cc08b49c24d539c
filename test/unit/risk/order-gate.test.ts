import { describe, expect, it } from 'vitest';
import { instrumentBySymbol } from '../../../shared/config/instruments.ts';
import { decimal } from '../../../shared/kernel/decimal.ts';
import { type OrderProposal, orderGate } from '../../../shared/risk/order-gate.ts';
import { BTC, bareQuote, CLOSED_PHASE, OPEN_PHASE, rulesOf, startedAccount } from '../../support/engine-fixtures.ts';
import { rateOf, START_MS } from '../../support/ledger-fixtures.ts';

const NOW = START_MS + 60_000;
const order = (more: Partial<OrderProposal> = {}): OrderProposal => ({
  nowMs: NOW,
  account: startedAccount(),
  instrument: BTC,
  direction: 'long',
  product: 'spot',
  rules: null,
  quote: bareQuote('BTC', 100, NOW),
  rate: rateOf('USDT'),
  phase: OPEN_PHASE,
  squareOffMs: null,
  markOf: () => decimal('100'),
  rateOf: () => decimal('1'),
  trader: 'manual',
  price: 100,
  stop: 98,
  quantity: decimal('10'),
  tradedIn: 'continuous',
  isImmediate: true,
  isUnlimited: true,
  margin: null,
  ...more,
});
const reasonOf = (more: Partial<OrderProposal>): string => {
  const verdict = orderGate(order(more));
  return verdict.verdict === 'passed' ? 'passed' : verdict.reason;
};
const resting = { isImmediate: false, isUnlimited: false } as const;
const shares = { instrument: instrumentBySymbol('RELIANCE'), product: 'delivery', rate: rateOf('INR', '0.0125') } as const;
const phaseOf = (phase: (typeof OPEN_PHASE)['phase']) => ({ ...OPEN_PHASE, canEnter: false, phase, reason: phase });

describe('the gate of an order that a person sized', () => {
  it('passes one within every cap, and says what it is worth and what is set aside', () => {
    expect(orderGate(order())).toEqual({ verdict: 'passed', notional: decimal('1000'), reserve: decimal('1010') });
    expect(orderGate(order({ ...shares, price: 2_000, stop: 1_990 }))).toEqual({
      verdict: 'passed',
      notional: decimal('250'),
      reserve: decimal('252.5'),
    });
  });

  it('does not make it smaller: the tightest cap refuses it, with what it leaves room for', () => {
    expect(orderGate(order({ quantity: decimal('200') }))).toMatchObject({ verdict: 'passed' });
    expect(orderGate(order({ quantity: decimal('200.00001') }))).toMatchObject({
      verdict: 'refused',
      reason: 'maxPositionSize',
      why: 'The order is worth $20000.00, maxPositionSize leaves room for $20000.00',
      limit: { name: 'maxPositionSize', value: 20_000.001, threshold: 20_000 },
    });
    expect(reasonOf({ quantity: decimal('199'), stop: 10 })).toBe('maxPortfolioRisk');
  });

  it('leaves room for nothing, never for less', () => {
    const verdict = orderGate(order({ account: { ...startedAccount(), limits: { ...startedAccount().limits, maxTotalExposure: 0.0001 } } }));
    expect(verdict).toMatchObject({ reason: 'maxTotalExposure', limit: { value: 1_000 } });
    const broke = { ...startedAccount(), cash: decimal('-10'), limits: { ...startedAccount().limits, maxDailyLoss: 1 } };
    expect(orderGate(order({ account: { ...broke, day: { ...broke.day, startEquity: decimal('100') } } }))).toMatchObject({
      verdict: 'refused',
      limit: { threshold: expect.any(Number) },
    });
  });

  it('refuses what is worth less than the least position', () => {
    expect(orderGate(order({ quantity: decimal('0.9') }))).toMatchObject({ reason: 'minPositionUsd', limit: { value: 90, threshold: 100 } });
    expect(reasonOf({ quantity: decimal('1') })).toBe('passed');
  });

  it('asks of one that fills at once that the market can be traded now', () => {
    expect(reasonOf({ phase: CLOSED_PHASE })).toBe('market_closed');
    expect(reasonOf({ quote: bareQuote('BTC', 100, NOW - 31_000) })).toBe('maxPriceAgeMs');
    expect(reasonOf({ rules: rulesOf('BTC', 'BREAK') })).toBe('not_trading');
  });

  it('lets one rest whatever the market is now, but not a session that has stopped nor a day that has lost its limit', () => {
    const shut = { ...resting, phase: CLOSED_PHASE, quote: bareQuote('BTC', 100, NOW - 31_000), rules: rulesOf('BTC', 'BREAK') };
    expect(reasonOf(shut)).toBe('passed');
    expect(reasonOf({ ...shut, rate: null })).toBe('no_rate');
    expect(reasonOf({ ...shut, account: { ...startedAccount(), status: 'stopping' } })).toBe('session_not_active');
    expect(reasonOf({ ...shut, account: { ...startedAccount(), cash: decimal('95000') } })).toBe('maxDailyLoss');
    expect(reasonOf({ ...shut, direction: 'short' })).toBe('long_only');
  });

  it.each`
    phase                            | tradedIn             | isUnlimited | says
    ${'reference-price'}             | ${'continuous'}      | ${false}    | ${'reference_price_window'}
    ${'reference-price'}             | ${'closing-auction'} | ${false}    | ${'reference_price_window'}
    ${'closing-auction-entry'}       | ${'closing-auction'} | ${true}     | ${'passed'}
    ${'closing-auction-limit-entry'} | ${'closing-auction'} | ${true}     | ${'auction_limit_only'}
    ${'closing-auction-limit-entry'} | ${'closing-auction'} | ${false}    | ${'passed'}
    ${'closing-auction-matching'}    | ${'closing-auction'} | ${false}    | ${'auction_closed'}
    ${'closing-auction-matching'}    | ${'continuous'}      | ${false}    | ${'passed'}
    ${'continuous'}                  | ${'closing-auction'} | ${true}     | ${'passed'}
  `('says $says in the phase $phase to an order for $tradedIn trading, unlimited: $isUnlimited', ({ phase, tradedIn, isUnlimited, says }) => {
    expect(reasonOf({ ...shares, price: 2_000, stop: 1_990, isImmediate: false, phase: phaseOf(phase), tradedIn, isUnlimited })).toBe(says);
  });
});
