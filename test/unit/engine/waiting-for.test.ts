import { describe, expect, it } from 'vitest';
import { RATE_MAX_AGE_MS } from '../../../shared/config/risk.ts';
import type { EntryOrder, ExitOrder, Instruction } from '../../../shared/contracts/order.ts';
import type { Trail } from '../../../shared/contracts/terms.ts';
import { decideMatch } from '../../../shared/engine/decide-match.ts';
import { waitingFor } from '../../../shared/engine/waiting-for.ts';
import { decimal } from '../../../shared/kernel/decimal.ts';
import type { Account } from '../../../shared/ledger/account.ts';
import { bareQuote, CLOSED_PHASE, checkOf, OPEN_PHASE, rulesOf, type ViewSketch, viewOfSketch, withPosition } from '../../support/engine-fixtures.ts';
import { rateOf, START_MS } from '../../support/ledger-fixtures.ts';
import { asked, exitIn, orderWith, placed } from '../../support/working-orders.ts';

const NOW = START_MS + 60_000;
const AUCTION = { ...OPEN_PHASE, canEnter: false, phase: 'closing-auction-matching', reason: 'Closing auction' } as const;
const limit = decimal('99');
const stop = decimal('101.5');

const entry = (more: Partial<EntryOrder> = {}): Account => placed([orderWith(more)]);
const view = (more: ViewSketch = {}) => viewOfSketch({ nowMs: NOW, quotes: [bareQuote('BTC', 100, NOW)], ...more });
const quoted = (...args: Parameters<typeof bareQuote>): ViewSketch => ({ quotes: [bareQuote(...args)] });

describe('an entry says why it does not fill', () => {
  it.each<readonly [code: string, says: RegExp, view: ViewSketch, order: Partial<EntryOrder>]>([
    ['in_flight', /the venue has it from 2025-01-06T04:00:00\.080Z/, { nowMs: START_MS + 79 }, {}],
    ['expired', /its time is over/, {}, { expiresMs: NOW }],
    ['market_closed', /CRYPTO: After the close/, { phase: CLOSED_PHASE }, {}],
    ['closing_auction', /trades in continuous trading/, { phase: AUCTION }, {}],
    ['awaits_auction', /has not begun/, {}, { tradedIn: 'closing-auction' }],
    ['not_trading', /Binance exchangeInfo says BREAK/, { rules: [rulesOf('BTC', 'BREAK')] }, {}],
    ['no_price', /no price of BTC/, { quotes: [] }, {}],
    ['stale_price', /31 s old, at most 30 s/, quoted('BTC', 100, NOW - 31_000), {}],
    ['crossed_quote', /bid 100.1 is above ask 100/, quoted('BTC', 100, NOW, { bid: 100.1, ask: 100 }), {}],
    ['one_sided_quote', /nobody offers/, { books: [bookOf([{ price: 100, quantity: 1 }], [])] }, {}],
    ['one_sided_quote', /nobody bids/, { books: [bookOf([], [{ price: 100, quantity: 1 }])] }, {}],
    ['no_rate', /no USDT\/USD rate/, { rates: {} }, {}],
    ['delayed_price', /marks positions and opens none/, quoted('BTC', 100, NOW, { evidence: 'delayed' }), {}],
    ['quote_diverged', /120 bps from coinbase and kraken/, quoted('BTC', 100, NOW, { check: checkOf('diverged') }), {}],
    ['quote_stale', /too old to be compared/, quoted('BTC', 100, NOW, { check: checkOf('stale') }), {}],
  ])('%s: %s', (code, says, sketch, more) => {
    const account = entry(more);
    const market = view(sketch);
    const waiting = waitingFor(account, market, orderWith(more));
    expect(waiting).toEqual({ code, why: expect.stringMatching(says) });
    // What is said is what is done.
    expect(decideMatch(account, market, asked('E:1'))).toBeNull();
  });

  it('rate_too_old, where the rate cannot be trusted any more', () => {
    const market = { ...view(), rate: () => ({ ...rateOf('USDT'), asOfMs: NOW - RATE_MAX_AGE_MS.USDT - 1 }) };
    expect(waitingFor(entry(), market, orderWith({}))).toMatchObject({ code: 'rate_too_old', why: expect.stringContaining('USDT/USD') });
    expect(decideMatch(entry(), market, asked('E:1'))).toBeNull();
  });

  it('awaits_fill, where nothing holds it back: the next price fills it', () => {
    expect(waitingFor(entry(), view(), orderWith({}))).toEqual({
      code: 'awaits_fill',
      why: 'it fills when the next price finds enough to trade, the last price is 100',
    });
    expect(decideMatch(entry(), view(), asked('E:1'))).not.toBeNull();
  });
});

describe('an entry says what price it waits for', () => {
  const share: Trail = { kind: 'share', share: 0.02 };
  it.each<readonly [says: string, instruction: Instruction, more: Partial<EntryOrder>]>([
    ['a trade below its limit 99, or for its turn at it', { type: 'limit', limit }, {}],
    ['a trade above its limit 99, or for its turn at it', { type: 'limit', limit }, { side: 'sell' }],
    ['a trade at or above its stop 101.5', { type: 'stop', stop }, {}],
    ['a trade at or below its stop 101.5', { type: 'stop', stop }, { side: 'sell' }],
    ['a trade at or above its stop 101.5', { type: 'stop-limit', stop, limit }, {}],
    ['a trade below its limit 99, or for its turn at it', { type: 'stop-limit', stop, limit }, { triggeredMs: START_MS }],
    ['a turn of 2.00 % from the best price', { type: 'trailing-stop', trail: share }, {}],
    ['a turn of 3 (2 x ATR(14)) from the best price', { type: 'trailing-stop', trail: { kind: 'distance', distance: 3, basis: '2 x ATR(14)' } }, {}],
  ])('it waits for %s', (says, instruction, more) => {
    const order = orderWith({ instruction, ...more });
    expect(waitingFor(placed([order]), view(), order)).toEqual({ code: 'level_not_reached', why: `it waits for ${says}, the last price is 100` });
  });

  it('or for the price of the auction that is held', () => {
    const order = orderWith({ tradedIn: 'closing-auction' });
    expect(waitingFor(placed([order]), view({ phase: AUCTION }), order)).toMatchObject({ code: 'awaits_auction' });
  });
});

describe('an exit says what it waits for', () => {
  const exitWith = (more: Partial<ExitOrder> = {}, sketch: ViewSketch = {}) => {
    const account = withPosition();
    return waitingFor(account, view(sketch), { ...exitIn(account), ...more });
  };

  it('is any of its levels, with the price that stands', () => {
    expect(exitWith()).toEqual({ code: 'level_not_reached', why: 'it waits for its stop 98.5 or its target 103, the last price is 100' });
    expect(exitWith({ stop: null, trail: { kind: 'share', share: 0.02 } }).why).toContain('its target 103 or a turn of 2.00 % from the best price');
  });

  it('is to be asked for, where it has none', () => {
    expect(exitWith({ stop: null, target: null })).toMatchObject({ code: 'no_levels' });
  });

  it('is a price with enough to trade, once it is at market', () => {
    expect(exitWith({ atMarket: { reason: 'manual', quantity: null, requestedMs: START_MS } })).toMatchObject({ code: 'awaits_fill' });
  });

  it.each(['diverged', 'stale'] as const)('is not another word of the venues: a quote that is %s does not hold it back', (state) => {
    expect(exitWith({}, quoted('BTC', 100, NOW, { check: checkOf(state) }))).toMatchObject({ code: 'level_not_reached' });
    expect(exitWith({}, quoted('BTC', 100, NOW, { evidence: 'delayed' }))).toMatchObject({ code: 'level_not_reached' });
  });

  it('is the price itself, where none is fresh', () => {
    expect(exitWith({}, quoted('BTC', 100, NOW - 31_000))).toMatchObject({ code: 'stale_price' });
  });

  it('is continuous trading while an auction is held, unless it was asked for', () => {
    expect(exitWith({}, { phase: AUCTION })).toMatchObject({ code: 'closing_auction' });
    expect(exitWith({ atMarket: { reason: 'manual', quantity: null, requestedMs: START_MS } }, { phase: AUCTION })).toMatchObject({
      code: 'awaits_fill',
    });
  });
});

function bookOf(bids: readonly { price: number; quantity: number }[], asks: readonly { price: number; quantity: number }[]) {
  return { symbol: 'BTC', bids, asks, exchangeMs: NOW, receivedMs: NOW, source: 'test', evidence: 'simulated' } as const;
}
