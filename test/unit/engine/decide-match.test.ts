import { describe, expect, it } from 'vitest';
import { CHARGE_FACTS } from '../../../shared/config/charges.ts';
import { RATE_MAX_AGE_MS } from '../../../shared/config/risk.ts';
import type { Fill } from '../../../shared/contracts/fill.ts';
import { decideMatch } from '../../../shared/engine/decide-match.ts';
import { type Draft, draftOn } from '../../../shared/engine/draft.ts';
import { fillId } from '../../../shared/engine/fill-record.ts';
import { requestExit } from '../../../shared/engine/request-exit.ts';
import { canonicalJson } from '../../../shared/kernel/canonical-json.ts';
import { add, decimal, multiply, negate, subtract, sum, text, toNumber } from '../../../shared/kernel/decimal.ts';
import type { Account } from '../../../shared/ledger/account.ts';
import { exitId } from '../../../shared/ledger/resting-exit.ts';
import type { QuoteCheck } from '../../../shared/market/price.ts';
import {
  bareQuote,
  CLOSED_PHASE,
  checkOf,
  startedAccount,
  tickOf,
  viewOfSketch,
  withEntryOrder,
  withPosition,
} from '../../support/engine-fixtures.ts';
import { entryFill as entryFilled, entryOrder, happen, LIMITS, orderPlaced, rateOf, START_MS } from '../../support/ledger-fixtures.ts';
import { accountAfter, asked, exitIn, fillOf } from '../../support/working-orders.ts';

const ACTIVE_MS = START_MS + 80;
const ENTRY = asked('E:1');
const EXIT_ID = exitId('P:E:1', 1);
const LATER_MS = START_MS + 60_000;

const book = (last: number, atMs: number) => bareQuote('BTC', last, atMs, { bid: last - 0.01, ask: last + 0.01, bidSize: 100, askSize: 100 });
/** The exit at a tick, the quote being that tick's. */
const atTick = (account: Account, price: number, more: Parameters<typeof tickOf>[3] = {}, extreme: number | null = null): Draft | null =>
  decideMatch(
    account,
    viewOfSketch({ nowMs: LATER_MS, quotes: [bareQuote('BTC', price, LATER_MS)] }),
    asked(EXIT_ID, { tick: tickOf('BTC', price, LATER_MS, { quantity: 100, ...more }), extreme }),
  );

describe('shares that were bought for delivery', () => {
  const held = (): Account => {
    const order = { ...entryOrder({ symbol: 'RELIANCE', currency: 'INR' }), product: 'delivery' as const };
    return happen(startedAccount(), 'open', [orderPlaced(order), (account) => entryFilled(account, order.id, { price: '100' })]).after;
  };
  const soldAt = (instant: string): Fill => {
    const nowMs = Date.parse(instant);
    const view = viewOfSketch({ nowMs, quotes: [bareQuote('RELIANCE', 98, nowMs)] });
    return fillOf(decideMatch(held(), view, asked(EXIT_ID, { tick: tickOf('RELIANCE', 98, nowMs) })));
  };
  const riskOf = ({ charges }: Fill): readonly string[] =>
    charges.filter(({ line }) => line === 'short-delivery-risk').map(({ amount }) => text(amount));

  it('pay the risk of a short delivery when they are sold on the next trading day, in the books as well', () => {
    const fill = soldAt('2025-01-07T10:00:00+05:30');
    const { probability, penaltyShare } = CHARGE_FACTS.shortDelivery;
    const share = multiply(decimal(probability), decimal(penaltyShare));
    const risk = multiply(multiply(fill.quantity, fill.price), share);
    expect(riskOf(fill)).toEqual([text(risk)]);
    expect(fill.postings).toContainEqual({ account: 'charge:short-delivery-risk', currency: 'INR', amount: risk });
  });

  it.each([
    ['within the day', '2025-01-06T14:00:00+05:30'],
    ['when they have come', '2025-01-08T10:00:00+05:30'],
  ])('pay none when they are sold %s', (_, instant) => {
    expect(riskOf(soldAt(instant))).toEqual([]);
  });

  /** Sells both holdings of a share at these instants, the other of RELIANCE as well or of another company. */
  const depositoryOf = (first: string, second: string, symbol = 'RELIANCE'): readonly boolean[] => {
    const other = { ...entryOrder({ id: 'E:2', symbol, currency: 'INR' }), product: 'delivery' as const };
    const both = happen(held(), 'other', [orderPlaced(other), (account) => entryFilled(account, other.id, { price: '100' })]).after;
    const sell = (account: Account, orderId: string, sold: string, instant: string): Draft | null => {
      const nowMs = Date.parse(instant);
      const view = viewOfSketch({ nowMs, quotes: [bareQuote(sold, 98, nowMs)] });
      return decideMatch(account, view, asked(orderId, { tick: tickOf(sold, 98, nowMs) }));
    };
    const one = sell(both, EXIT_ID, 'RELIANCE', first);
    const two = sell(accountAfter(one), exitId('P:E:2', 1), symbol, second);
    return [one, two].map((draft) => fillOf(draft).charges.some(({ line }) => line === 'dp'));
  };

  it("pay the depository once for a share's sales of a day", () => {
    expect(depositoryOf('2025-01-08T10:00:00+05:30', '2025-01-08T14:00:00+05:30')).toEqual([true, false]);
    expect(depositoryOf('2025-01-08T10:00:00+05:30', '2025-01-09T10:00:00+05:30')).toEqual([true, true]);
    expect(depositoryOf('2025-01-08T10:00:00+05:30', '2025-01-08T14:00:00+05:30', 'TCS')).toEqual([true, true]);
  });
});

describe('an entry', () => {
  it('waits until its latency has passed, and fills from then on', () => {
    const account = withEntryOrder();
    const at = (nowMs: number): Draft | null => decideMatch(account, viewOfSketch({ nowMs, quotes: [book(100, START_MS)] }), ENTRY);
    expect(at(ACTIVE_MS - 1)).toBeNull();
    expect(text(fillOf(at(ACTIVE_MS)).price)).toBe('100.01');
  });

  it.each([
    ['there is no quote', viewOfSketch({ nowMs: ACTIVE_MS })],
    ['the quote is stale', viewOfSketch({ nowMs: ACTIVE_MS, quotes: [book(100, ACTIVE_MS - LIMITS.maxPriceAgeMs - 1)] })],
    ['no rate is known', viewOfSketch({ nowMs: ACTIVE_MS, quotes: [book(100, ACTIVE_MS)], rates: {} })],
    ['the market is closed', viewOfSketch({ nowMs: ACTIVE_MS, quotes: [book(100, ACTIVE_MS)], phase: CLOSED_PHASE })],
  ])('rests on while %s', (_, view) => {
    expect(decideMatch(withEntryOrder(), view, ENTRY)).toBeNull();
  });

  it.each<readonly [string, QuoteCheck]>([
    ['agreed', checkOf('agreed', { isWarning: true })],
    ['single-source', checkOf('single-source')],
  ])('fills on a quote whose check is %s, and keeps that with the fill', (_, check) => {
    const fill = fillOf(decideMatch(withEntryOrder(), viewOfSketch({ nowMs: ACTIVE_MS, quotes: [{ ...book(100, START_MS), check }] }), ENTRY));
    expect(fill.provenance.quote.check).toEqual({ state: check.state, spreadBps: check.spreadBps, against: check.against });
  });

  it('waits while other venues contradict its quote or it is too old to be compared, and fills when they agree again', () => {
    const at = (check: QuoteCheck): Draft | null =>
      decideMatch(withEntryOrder(), viewOfSketch({ nowMs: ACTIVE_MS, quotes: [{ ...book(100, START_MS), check }] }), ENTRY);
    expect(at(checkOf('diverged'))).toBeNull();
    expect(at(checkOf('stale'))).toBeNull();
    expect(fillOf(at(checkOf('agreed'))).purpose).toBe('entry');
  });

  it('waits while the rate is too old; an exit is settled by it nevertheless', () => {
    const nowMs = LATER_MS;
    const sketch = viewOfSketch({ nowMs, quotes: [book(100, nowMs)] });
    const view = { ...sketch, rate: () => ({ ...rateOf('USDT'), asOfMs: nowMs - RATE_MAX_AGE_MS.USDT - 1 }) };
    expect(decideMatch(withEntryOrder(), view, ENTRY)).toBeNull();
    const exit = decideMatch(withPosition(), view, asked(EXIT_ID, { tick: tickOf('BTC', 97, nowMs) }));
    expect(fillOf(exit).rate.asOfMs).toBe(nowMs - RATE_MAX_AGE_MS.USDT - 1);
  });

  it('is nothing when the order has ended', () => {
    expect(decideMatch(startedAccount(), viewOfSketch({ nowMs: ACTIVE_MS, quotes: [book(100, ACTIVE_MS)] }), ENTRY)).toBeNull();
  });

  it('moves cash by what it bought, exactly, and leaves a position of what arrived with its resting exit', () => {
    const before = withEntryOrder();
    const draft = decideMatch(before, viewOfSketch({ nowMs: ACTIVE_MS, quotes: [book(100, START_MS)] }), ENTRY);
    const fill = fillOf(draft);
    const after = draft?.account() ?? before;
    // 2 BTC at 100.01; the venue takes its commission of 0.1 % out of the coin.
    expect(text(subtract(before.cash, after.cash))).toBe('200.02');
    expect(fill).toMatchObject({ id: fillId('E:1', 1), ordinal: 1, trigger: 'market', realised: null, exitReason: null, purpose: 'entry' });
    expect(fill.charges).toEqual([{ line: 'commission', amount: decimal('0.20002'), taken: { currency: 'BTC', amount: decimal('0.002') } }]);
    const [position] = after.positions.values();
    expect(position).toMatchObject({
      direction: 'long',
      entryPrice: decimal('100.01'),
      quantity: decimal('1.998'),
      cost: decimal('199.81998'),
      entryCharges: decimal('0.20002'),
      openedMs: ACTIVE_MS,
      exitByMs: ACTIVE_MS + 900_000,
    });
    expect([...after.orders.keys()]).toEqual([EXIT_ID]);
    expect(exitIn(after)).toMatchObject({
      side: 'sell',
      quantity: decimal('1.998'),
      stop: decimal('98.5'),
      target: decimal('103'),
      activeFromMs: ACTIVE_MS,
    });
  });

  it('keeps with the fill what it was made from', () => {
    const fill = fillOf(decideMatch(withEntryOrder(), viewOfSketch({ nowMs: ACTIVE_MS, quotes: [book(100, START_MS)] }), ENTRY));
    expect(fill.provenance).toMatchObject({
      baseRule: 'touch',
      latencyMs: 80,
      minuteVolume: 1_000,
      volatility: 0.0002,
      seed: 'seed',
      quote: { last: 100, source: 'test' },
    });
    expect(fill.rate).toMatchObject({ currency: 'USDT', value: decimal('1'), source: 'test' });
  });

  it('takes an unknown volatility to be high', () => {
    const view = viewOfSketch({ nowMs: ACTIVE_MS, quotes: [bareQuote('BTC', 100, START_MS)], tape: { volatility: null, minuteVolume: null } });
    expect(fillOf(decideMatch(withEntryOrder(), view, ENTRY)).provenance).toMatchObject({ regime: 'high', minuteVolume: null });
  });

  it('is rejected when the free cash does not pay for it, and its reservation is free again', () => {
    const before = withEntryOrder({ quantity: '10', reserved: '1010' }, startedAccount('1000'));
    const draft = decideMatch(before, viewOfSketch({ nowMs: ACTIVE_MS, quotes: [book(100, START_MS)] }), ENTRY);
    expect(draft?.rows.map((row) => row.event)).toMatchObject([
      { type: 'order-ended', state: 'rejected', reason: expect.stringMatching(/^insufficient_cash: the fill needs 1000\.1 USD, free are 1000$/) },
    ]);
    expect([draft?.account().orders.size, draft?.account().positions.size, draft?.account().cash]).toEqual([0, 0, before.cash]);
  });

  it('does not touch cash that another entry has reserved', () => {
    const both = withEntryOrder(
      { id: 'E:2', symbol: 'ETH', reserved: '700' },
      withEntryOrder({ quantity: '4', reserved: '404' }, startedAccount('1000')),
    );
    const draft = decideMatch(both, viewOfSketch({ nowMs: ACTIVE_MS, quotes: [book(100, START_MS)] }), ENTRY);
    expect(draft?.rows[0]?.event).toMatchObject({ type: 'order-ended', reason: expect.stringContaining('free are 300') });
  });

  it('opens a short against twice its proceeds', () => {
    const sketch = { symbol: 'RELIANCE', side: 'sell', currency: 'INR', quantity: '10', reserved: '13', stop: '101.5', target: '97' } as const;
    const view = viewOfSketch({ nowMs: ACTIVE_MS, quotes: [bareQuote('RELIANCE', 100, START_MS)] });
    const after = decideMatch(withEntryOrder(sketch), view, ENTRY)?.account();
    const [position] = after?.positions.values() ?? [];
    expect(position?.direction).toBe('short');
    expect((after?.cash ?? 0n) > decimal('100000')).toBe(true);
    const tooLarge = withEntryOrder({ ...sketch, quantity: '1000', reserved: '1260' }, startedAccount('1200'));
    const deep = { ...view, tape: () => ({ volatility: 0.0002, minuteVolume: 100_000 }) };
    expect(decideMatch(tooLarge, deep, ENTRY)?.rows.map((row) => row.event)).toMatchObject([
      { type: 'order-ended', state: 'rejected', reason: expect.stringMatching(/^insufficient_cash: the fill needs 12\d\d\./) },
    ]);
  });
});

describe('a resting exit', () => {
  it('rests while no level is reached, and while nobody names a tick', () => {
    expect(atTick(withPosition(), 100)).toBeNull();
    const view = viewOfSketch({ nowMs: LATER_MS, quotes: [bareQuote('BTC', 90, LATER_MS)] });
    expect(decideMatch(withPosition(), view, asked(EXIT_ID))).toBeNull();
  });

  it('fills at the target without slippage when the market trades through', () => {
    const fill = fillOf(atTick(withPosition(), 103.01));
    expect([text(fill.price), fill.trigger, fill.exitReason, fill.slippage]).toEqual(['103', 'target', 'target', 0n]);
  });

  it('gaps through its stop to the print, less the costs of a market order', () => {
    const fill = fillOf(atTick(withPosition(), 97));
    expect([fill.trigger, fill.provenance.baseRule, text(fill.provenance.basePrice)]).toEqual(['stop', 'gap', '97']);
    expect(toNumber(fill.price)).toBeLessThan(97);
  });

  it('fills at the level, less the costs, when a bar sweeps through it', () => {
    const fill = fillOf(atTick(withPosition(), 95, { motion: 'sweep' }));
    expect([fill.provenance.baseRule, text(fill.provenance.basePrice)]).toEqual(['stop-level', '98.5']);
    expect(toNumber(fill.price)).toBeLessThan(98.5);
    expect(toNumber(fill.price)).toBeGreaterThan(98.4);
  });

  it.each([
    ['beyond the stop', 98.2],
    ['at the stop itself', 98.5],
  ])('takes the book when it stands worse than a print %s', (_, price) => {
    const quote = bareQuote('BTC', price, LATER_MS, { bid: 96, ask: 96.1, bidSize: 100, askSize: 100 });
    const draft = decideMatch(
      withPosition(),
      viewOfSketch({ nowMs: LATER_MS, quotes: [quote] }),
      asked(EXIT_ID, { tick: tickOf('BTC', price, LATER_MS) }),
    );
    expect([fillOf(draft).trigger, text(fillOf(draft).price), fillOf(draft).provenance.baseRule]).toEqual(['stop', '96', 'touch']);
  });

  it('hangs a trail on the best price that the matcher has seen', () => {
    const position = withPosition({ stop: '90' });
    const trailing: Account = { ...position, orders: new Map([[EXIT_ID, { ...exitIn(position), trail: { kind: 'share', share: 0.02 } }]]) };
    expect(atTick(trailing, 100, {}, 102)).toBeNull();
    expect(fillOf(atTick(trailing, 99.9, {}, 102))).toMatchObject({ trigger: 'trailing-stop', exitReason: 'trailing-stop' });
    expect(fillOf(atTick(trailing, 97.9, {}, null))).toMatchObject({ trigger: 'trailing-stop' });
  });

  it('books the result exactly: the cash that came back less the cash that went in', () => {
    const before = withPosition();
    const draft = atTick(before, 103.01);
    const after = draft?.account() ?? before;
    const { realised } = fillOf(draft);
    // 2 x 103 less 0.1 % of 206; 2 x 100 and 0.2 commission went in.
    expect(text(after.cash)).toBe('100005.594');
    expect(realised).toMatchObject({ net: decimal('5.594'), price: decimal('6'), charges: decimal('0.406'), currency: decimal('0') });
    expect(after.totals).toMatchObject({ trades: 1, wins: 1, realised: decimal('5.594') });
    expect([after.positions.size, after.orders.size]).toEqual([0, 0]);
    expect(draft?.trades).toMatchObject([{ id: 'P:E:1', closedWhy: 'target', entryPrice: decimal('100'), exitPrice: decimal('103') }]);
  });

  it('splits the result of a foreign position into price and currency', () => {
    const sketch = { symbol: 'RELIANCE', currency: 'INR', quantity: '10', stop: '98.5', target: '103' } as const;
    const before = withPosition(sketch);
    const view = viewOfSketch({ nowMs: LATER_MS, quotes: [bareQuote('RELIANCE', 104, LATER_MS)], rates: { INR: '0.9' } });
    const realised = fillOf(decideMatch(before, view, asked(EXIT_ID, { tick: tickOf('RELIANCE', 104, LATER_MS, { quantity: 100 }) }))).realised;
    if (realised === null) throw new Error('no result');
    // 10 x (103 - 100) at the exit's rate; the cost of 1000 is worth a tenth less.
    expect([text(realised.price), text(realised.currency)]).toEqual(['27', '-100']);
    expect(realised.net).toBe(subtract(add(realised.price, realised.currency), realised.charges));
  });

  it('balances its postings in each currency', () => {
    const fill = fillOf(atTick(withPosition(), 97));
    for (const currency of ['USD', 'USDT']) {
      expect(sum(fill.postings.filter((posting) => posting.currency === currency).map(({ amount }) => amount))).toBe(0n);
    }
  });
});

describe('an exit on a quote that other venues contradict', () => {
  const exitOn = (check: QuoteCheck | null): Draft | null =>
    decideMatch(
      withPosition(),
      viewOfSketch({ nowMs: LATER_MS, quotes: [bareQuote('BTC', 97, LATER_MS, { check })] }),
      asked(EXIT_ID, { tick: tickOf('BTC', 97, LATER_MS) }),
    );

  it('fills, keeps what they said, and flags its trade', () => {
    const draft = exitOn(checkOf('diverged', { spreadBps: -150 }));
    expect(fillOf(draft).provenance.quote.check).toEqual({ state: 'diverged', spreadBps: -150, against: ['coinbase', 'kraken'] });
    expect(draft?.trades).toMatchObject([{ id: 'P:E:1', flags: ['diverged_quote'] }]);
  });

  it.each([
    ['agree', checkOf('agreed')],
    ['are silent', checkOf('single-source')],
    ['do not exist', null],
  ])('is not flagged where they %s', (_, check) => {
    expect(exitOn(check)?.trades[0]).not.toHaveProperty('flags');
  });

  it('leaves a row that a journal without second sources would have, to the byte', () => {
    expect(canonicalJson(exitOn(null)?.rows[0]?.event)).not.toContain('check');
  });
});

describe('an exit that was asked for', () => {
  const requested = (): { readonly account: Account; readonly activeMs: number } => {
    const draft = draftOn(withPosition(), 'monitor');
    const [position] = draft.account().positions.values();
    if (position === undefined) throw new Error('no position');
    expect(requestExit(draft, position, { reason: 'time', quantity: null, nowMs: LATER_MS })?.id).toBe(EXIT_ID);
    return { account: draft.account(), activeMs: exitIn(draft.account()).activeFromMs };
  };

  it('fills at market after its latency, with the reason it was asked for', () => {
    const { account, activeMs } = requested();
    expect(activeMs).toBeGreaterThan(LATER_MS);
    const at = (nowMs: number): Draft | null => decideMatch(account, viewOfSketch({ nowMs, quotes: [book(101, LATER_MS)] }), asked(EXIT_ID));
    expect(at(activeMs - 1)).toBeNull();
    expect(fillOf(at(activeMs))).toMatchObject({ trigger: 'market', exitReason: 'time', price: decimal('100.99') });
  });

  it('is the one exit of its position: a stop that is reached meanwhile fills the same order once', () => {
    const { account, activeMs } = requested();
    const view = viewOfSketch({ nowMs: activeMs, quotes: [bareQuote('BTC', 90, activeMs)] });
    const first = decideMatch(account, view, asked(EXIT_ID, { tick: tickOf('BTC', 90, activeMs) }));
    expect(fillOf(first)).toMatchObject({ id: fillId(EXIT_ID, 1), exitReason: 'time' });
    const after = first?.account() ?? account;
    expect(decideMatch(after, view, asked(EXIT_ID, { tick: tickOf('BTC', 90, activeMs) }))).toBeNull();
    expect(
      requestExit(draftOn(after, 'again'), [...account.positions.values()][0] as never, { reason: 'manual', quantity: null, nowMs: activeMs }),
    ).toBeNull();
  });

  it('cannot be asked for twice', () => {
    const { account } = requested();
    const draft = draftOn(account, 'again');
    expect(requestExit(draft, [...account.positions.values()][0] as never, { reason: 'manual', quantity: null, nowMs: LATER_MS })).toBeNull();
    expect(draft.rows).toEqual([]);
  });
});

describe('a round trip', () => {
  it('is worth what its postings say: cash, charges and result add up', () => {
    const before = withPosition();
    const fill = fillOf(atTick(before, 97));
    const charged = sum(fill.charges.map(({ amount }) => amount));
    const cash = sum(fill.postings.filter(({ account, currency }) => account === 'cash' && currency === 'USD').map(({ amount }) => amount));
    expect(cash).toBe(subtract(multiply(fill.quantity, fill.price), charged));
    const leaves = sum(fill.postings.filter(({ account }) => account.startsWith('position:')).map(({ amount }) => amount));
    expect(leaves).toBe(negate([...before.positions.values()][0]?.cost ?? decimal('0')));
  });
});
