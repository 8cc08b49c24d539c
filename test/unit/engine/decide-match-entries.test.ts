import { describe, expect, it } from 'vitest';
import type { EntryOrder, Instruction } from '../../../shared/contracts/order.ts';
import { decideMatch } from '../../../shared/engine/decide-match.ts';
import type { Draft } from '../../../shared/engine/draft.ts';
import type { MatchCommand } from '../../../shared/engine/fill-inputs.ts';
import { fillId } from '../../../shared/engine/fill-record.ts';
import type { Tape } from '../../../shared/engine/view.ts';
import { add, decimal, multiply, subtract, sum, text, toNumber } from '../../../shared/kernel/decimal.ts';
import { type Account, blockedCash } from '../../../shared/ledger/account.ts';
import { standingsOf } from '../../../shared/ledger/order-standing.ts';
import type { OrderBook } from '../../../shared/market/order-book.ts';
import type { Quote, Tick } from '../../../shared/market/price.ts';
import { bareQuote, CLOSED_PHASE, startedAccount, tickOf, viewOfSketch } from '../../support/engine-fixtures.ts';
import { type EntrySketch, LIMITS, START_MS } from '../../support/ledger-fixtures.ts';
import { accountAfter, asked, entryIn, eventsOf, fillOf, orderWith, placed, positionIn, typesOf } from '../../support/working-orders.ts';

const ACTIVE_MS = START_MS + 80;
const LATER_MS = START_MS + 60_000;
/** A tenth of it may be traded: one unit. */
const THIN: Tape = { volatility: 0.0002, minuteVolume: 10 };
/** A tenth of it is less than the least lot of BTC. */
const DRY: Tape = { volatility: 0.0002, minuteVolume: 0.00005 };

interface Moment {
  readonly atMs?: number;
  readonly tape?: Tape;
  readonly quote?: Partial<Quote>;
  readonly books?: readonly OrderBook[];
}

const working = (instruction: Instruction, terms: Partial<EntryOrder> = {}, sketch: EntrySketch = {}): Account =>
  placed([orderWith({ instruction, ...terms }, sketch)]);

const viewAt = (account: Account, last: number, { atMs = LATER_MS, tape, quote = {}, books = [] }: Moment = {}) =>
  viewOfSketch({ nowMs: atMs, quotes: [bareQuote(entryIn(account).symbol, last, atMs, quote)], books, ...(tape === undefined ? {} : { tape }) });

/** The order as it comes to the venue, the market standing at `last`. */
const arriving = (account: Account, last: number, moment: Moment = {}): Draft | null =>
  decideMatch(account, viewAt(account, last, { atMs: ACTIVE_MS, ...moment }), asked('E:1'));

/** The order at a trade of this price. */
const atPrice = (
  account: Account,
  price: number,
  moment: Moment = {},
  more: Partial<Tick> & Pick<Partial<MatchCommand>, 'queueAhead' | 'extreme'> = {},
) => {
  const { queueAhead = null, extreme = null, ...print } = more;
  const tick = tickOf(entryIn(account).symbol, price, moment.atMs ?? LATER_MS, { quantity: 100, ...print });
  return decideMatch(account, viewAt(account, price, moment), asked('E:1', { tick, queueAhead, extreme }));
};

const limitAt = (limit: string): Instruction => ({ type: 'limit', limit: decimal(limit) });
const touching = (bid: number, ask: number, size = 100): Partial<Quote> => ({ bid, ask, bidSize: size, askSize: size });
const SHARES = { symbol: 'RELIANCE', side: 'sell', currency: 'INR', quantity: '10', reserved: '13', stop: '101.5', target: '97' } as const;

describe('a limit order that comes in', () => {
  it('takes what is offered within its limit at its price, as a market order does', () => {
    const fill = fillOf(arriving(working(limitAt('100.05')), 100, { quote: touching(99.99, 100.01) }));
    expect([text(fill.price), fill.liquidity, fill.trigger, fill.provenance.baseRule]).toEqual(['100.01', 'taker', 'market', 'touch']);
  });

  it('rests when nothing is offered within its limit', () => {
    expect(arriving(working(limitAt('100')), 100, { quote: touching(99.99, 100.01) })).toBeNull();
    expect(arriving(working(limitAt('101'), {}, SHARES), 100, { quote: touching(100.9, 101.1) })).toBeNull();
  });

  it('takes at its very limit', () => {
    expect(text(fillOf(arriving(working(limitAt('100.01')), 100, { quote: touching(99.99, 100.01) })).price)).toBe('100.01');
  });

  it('never pays more than its limit: of what would concede more it takes what stands at the touch, and rests', () => {
    const sketch = { quantity: '50', reserved: '5050' };
    const quote = touching(99.99, 100.01, 1);
    const draft = arriving(working(limitAt('100.02'), {}, sketch), 100, { quote });
    expect([text(fillOf(draft).quantity), text(fillOf(draft).price)]).toEqual(['1', '100.01']);
    expect(entryIn(accountAfter(draft))).toMatchObject({ filledQuantity: decimal('1'), fills: 1 });
    const unlimited = fillOf(arriving(working({ type: 'market' }, {}, sketch), 100, { quote }));
    expect(unlimited.quantity).toBe(decimal('50'));
    expect(toNumber(unlimited.price)).toBeGreaterThan(100.02);
  });

  it('walks the book to its limit and rests for what remains', () => {
    const book: OrderBook = {
      symbol: 'BTC',
      bids: [{ price: 99.9, quantity: 5 }],
      asks: [
        { price: 100, quantity: 0.5 },
        { price: 100.1, quantity: 0.5 },
        { price: 100.2, quantity: 9 },
      ],
      exchangeMs: ACTIVE_MS,
      receivedMs: ACTIVE_MS,
      source: 'test',
      evidence: 'simulated',
    };
    const draft = arriving(working(limitAt('100.1')), 100, { books: [book] });
    expect(fillOf(draft)).toMatchObject({ quantity: decimal('1'), price: decimal('100.05'), liquidity: 'taker' });
    expect(entryIn(accountAfter(draft))).toMatchObject({ filledQuantity: decimal('1'), fills: 1, version: 2 });
  });

  it('sells at its limit or better', () => {
    const fill = fillOf(arriving(working(limitAt('99.5'), {}, SHARES), 100, { quote: touching(99.9, 100.1, 1_000) }));
    expect([text(fill.price), fill.side]).toEqual(['99.9', 'sell']);
  });
});

describe('a limit order that rests', () => {
  const order = working(limitAt('99'));

  it('fills at its limit, as a maker, when the market trades through it', () => {
    const fill = fillOf(atPrice(order, 98.99));
    expect([text(fill.price), text(fill.quantity), fill.liquidity, fill.trigger]).toEqual(['99', '2', 'maker', 'limit']);
    expect([fill.slippage, fill.provenance.baseRule]).toEqual([0n, 'limit']);
  });

  it('fills when the other side stands through it, without a trade there', () => {
    expect(fillOf(atPrice(order, 99.5, { quote: touching(98.8, 98.95) })).price).toBe(decimal('99'));
    expect(atPrice(order, 99.5, { quote: touching(98.8, 99) })).toBeNull();
  });

  it('does not fill on a trade at its limit where nobody knows its place, nor above', () => {
    expect([atPrice(order, 99), atPrice(order, 99.01)]).toEqual([null, null]);
  });

  it('fills on a trade at its limit for what traded beyond those who stood before it, and keeps their number with the fill', () => {
    expect([atPrice(order, 99, {}, { queueAhead: 3 }), atPrice(order, 99, {}, { queueAhead: 0 })]).toEqual([null, null]);
    const draft = atPrice(order, 99, {}, { queueAhead: -0.75 });
    expect(fillOf(draft)).toMatchObject({ quantity: decimal('0.75'), price: decimal('99'), provenance: { baseRule: 'queue', queueAhead: -0.75 } });
    expect(fillOf(atPrice(order, 99, {}, { queueAhead: -5 })).quantity).toBe(decimal('2'));
  });

  it('sells when the market trades above its limit', () => {
    const sale = working(limitAt('101'), {}, SHARES);
    expect([atPrice(sale, 101), atPrice(sale, 100.9)]).toEqual([null, null]);
    expect(fillOf(atPrice(sale, 101.05))).toMatchObject({ side: 'sell', price: decimal('101'), quantity: decimal('10') });
  });
});

describe('what comes to limit orders that rest', () => {
  const deep: Tape = { volatility: 0.0002, minuteVolume: 1e6 };
  const two = placed([
    orderWith({ instruction: limitAt('99') }, { quantity: '2' }),
    orderWith({ instruction: limitAt('99') }, { id: 'E:2', quantity: '2' }),
  ]);
  const at = (
    price: number,
    orderId: string,
    account: Account,
    quote: Partial<Quote>,
    more: Partial<Tick> & { readonly queueAhead?: number } = {},
  ) => {
    const { queueAhead = null, ...print } = more;
    const view = viewOfSketch({ nowMs: LATER_MS, quotes: [bareQuote('BTC', price, LATER_MS, quote)], tape: deep });
    return decideMatch(account, view, asked(orderId, { tick: tickOf('BTC', price, LATER_MS, print), queueAhead }));
  };
  /** What both orders get, one after the other, of one tick. */
  const shares = (price: number, quote: Partial<Quote>, more: Partial<Tick> & { readonly queueAhead?: number } = {}) => {
    const first = at(price, 'E:1', two, quote, more);
    const second = at(price, 'E:2', first?.account() ?? two, quote, more);
    return [first, second].map((draft) => (draft === null ? null : text(fillOf(draft).quantity)));
  };

  it('is no more than what traded through their price', () => {
    expect(shares(98.9, {}, { quantity: 0.25 })).toEqual(['0.25', null]);
  });

  it('is shared by the orders of an account: what one had of a print the next one has not', () => {
    expect(shares(98.9, {}, { quantity: 3 })).toEqual(['2', '1']);
    expect(shares(99, {}, { quantity: 9, queueAhead: -2.5 })).toEqual(['2', '0.5']);
  });

  it('is no more than what stands through their price, once', () => {
    const quote = { bid: 98.7, ask: 98.8, bidSize: 5, askSize: 0.75 };
    expect(shares(99.2, quote)).toEqual(['0.75', null]);
    const first = accountAfter(at(99.2, 'E:1', two, quote));
    expect(at(99.2, 'E:1', first, quote)).toBeNull();
    expect(fillOf(at(99.2, 'E:1', two, quote)).taken?.levels).toEqual([{ price: 98.8, quantity: 0.75 }]);
  });

  it('is what traded and what stands there together', () => {
    expect(shares(98.9, { bid: 98.7, ask: 98.8, bidSize: 5, askSize: 0.75 }, { quantity: 2 })).toEqual(['2', null]);
  });

  it('is bounded by the volume alone where nobody tells how much it was', () => {
    expect(shares(98.9, {}, { quantity: 0 })).toEqual(['2', '2']);
    expect(shares(98.9, {}, { motion: 'sweep', quantity: 0.25 })).toEqual(['2', '2']);
    expect(shares(99.2, { bid: 98.7, ask: 98.8 })).toEqual(['2', '2']);
  });
});

describe('an order that is filled in parts', () => {
  const order = working(limitAt('99'), {}, { quantity: '3', reserved: '303' });
  const first = atPrice(order, 98, { tape: THIN });

  it('fills its share of the volume, and is partially filled until the rest has come', () => {
    expect(fillOf(first)).toMatchObject({ id: fillId('E:1', 1), ordinal: 1, quantity: decimal('1') });
    const [row] = first?.rows ?? [];
    if (row === undefined) throw new Error('nothing was decided');
    const standings = standingsOf(order, accountAfter(first), row);
    expect(standings.map(({ order: { id }, state }) => [id, state])).toEqual([
      ['E:1', 'partially-filled'],
      ['X:P:E:1:1', 'resting'],
    ]);
  });

  it('gets no more of the same minute, and the next part under the next name', () => {
    const { atMs } = fillOf(first);
    expect(atPrice(accountAfter(first), 98, { tape: THIN, atMs: atMs + 59_999 })).toBeNull();
    const second = atPrice(accountAfter(first), 98, { tape: THIN, atMs: atMs + 60_000 });
    expect(fillOf(second)).toMatchObject({ id: fillId('E:1', 2), ordinal: 2, quantity: decimal('1') });
    expect(entryIn(accountAfter(second))).toMatchObject({ fills: 2, filledQuantity: decimal('2') });
  });

  it('gives back what it had reserved as it fills, and all of it in the end', () => {
    expect(text(entryIn(accountAfter(first)).reserved)).toBe('202');
    const second = atPrice(accountAfter(first), 98, { tape: THIN, atMs: LATER_MS + 60_000 });
    expect(text(entryIn(accountAfter(second)).reserved)).toBe('101');
    const last = accountAfter(atPrice(accountAfter(second), 98, { tape: THIN, atMs: LATER_MS + 120_000 }));
    expect(last.orders.has('E:1')).toBe(false);
    expect(positionIn(last)).toMatchObject({ quantity: decimal('2.997'), version: 3, entryPrice: decimal('99') });
  });

  it('has one position with one exit of all that has come', () => {
    const second = accountAfter(atPrice(accountAfter(first), 98, { tape: THIN, atMs: LATER_MS + 60_000 }));
    expect([...second.positions.keys()]).toEqual(['P:E:1']);
    expect([...second.orders.keys()].sort()).toEqual(['E:1', 'X:P:E:1:1']);
    expect(second.orders.get('X:P:E:1:1')?.quantity).toBe(positionIn(second).quantity);
  });

  it('is not split for want of a whole lot: less than that is nothing', () => {
    expect(atPrice(order, 98, { tape: DRY })).toBeNull();
  });
});

describe('a stop order', () => {
  const buy = working({ type: 'stop', stop: decimal('101') });
  const sale = working({ type: 'stop', stop: decimal('99') }, {}, SHARES);

  it('waits below its stop, and does not look at the price it finds', () => {
    expect([atPrice(buy, 100.99), arriving(buy, 105), atPrice(sale, 99.05), arriving(sale, 90)]).toEqual([null, null, null, null]);
  });

  it('buys at market when the market trades at its stop', () => {
    const draft = atPrice(buy, 101);
    expect(eventsOf(draft)).toMatchObject([
      { type: 'order-triggered', orderId: 'E:1', price: 101, atMs: LATER_MS },
      { type: 'filled', fill: { trigger: 'stop', liquidity: 'taker', provenance: { baseRule: 'stop-level', basePrice: decimal('101') } } },
    ]);
    expect(toNumber(fillOf(draft).price)).toBeGreaterThan(101);
  });

  it('gaps to the first price that can be traded', () => {
    expect(fillOf(atPrice(buy, 104)).provenance).toMatchObject({ baseRule: 'gap', basePrice: decimal('104') });
    expect(fillOf(atPrice(sale, 95)).provenance).toMatchObject({ baseRule: 'gap', basePrice: decimal('95') });
  });

  it('is met at its level when a bar sweeps through it', () => {
    expect(fillOf(atPrice(buy, 104, {}, { motion: 'sweep' })).provenance).toMatchObject({ baseRule: 'stop-level', basePrice: decimal('101') });
  });

  it('pays the book where that stands worse than the trade that met it', () => {
    const fill = fillOf(atPrice(buy, 101, { quote: touching(102, 102.5) }));
    expect([text(fill.price), fill.trigger, fill.provenance.baseRule]).toEqual(['102.5', 'stop', 'touch']);
  });

  it('sells when the market falls to its stop', () => {
    const fill = fillOf(atPrice(sale, 98.5));
    expect(fill).toMatchObject({ side: 'sell', trigger: 'stop' });
    expect(toNumber(fill.price)).toBeLessThan(98.5);
  });

  it('stays met when nothing or only a part can be had: the rest is a market order', () => {
    const met = atPrice(buy, 101, { tape: DRY });
    expect(typesOf(met)).toEqual(['order-triggered']);
    expect(entryIn(accountAfter(met)).triggeredMs).toBe(LATER_MS);
    const next = atPrice(accountAfter(met), 99, { tape: THIN, atMs: LATER_MS + 1_000 });
    expect(fillOf(next)).toMatchObject({ quantity: decimal('1'), trigger: 'market' });
    expect(typesOf(atPrice(accountAfter(next), 99, { tape: THIN, atMs: LATER_MS + 62_000 }))).toEqual(['filled']);
  });
});

describe('a stop-limit order', () => {
  const buy = working({ type: 'stop-limit', stop: decimal('101'), limit: decimal('101.5') });

  it('waits for its stop although its limit is better than the market', () => {
    expect([arriving(buy, 100), atPrice(buy, 100)]).toEqual([null, null]);
  });

  it('takes what is offered within its limit when its stop is met', () => {
    const draft = atPrice(buy, 101, { quote: touching(101, 101.2) });
    expect(typesOf(draft)).toEqual(['order-triggered', 'filled']);
    expect(text(fillOf(draft).price)).toBe('101.2');
  });

  it('rests as a limit order when the market has gapped beyond its limit, and fills when it comes back through it', () => {
    const met = atPrice(buy, 102);
    expect(eventsOf(met)).toMatchObject([{ type: 'order-triggered', price: 102 }]);
    const resting = accountAfter(met);
    expect([atPrice(resting, 103), atPrice(resting, 101.5)]).toEqual([null, null]);
    expect(fillOf(atPrice(resting, 101.4))).toMatchObject({ price: decimal('101.5'), liquidity: 'maker', trigger: 'limit' });
  });
});

describe('a trailing stop that opens', () => {
  const buy = working({ type: 'trailing-stop', trail: { kind: 'share', share: 0.02 } });
  const sale = working({ type: 'trailing-stop', trail: { kind: 'distance', distance: 2, basis: '1x ATR 14 of 1h' } }, {}, SHARES);

  it('buys when the price has turned by its share from the lowest seen', () => {
    expect(atPrice(buy, 99.95, {}, { extreme: 98 })).toBeNull();
    const draft = atPrice(buy, 99.97, {}, { extreme: 98 });
    expect(typesOf(draft)).toEqual(['order-triggered', 'filled']);
    expect(fillOf(draft)).toMatchObject({ trigger: 'trailing-stop', provenance: { extreme: 98 } });
  });

  it('sells when the price has turned by its distance from the highest seen', () => {
    expect(atPrice(sale, 103.05, {}, { extreme: 105 })).toBeNull();
    expect(fillOf(atPrice(sale, 103, {}, { extreme: 105 }))).toMatchObject({ trigger: 'trailing-stop', side: 'sell' });
  });
});

describe('an immediate-or-cancel order', () => {
  const ioc = (instruction: Instruction = { type: 'market' }): Account => working(instruction, { timeInForce: 'IOC' });

  it('fills what can be had at once, and the rest is cancelled', () => {
    const draft = arriving(ioc(), 100, { tape: THIN });
    expect(eventsOf(draft)).toMatchObject([
      { type: 'filled', fill: { quantity: decimal('1') } },
      { type: 'order-ended', state: 'cancelled', reason: 'immediate_or_cancel: the rest could not be filled at once' },
    ]);
    expect([...accountAfter(draft).orders.keys()]).toEqual(['X:P:E:1:1']);
  });

  it('is filled and no more when all of it can be had', () => {
    expect(typesOf(arriving(ioc(), 100))).toEqual(['filled']);
  });

  it('ends without a fill when nothing is offered within its limit', () => {
    const draft = arriving(ioc(limitAt('99')), 100);
    expect(eventsOf(draft)).toMatchObject([{ type: 'order-ended', state: 'cancelled', reason: expect.stringMatching(/^immediate_or_cancel/) }]);
    expect(accountAfter(draft)).toMatchObject({ orders: new Map(), positions: new Map(), cash: decimal('100000') });
  });

  it('says what held it back when something did', () => {
    const account = ioc();
    const closed = { ...viewAt(account, 100), phase: () => CLOSED_PHASE };
    expect(eventsOf(decideMatch(account, closed, asked('E:1')))).toMatchObject([
      { type: 'order-ended', reason: expect.stringMatching(/^immediate_or_cancel: .*: CRYPTO: After the close$/) },
    ]);
    const stale = viewOfSketch({ nowMs: LATER_MS, quotes: [bareQuote('BTC', 100, LATER_MS - LIMITS.maxPriceAgeMs - 1)] });
    expect(eventsOf(decideMatch(account, stale, asked('E:1')))).toMatchObject([
      { type: 'order-ended', reason: expect.stringMatching(/30 s is allowed$/) },
    ]);
  });

  it('is not looked at before the venue has it', () => {
    expect(arriving(ioc(), 100, { atMs: ACTIVE_MS - 1 })).toBeNull();
  });
});

describe('a fill-or-kill order', () => {
  const fok = working({ type: 'market' }, { timeInForce: 'FOK' });

  it('fills in full', () => {
    expect(fillOf(arriving(fok, 100)).quantity).toBe(decimal('2'));
  });

  it('takes nothing when not all of it can be had', () => {
    const draft = arriving(fok, 100, { tape: THIN });
    expect(eventsOf(draft)).toMatchObject([
      { type: 'order-ended', state: 'cancelled', reason: 'fill_or_kill: not all of it could be filled at once' },
    ]);
    expect(accountAfter(draft)).toMatchObject({ positions: new Map(), orders: new Map(), cash: decimal('100000'), takings: [] });
  });

  it('ends when nothing is offered within its limit', () => {
    expect(eventsOf(arriving(working(limitAt('99'), { timeInForce: 'FOK' }), 100))).toMatchObject([{ type: 'order-ended', state: 'cancelled' }]);
  });
});

describe('an entry that the free cash does not carry when it fills', () => {
  it('is rejected where its stop is met, with what was missing', () => {
    const account = placed(
      [orderWith({ instruction: { type: 'stop', stop: decimal('101') } }, { quantity: '10', reserved: '0' })],
      startedAccount('1000'),
    );
    const draft = decideMatch(account, viewAt(account, 101), asked('E:1', { tick: tickOf('BTC', 101, LATER_MS) }));
    expect(eventsOf(draft)).toMatchObject([
      { type: 'order-triggered' },
      { type: 'order-ended', state: 'rejected', reason: expect.stringMatching(/^insufficient_cash: the fill needs 101\d\..* USD, free are 1000$/) },
    ]);
  });

  it('leaves a short what its charges take, beside its proceeds and as much again', () => {
    const short = (capital: string): Draft | null =>
      decideMatch(
        placed([orderWith({}, { ...SHARES, reserved: '0' })], startedAccount(capital)),
        viewOfSketch({ nowMs: ACTIVE_MS, quotes: [bareQuote('RELIANCE', 1000, ACTIVE_MS)] }),
        asked('E:1'),
      );
    const enough = short('1000');
    const { quantity, price, rate, charges } = fillOf(enough);
    const proceeds = multiply(multiply(quantity, price), rate.value);
    const paid = multiply(sum(charges.map(({ amount }) => amount)), rate.value);
    expect(paid).toBeGreaterThan(0n);
    // To the cent: with a hair less the account would have blocked what it does not have.
    const least = short(text(add(proceeds, paid)));
    const after = accountAfter(least);
    expect(subtract(after.cash, blockedCash(after))).toBeGreaterThanOrEqual(0n);
    expect(typesOf(short(text(subtract(add(proceeds, paid), decimal('0.000001')))))).toEqual(['order-ended']);
  });

  it('is cancelled for the rest, not rejected, where a part of it has filled', () => {
    const account = placed([orderWith({}, { quantity: '10', reserved: '0' })], startedAccount('300'));
    let now = account;
    const ends: unknown[] = [];
    for (let minute = 0; minute < 5 && now.orders.has('E:1'); minute++) {
      const draft = decideMatch(now, viewAt(now, 101, { atMs: LATER_MS + minute * 61_000, tape: THIN }), asked('E:1'));
      ends.push(...eventsOf(draft).flatMap((event) => (event.type === 'order-ended' ? [[event.state, event.reason.split(':')[0]]] : [])));
      now = accountAfter(draft);
    }
    expect(positionIn(now).quantity).toBeGreaterThan(0n);
    expect(ends).toEqual([['cancelled', 'insufficient_cash']]);
  });

  it('is judged by what fills: a part that is carried is no reason to reject the order', () => {
    const account = placed([orderWith({}, { quantity: '10', reserved: '0' })], startedAccount('1000'));
    expect(fillOf(decideMatch(account, viewAt(account, 101, { tape: THIN }), asked('E:1'))).quantity).toBe(decimal('1'));
  });
});
