import { describe, expect, it } from 'vitest';
import { instrumentBySymbol } from '../../../shared/config/instruments.ts';
import { decimal } from '../../../shared/kernel/decimal.ts';
import { ACCOUNT_CHECKS, type EntryFacts, firstRefusal, MARKET_CHECKS, RESTING_CHECKS, SESSION_CHECKS } from '../../../shared/risk/entry-checks.ts';
import { over, percent, refuse } from '../../../shared/risk/refusal.ts';
import { BTC, bareQuote, CLOSED_PHASE, OPEN_PHASE, rulesOf, startedAccount, withPosition } from '../../support/engine-fixtures.ts';
import { rateOf, START_MS } from '../../support/ledger-fixtures.ts';

const NOW = START_MS + 60_000;
const RELIANCE = instrumentBySymbol('RELIANCE');
const ALL = [...SESSION_CHECKS, ...MARKET_CHECKS, ...ACCOUNT_CHECKS];
const facts = (more: Partial<EntryFacts> = {}): EntryFacts => ({
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
  ...more,
});

describe('the checks of an entry', () => {
  it('have nothing against one that is in order', () => {
    expect(firstRefusal([...ALL, ...RESTING_CHECKS], facts())).toBeNull();
  });

  it('refuse what its venue does not trade, and say who says so', () => {
    const halted = facts({ rules: rulesOf('BTC', 'BREAK') });
    expect(firstRefusal(MARKET_CHECKS, halted)).toMatchObject({
      reason: 'not_trading',
      why: expect.stringMatching(/Binance exchangeInfo says BREAK at 2025-01-06/),
    });
    expect(firstRefusal(MARKET_CHECKS, facts({ rules: rulesOf('BTC') }))).toBeNull();
  });

  it('refuse what is for the day only when none of the day is left', () => {
    const intraday = { instrument: RELIANCE, product: 'intraday', squareOffMs: NOW } as const;
    expect(firstRefusal(ACCOUNT_CHECKS, facts(intraday))).toMatchObject({
      reason: 'after_square_off',
      why: expect.stringContaining('2025-01-06T04:01:00.000Z'),
    });
    expect(firstRefusal(ACCOUNT_CHECKS, facts({ ...intraday, nowMs: NOW - 1 }))).toBeNull();
    expect(firstRefusal(ACCOUNT_CHECKS, facts({ ...intraday, product: 'delivery' }))).toBeNull();
  });

  it('let a short of shares through for the day, and for nothing longer', () => {
    const short = { instrument: RELIANCE, direction: 'short' } as const;
    expect(firstRefusal(ACCOUNT_CHECKS, facts({ ...short, product: 'intraday' }))).toBeNull();
    expect(firstRefusal(ACCOUNT_CHECKS, facts({ ...short, product: 'delivery' }))).toMatchObject({ reason: 'short_needs_intraday' });
    expect(firstRefusal(ACCOUNT_CHECKS, facts({ direction: 'short' }))).toMatchObject({ reason: 'long_only' });
  });

  it('halt the day at its limit, counting what is open at the price of now', () => {
    const held = withPosition({ symbol: 'ETH', quantity: '500' });
    const at = (mark: string) => firstRefusal(ACCOUNT_CHECKS, facts({ account: held, markOf: () => decimal(mark) }));
    expect(at('90.01')).toBeNull();
    expect(at('90')).toMatchObject({ reason: 'maxDailyLoss', limit: { name: 'maxDailyLoss', threshold: 0.05 } });
  });

  it('ask of an order that rests only that its size can be counted', () => {
    const shut = facts({ phase: CLOSED_PHASE, quote: null, rules: rulesOf('BTC', 'BREAK') });
    expect(firstRefusal(RESTING_CHECKS, shut)).toBeNull();
    expect(firstRefusal(RESTING_CHECKS, facts({ rate: null }))).toMatchObject({ reason: 'no_rate' });
  });

  it('are asked in their order, and the first objection counts', () => {
    const bad = facts({ account: { ...startedAccount(), status: 'stopped' }, phase: CLOSED_PHASE, quote: null, rate: null, direction: 'short' });
    expect(firstRefusal(ALL, bad)?.reason).toBe('session_not_active');
    expect(firstRefusal(ALL.slice(1), bad)?.reason).toBe('market_closed');
    expect(firstRefusal(ACCOUNT_CHECKS, bad)?.reason).toBe('long_only');
  });
});

describe('a refusal', () => {
  it('names its rule, and the limit where one spoke', () => {
    expect(refuse('no_price', 'none came')).toEqual({ verdict: 'refused', reason: 'no_price', why: 'none came', limit: null });
    expect(over('maxDailyLoss', 0.06, 0.05, 'too much')).toEqual({
      verdict: 'refused',
      reason: 'maxDailyLoss',
      why: 'too much',
      limit: { name: 'maxDailyLoss', value: 0.06, threshold: 0.05 },
    });
    expect(percent(0.123456)).toBe('12.35 %');
  });
});
