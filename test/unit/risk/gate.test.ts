import { describe, expect, it } from 'vitest';
import { CROSS_CHECK } from '../../../shared/config/cross-check.ts';
import { instrumentBySymbol } from '../../../shared/config/instruments.ts';
import { RATE_MAX_AGE_MS } from '../../../shared/config/risk.ts';
import { decimal, text, toNumber } from '../../../shared/kernel/decimal.ts';
import type { Account } from '../../../shared/ledger/account.ts';
import { type GateInput, riskGate } from '../../../shared/risk/gate.ts';
import {
  BTC,
  bareQuote,
  CLOSED_PHASE,
  checkOf,
  OPEN_PHASE,
  opportunityOf,
  startedAccount,
  withEntryOrder,
  withPosition,
} from '../../support/engine-fixtures.ts';
import { gateInput } from '../../support/gate-input.ts';
import { LIMITS, rateOf, START_MS } from '../../support/ledger-fixtures.ts';

const NOW = START_MS + 60_000;
const RELIANCE = instrumentBySymbol('RELIANCE');

const input = (more: Partial<GateInput> = {}): GateInput => gateInput(NOW, more);

const withLimits = (limits: Partial<Account['limits']>, account = startedAccount()): Account => ({
  ...account,
  limits: { ...account.limits, ...limits },
});

/** A short of shares at 100: cash has its proceeds, of which twice is blocked. */
const withShort = (quantity: string): Account =>
  withLimits(
    { maxTotalExposure: 1, maxPortfolioRisk: 1, maxVar: 1 },
    withPosition({ symbol: 'RELIANCE', side: 'sell', currency: 'INR', quantity, price: '100', stop: '101.5', target: '97' }),
  );

describe('an entry into the closing auction', () => {
  const AUCTION_PHASE = { ...OPEN_PHASE, canEnter: false, phase: 'closing-auction-entry', reason: 'Closing auction takes orders' } as const;
  const TEN_MINUTES_MS = 600_000;
  const auctioned = (more: Partial<GateInput> = {}): GateInput =>
    input({
      strategy: 'btst',
      instrument: RELIANCE,
      product: 'delivery',
      rate: rateOf('INR', '0.0125'),
      opportunity: opportunityOf({ tradedIn: 'closing-auction', riskFactor: 1.3 }),
      quote: bareQuote('RELIANCE', 100, NOW - TEN_MINUTES_MS),
      phase: AUCTION_PHASE,
      ...more,
    });

  it('passes on the last price of continuous trading, old as that is', () => {
    expect(riskGate(auctioned())).toMatchObject({ verdict: 'passed', sizedBy: 'strategyMaxPosition' });
    expect(riskGate(auctioned({ opportunity: opportunityOf() }))).toMatchObject({ reason: 'market_closed' });
  });

  it.each<readonly [reason: string, more: Partial<GateInput>]>([
    ['auction_closed', { phase: { ...AUCTION_PHASE, phase: 'closing-auction-limit-entry' } }],
    ['auction_closed', { phase: OPEN_PHASE }],
    ['calendar_not_covered', { phase: { ...AUCTION_PHASE, isCovered: false } }],
    ['no_price', { quote: null }],
    ['auctionPriceMaxAgeMs', { quote: bareQuote('RELIANCE', 100, NOW - 2 * TEN_MINUTES_MS) }],
    ['delayed_price', { quote: bareQuote('RELIANCE', 100, NOW, { evidence: 'delayed' }) }],
    ['no_rate', { rate: null }],
  ])('says %s', (reason, more) => {
    expect(riskGate(auctioned(more))).toMatchObject({ verdict: 'refused', reason });
  });
});

describe('an entry that the gate refuses', () => {
  it.each<readonly [reason: string, more: Partial<GateInput>, says: RegExp]>([
    ['session_not_active', { account: { ...startedAccount(), status: 'stopping' } }, /stopping/],
    ['market_closed', { phase: CLOSED_PHASE }, /After the close/],
    ['calendar_not_covered', { phase: { ...CLOSED_PHASE, isCovered: false, reason: 'No calendar for 2031' } }, /No calendar for 2031/],
    ['no_price', { quote: null }, /No price of BTC/],
    ['delayed_price', { quote: bareQuote('BTC', 100, NOW, { evidence: 'delayed' }) }, /delayed/],
    ['no_rate', { rate: null }, /No USDT\/USD rate/],
    ['already_in_position', { account: withPosition() }, /holds BTC/],
    ['order_working', { account: withEntryOrder() }, /working order in BTC/],
    ['long_only', { opportunity: opportunityOf({ direction: 'short', stop: 101, target: 98 }) }, /cannot be sold short/],
    [
      'short_needs_intraday',
      {
        instrument: RELIANCE,
        product: 'delivery',
        rate: rateOf('INR', '0.0125'),
        opportunity: opportunityOf({ direction: 'short', stop: 101, target: 98 }),
      },
      /within the day only/,
    ],
    ['price_moved', { quote: bareQuote('BTC', 99, NOW) }, /no longer between/],
    ['price_moved', { quote: bareQuote('BTC', 102, NOW) }, /no longer between/],
    ['min_notional', { account: withLimits({ minPositionUsd: 1, maxPositionSize: 0.00003 }) }, /least notional/],
  ])('says %s', (reason, more, says) => {
    const verdict = riskGate(input(more));
    expect(verdict).toMatchObject({ verdict: 'refused', reason, limit: null });
    expect(verdict.verdict === 'refused' && verdict.why).toMatch(says);
  });

  it.each<readonly [symbol: string, spreadBps: number, clearedBps: number]>([
    ['BTC', 120.5, 50],
    ['BTC', -50.01, 50],
    ['SOL', -250, 100],
  ])('says quote_diverged of %s at %d bps until it is back at %d', (symbol, spreadBps, clearedBps) => {
    const check = checkOf('diverged', { spreadBps });
    const verdict = riskGate(input({ instrument: instrumentBySymbol(symbol), quote: bareQuote(symbol, 100, NOW, { check }) }));
    expect(verdict).toMatchObject({ reason: 'quote_diverged', limit: { name: 'clearedBps', value: Math.abs(spreadBps), threshold: clearedBps } });
    expect(verdict.verdict === 'refused' && verdict.why).toMatch(/from coinbase and kraken: diverged at [12]00 bps for 3 s/);
  });

  it('says quote_stale where the price was too old to be compared, although the account would take it', () => {
    const verdict = riskGate(input({ quote: bareQuote('BTC', 100, NOW - 12_000, { check: checkOf('stale') }) }));
    expect(verdict).toMatchObject({ verdict: 'refused', reason: 'quote_stale', limit: { value: 12_000, threshold: CROSS_CHECK.ownMaxAgeMs } });
  });

  it.each<readonly [limit: string, value: number, threshold: number, more: Partial<GateInput>]>([
    ['maxPriceAgeMs', 30_001, 30_000, { quote: bareQuote('BTC', 100, NOW - 30_001) }],
    ['rateMaxAgeMs', RATE_MAX_AGE_MS.USDT + 1, RATE_MAX_AGE_MS.USDT, { rate: { ...rateOf('USDT'), asOfMs: NOW - RATE_MAX_AGE_MS.USDT - 1 } }],
    [
      'rateMaxAgeMs',
      RATE_MAX_AGE_MS.INR + 1,
      RATE_MAX_AGE_MS.INR,
      { instrument: RELIANCE, quote: bareQuote('RELIANCE', 100, NOW), rate: { ...rateOf('INR', '0.01'), asOfMs: NOW - RATE_MAX_AGE_MS.INR - 1 } },
    ],
    ['leastConfidence', 0.59, 0.6, { opportunity: opportunityOf({ confidence: 0.59 }) }],
    ['leastRewardToRisk', 1.5, 2, { opportunity: opportunityOf({ target: 101.5 }) }],
    ['maxDailyLoss', 0.05, 0.05, { account: { ...startedAccount(), cash: decimal('95000') } }],
    ['minPositionUsd', 50, 100, { account: withLimits({}, startedAccount('1000')) }],
    [
      'maxTotalExposure',
      0.5,
      0.5,
      { account: withLimits({ maxTotalExposure: 0.5 }, withPosition({ symbol: 'ETH', quantity: '500' })), markOf: () => decimal('100.0004') },
    ],
    ['maxPortfolioRisk', 0.0075, 0.0075, { account: withLimits({ maxPortfolioRisk: 0.0075 }, withPosition({ symbol: 'ETH', quantity: '500' })) }],
    ['availableCash', 49.306, 100, { account: withShort('999.5'), markOf: () => decimal('90') }],
  ])('names the limit %s with its value and threshold', (name, value, threshold, more) => {
    const verdict = riskGate(input(more));
    expect(verdict).toMatchObject({ verdict: 'refused', reason: name === 'minPositionUsd' ? 'minPositionUsd' : name });
    if (verdict.verdict !== 'refused') throw new Error('passed');
    expect(verdict.limit?.name).toBe(name);
    expect(verdict.limit?.threshold).toBe(threshold);
    expect(verdict.limit?.value).toBeCloseTo(value, 4);
  });

  it('is refused by the first rule that objects', () => {
    expect(riskGate(input({ phase: CLOSED_PHASE, quote: null, rate: null }))).toMatchObject({ reason: 'market_closed' });
    expect(riskGate(input({ quote: null, rate: null }))).toMatchObject({ reason: 'no_price' });
  });

  it('is refused, not an error, when the account is worth nothing', () => {
    const worthless: Account = { ...startedAccount(), cash: decimal('0'), day: { ...startedAccount().day, startEquity: decimal('0') } };
    expect(riskGate(input({ account: worthless }))).toMatchObject({ verdict: 'refused', reason: 'maxDailyLoss' });
    const underWater: Account = { ...worthless, cash: decimal('-5'), day: { ...worthless.day, startEquity: decimal('-5') } };
    expect(riskGate(input({ account: underWater }))).toMatchObject({ verdict: 'refused', reason: 'maxDailyLoss' });
  });
});

describe('an entry that the gate passes', () => {
  it.each<readonly [cap: string, notional: number, more: Partial<GateInput>]>([
    ['strategyMaxPosition', 5_000, {}],
    ['strategyMaxPosition', 8_000, { strategy: 'swing' }],
    ['maxPositionSize', 2_000, { account: withLimits({ maxPositionSize: 0.02 }) }],
    [
      'maxTotalExposure',
      (50_200 - 50_000) / 1.01,
      { account: withLimits({ maxTotalExposure: 0.502, maxVar: 1 }, withPosition({ symbol: 'ETH', quantity: '500' })) },
    ],
    [
      'maxPortfolioRisk',
      (0.001 * 100_000) / 0.05 / 1.01,
      { account: withLimits({ maxPortfolioRisk: 0.001 }), opportunity: opportunityOf({ stop: 95, target: 110 }) },
    ],
    ['availableCash', 990.099, { account: withShort('990'), markOf: () => decimal('90') }],
  ])('is sized by the cap that binds: %s, $%d', (cap, notional, more) => {
    // The commission of the position in ETH is left out of the account's worth.
    const given = input(more);
    const [held] = given.account.positions.values();
    const cash = held === undefined ? '100000' : held.direction === 'long' ? '50000' : '199000';
    const verdict = riskGate({ ...given, account: { ...given.account, cash: decimal(cash) } });
    expect(verdict).toMatchObject({ verdict: 'passed', sizedBy: cap });
    if (verdict.verdict !== 'passed') throw new Error('refused');
    expect(toNumber(verdict.quantity) * 100).toBeCloseTo(notional, 1);
    expect(toNumber(verdict.quantity) * 100).toBeLessThanOrEqual(notional + 0.01);
    expect(toNumber(verdict.reserve)).toBeCloseTo(toNumber(verdict.quantity) * 101, 6);
  });

  it('is in whole lots, rounded down', () => {
    const verdict = riskGate(input({ instrument: RELIANCE, product: 'intraday', rate: rateOf('INR', '0.0125'), rateOf: () => decimal('0.0125') }));
    if (verdict.verdict !== 'passed') throw new Error(verdict.why);
    expect(text(verdict.quantity)).toBe('4000');
    const odd = riskGate(input({ instrument: RELIANCE, product: 'intraday', rate: rateOf('INR', '0.0126'), rateOf: () => decimal('0.0126') }));
    if (odd.verdict !== 'passed') throw new Error(odd.why);
    expect(text(odd.quantity)).toBe(String(Math.floor(5_000 / 1.26)));
  });

  it('may be exactly at the age, confidence and reward that are asked', () => {
    const atTheEdge = input({
      quote: bareQuote('BTC', 100, NOW - LIMITS.maxPriceAgeMs),
      opportunity: opportunityOf({ confidence: 0.6, stop: 99, target: 102 }),
    });
    expect(riskGate(atTheEdge)).toMatchObject({ verdict: 'passed' });
  });

  it('may be held by another strategy', () => {
    expect(riskGate(input({ strategy: 'swing', account: withPosition() }))).toMatchObject({ verdict: 'passed' });
  });

  it('is sized by the risk from the price that it will pay, not from the bar it was seen on', () => {
    const tight = withLimits({ maxPortfolioRisk: 0.0003 });
    const seen = riskGate(input({ account: tight }));
    const moved = riskGate(input({ account: tight, quote: bareQuote('BTC', 100.9, NOW) }));
    if (seen.verdict !== 'passed' || moved.verdict !== 'passed') throw new Error('refused');
    expect(seen.sizedBy).toBe('maxPortfolioRisk');
    expect(toNumber(moved.quantity) * 1.9).toBeLessThanOrEqual(0.0003 * 100_000);
  });

  it('is on the lot and above the least notional that the venue lists now', () => {
    const coarse = { ...BTC, lotStep: decimal('7'), minNotional: decimal('5') };
    const verdict = riskGate(input({ instrument: coarse }));
    if (verdict.verdict !== 'passed') throw new Error(verdict.why);
    expect(toNumber(verdict.quantity) % 7).toBe(0);
    expect(riskGate(input({ instrument: { ...BTC, minNotional: decimal('1000000') } }))).toMatchObject({ reason: 'min_notional' });
  });
});
