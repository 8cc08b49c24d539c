import { describe, expect, it } from 'vitest';
import type { EntryOrder } from '../../../shared/contracts/order.ts';
import type { ExitReason } from '../../../shared/contracts/terms.ts';
import { decideMatch } from '../../../shared/engine/decide-match.ts';
import { type Draft, draftOn } from '../../../shared/engine/draft.ts';
import { fillId } from '../../../shared/engine/fill-record.ts';
import { requestExit } from '../../../shared/engine/request-exit.ts';
import type { Tape } from '../../../shared/engine/view.ts';
import { add, type Decimal, decimal, multiply, negate, text, ZERO } from '../../../shared/kernel/decimal.ts';
import type { Account } from '../../../shared/ledger/account.ts';
import type { BookLevel, OrderBook } from '../../../shared/market/order-book.ts';
import type { Quote } from '../../../shared/market/price.ts';
import { bareQuote, CLOSED_PHASE, tickOf, viewOfSketch, withPosition } from '../../support/engine-fixtures.ts';
import { entryFill, happen, START_MS } from '../../support/ledger-fixtures.ts';
import {
  accountAfter,
  asked,
  entryIn,
  eventsOf,
  exitIn,
  fillOf,
  fillsOf,
  orderWith,
  placed,
  positionIn,
  typesOf,
} from '../../support/working-orders.ts';

const LATER_MS = START_MS + 60_000;
const EXIT_ID = 'X:P:E:1:1';
const PLENTY: Tape = { volatility: 0.0002, minuteVolume: 1_000 };
/** A tenth of it may be traded: one unit. */
const THIN: Tape = { volatility: 0.0002, minuteVolume: 10 };
/** A tenth of it is less than the least lot of BTC. */
const DRY: Tape = { volatility: 0.0002, minuteVolume: 0.00005 };

interface Moment {
  readonly atMs?: number;
  readonly tape?: Tape;
  readonly quote?: Partial<Quote>;
  readonly books?: readonly OrderBook[];
  readonly extreme?: number;
}

/** The exit at a trade of this price. */
const atPrice = (account: Account, price: number, { atMs = LATER_MS, tape = PLENTY, quote = {}, books = [], extreme }: Moment = {}): Draft | null =>
  decideMatch(
    account,
    viewOfSketch({ nowMs: atMs, tape, books, quotes: [bareQuote('BTC', price, atMs, quote)] }),
    asked(EXIT_ID, { tick: tickOf('BTC', price, atMs, { quantity: 100 }), extreme: extreme ?? null }),
  );

/** The account after a close was asked for, and when the venue has it. */
function requested(account: Account, reason: ExitReason, quantity: string | null = null, nowMs = LATER_MS): { account: Account; activeMs: number } {
  const draft = draftOn(account, `close ${reason}`);
  const asks = { reason, quantity: quantity === null ? null : decimal(quantity), nowMs };
  expect(requestExit(draft, positionIn(account), asks)?.id).toBe(EXIT_ID);
  return { account: draft.account(), activeMs: exitIn(draft.account()).activeFromMs };
}

describe('a stop that finds only a part', () => {
  const stopped = atPrice(withPosition(), 97, { tape: THIN });

  it('fills it, and the rest is at market from now on, for the same reason', () => {
    expect(eventsOf(stopped)).toMatchObject([
      { type: 'filled', fill: { id: fillId(EXIT_ID, 1), ordinal: 1, quantity: decimal('1'), exitReason: 'stop', trigger: 'stop' } },
      { type: 'exit-requested', reason: 'stop', quantity: null, activeFromMs: LATER_MS },
    ]);
    expect(exitIn(accountAfter(stopped))).toMatchObject({ fills: 1, filledQuantity: decimal('1'), atMarket: { reason: 'stop', quantity: null } });
    expect(positionIn(accountAfter(stopped))).toMatchObject({ quantity: decimal('1'), version: 2, closed: { quantity: decimal('1') } });
  });

  it('is one order at the venue, whose caps hold for both parts; a close that somebody asks for is another', () => {
    const [fill] = fillsOf(stopped);
    expect(exitIn(accountAfter(stopped)).filledNotional).toBe(multiply(fill?.quantity ?? ZERO, fill?.price ?? ZERO));
    const part = requested(withPosition(), 'manual', '0.5');
    const after = accountAfter(atPrice(part.account, 101, { atMs: part.activeMs }));
    expect(exitIn(requested(after, 'manual').account).filledNotional).toBe(ZERO);
  });

  it('does not wait for its stop again: the rest fills at any price', () => {
    const rest = atPrice(accountAfter(stopped), 104, { atMs: LATER_MS + 61_000 });
    expect(fillOf(rest)).toMatchObject({ id: fillId(EXIT_ID, 2), quantity: decimal('1'), exitReason: 'stop', trigger: 'market' });
    expect(accountAfter(rest)).toMatchObject({ positions: new Map(), orders: new Map(), totals: { trades: 1, fills: 3 } });
  });

  it('makes one trade of all its fills, at their average price, with the sum of their results', () => {
    const rest = atPrice(accountAfter(stopped), 99, { atMs: LATER_MS + 61_000 });
    const [first, second] = [...fillsOf(stopped), ...fillsOf(rest)];
    const [trade] = rest?.trades ?? [];
    expect(stopped?.trades).toEqual([]);
    expect(trade).toMatchObject({ id: 'P:E:1', quantity: decimal('2'), entryPrice: decimal('100'), closedWhy: 'stop' });
    expect(trade?.exitPrice).toBe((((first?.price ?? 0n) + (second?.price ?? 0n)) / 2n) as Decimal);
    expect(trade?.realised.net).toBe(add(first?.realised?.net ?? ZERO, second?.realised?.net ?? ZERO));
    expect(accountAfter(rest).totals.realised).toBe(trade?.realised.net);
  });
});

describe('a stop that finds nothing', () => {
  const stopped = atPrice(withPosition(), 97, { tape: DRY });

  it('is met all the same: all that is held is at market from now on', () => {
    expect(eventsOf(stopped)).toMatchObject([{ type: 'exit-requested', reason: 'stop', quantity: null, activeFromMs: LATER_MS }]);
    expect(fillOf(atPrice(accountAfter(stopped), 105, { atMs: LATER_MS + 1 }))).toMatchObject({ quantity: decimal('2'), exitReason: 'stop' });
  });
});

describe('a stop that is met while nothing can be filled', () => {
  const bidless: OrderBook = {
    symbol: 'BTC',
    bids: [],
    asks: [{ price: 98, quantity: 5 }],
    exchangeMs: LATER_MS,
    receivedMs: LATER_MS,
    source: 'test',
    evidence: 'simulated',
  };
  const noRate = (account: Account, price: number): Draft | null =>
    decideMatch(
      account,
      viewOfSketch({ nowMs: LATER_MS, quotes: [bareQuote('BTC', price, LATER_MS)], rates: {} }),
      asked(EXIT_ID, { tick: tickOf('BTC', price, LATER_MS) }),
    );

  it.each([
    ['nobody bids', (): Draft | null => atPrice(withPosition(), 97, { books: [bidless] })],
    ['bid and ask are crossed', (): Draft | null => atPrice(withPosition(), 97, { quote: { bid: 98, ask: 97 } })],
    ['no rate is known', (): Draft | null => noRate(withPosition(), 97)],
  ])('is met all the same while %s: what is held is at market, and leaves when it can', (_, met) => {
    expect(eventsOf(met())).toEqual([
      { type: 'exit-requested', atMs: LATER_MS, orderId: EXIT_ID, reason: 'stop', quantity: null, activeFromMs: LATER_MS },
    ]);
    expect(met()?.commandId).not.toBe(fillId(EXIT_ID, 1));
    const waiting = accountAfter(met());
    expect(atPrice(waiting, 96, { books: [bidless] })).toBeNull();
    expect(fillOf(atPrice(waiting, 100, { atMs: LATER_MS + 1_000 }))).toMatchObject({
      id: fillId(EXIT_ID, 1),
      exitReason: 'stop',
      trigger: 'market',
    });
  });

  it('is no target, and no price above the stop', () => {
    expect([atPrice(withPosition(), 104, { books: [bidless] }), atPrice(withPosition(), 99, { books: [bidless] })]).toEqual([null, null]);
  });

  it('is not met by a market that is closed', () => {
    const closed = { ...viewOfSketch({ nowMs: LATER_MS, quotes: [bareQuote('BTC', 97, LATER_MS)] }), phase: () => CLOSED_PHASE };
    expect(decideMatch(withPosition(), closed, asked(EXIT_ID, { tick: tickOf('BTC', 97, LATER_MS) }))).toBeNull();
  });
});

describe('a target that finds only a part', () => {
  it('keeps its bracket for the rest: target, stop and trail go on waiting', () => {
    const met = atPrice(withPosition(), 103.01, { tape: THIN });
    expect(fillOf(met)).toMatchObject({ quantity: decimal('1'), price: decimal('103'), exitReason: 'target', liquidity: 'maker' });
    expect(exitIn(accountAfter(met))).toMatchObject({ atMarket: null, stop: decimal('98.5'), target: decimal('103'), quantity: decimal('2') });
    const stopped = atPrice(accountAfter(met), 98, { atMs: LATER_MS + 61_000 });
    expect(fillOf(stopped)).toMatchObject({ quantity: decimal('1'), exitReason: 'stop' });
    expect(stopped?.trades).toMatchObject([{ closedWhy: 'stop', quantity: decimal('2') }]);
  });

  it('fills on its place in the queue no more than traded beyond those before it', () => {
    const account = withPosition();
    const view = viewOfSketch({ nowMs: LATER_MS, quotes: [bareQuote('BTC', 103, LATER_MS)] });
    const at = (queueAhead: number | null): Draft | null =>
      decideMatch(account, view, asked(EXIT_ID, { tick: tickOf('BTC', 103, LATER_MS), queueAhead }));
    expect([at(null), at(2), at(0)]).toEqual([null, null, null]);
    expect(fillOf(at(-0.4))).toMatchObject({ quantity: decimal('0.4'), price: decimal('103'), provenance: { baseRule: 'queue', queueAhead: -0.4 } });
  });
});

describe('a part of a position that is asked to be closed', () => {
  const part = requested(withPosition(), 'manual', '0.5');

  it('closes so much and no more, and the bracket waits on for the rest', () => {
    const filled = atPrice(part.account, 101, { atMs: part.activeMs });
    expect(typesOf(filled)).toEqual(['filled']);
    expect(fillOf(filled)).toMatchObject({ quantity: decimal('0.5'), exitReason: 'manual', trigger: 'market' });
    expect(exitIn(accountAfter(filled))).toMatchObject({ atMarket: null, filledQuantity: decimal('0.5'), quantity: decimal('2') });
    expect(positionIn(accountAfter(filled)).quantity).toBe(decimal('1.5'));
    const target = atPrice(accountAfter(filled), 103.5, { atMs: part.activeMs + 1_000 });
    expect(fillOf(target)).toMatchObject({ quantity: decimal('1.5'), exitReason: 'target' });
  });

  it('goes on until all that was asked for is closed, however many fills it takes', () => {
    const two = requested(withPosition(), 'manual', '1.5');
    const first = atPrice(two.account, 101, { atMs: two.activeMs, tape: THIN });
    expect(exitIn(accountAfter(first)).atMarket).toMatchObject({ reason: 'manual', quantity: decimal('0.5') });
    const second = atPrice(accountAfter(first), 101, { atMs: two.activeMs + 61_000, tape: THIN });
    expect(typesOf(second)).toEqual(['filled']);
    expect(exitIn(accountAfter(second))).toMatchObject({ atMarket: null, fills: 2, filledQuantity: decimal('1.5') });
    expect(positionIn(accountAfter(second)).quantity).toBe(decimal('0.5'));
  });

  it('is overtaken by its stop: then all that is held is closed, as one exit', () => {
    const stopped = atPrice(part.account, 97, { atMs: part.activeMs });
    expect(fillOf(stopped)).toMatchObject({ quantity: decimal('2'), exitReason: 'stop', trigger: 'stop' });
    expect(accountAfter(stopped)).toMatchObject({ positions: new Map(), orders: new Map() });
  });

  it('leaves all of the rest at market when the stop that overtakes it finds only a part', () => {
    const stopped = atPrice(part.account, 97, { atMs: part.activeMs, tape: { ...THIN, minuteVolume: 3 } });
    expect(typesOf(stopped)).toEqual(['filled', 'exit-requested']);
    expect(exitIn(accountAfter(stopped))).toMatchObject({ filledQuantity: decimal('0.3'), atMarket: { reason: 'stop', quantity: null } });
  });

  it('is overtaken by the trail that hangs on the best price seen', () => {
    const position = withPosition({ stop: '90' });
    const trailing = { ...exitIn(position), trail: { kind: 'share', share: 0.02 } } as const;
    const { account, activeMs } = requested({ ...position, orders: new Map([[EXIT_ID, trailing]]) }, 'manual', '0.5');
    expect(fillOf(atPrice(account, 99.9, { atMs: activeMs, extreme: 102 }))).toMatchObject({ quantity: decimal('2'), exitReason: 'trailing-stop' });
    expect(fillOf(atPrice(account, 101, { atMs: activeMs, extreme: 102 }))).toMatchObject({ quantity: decimal('0.5'), exitReason: 'manual' });
  });

  it('is overtaken by a request for all that is held, and not by another for a part', () => {
    const all = requested(part.account, 'square-off', null, part.activeMs);
    expect(fillOf(atPrice(all.account, 101, { atMs: all.activeMs }))).toMatchObject({ quantity: decimal('2'), exitReason: 'square-off' });
    const draft = draftOn(part.account, 'again');
    expect(requestExit(draft, positionIn(part.account), { reason: 'manual', quantity: decimal('1'), nowMs: part.activeMs })).toBeNull();
    expect(draft.rows).toEqual([]);
  });

  it('cannot be more than is held', () => {
    expect(() => requested(withPosition(), 'manual', '2.1')).toThrow(/has 2 to close, asked for are 2.1/);
    expect(() => requested(withPosition(), 'manual', '0')).toThrow(/asked for are 0/);
  });
});

describe('an exit with several causes', () => {
  it.each<readonly [ExitReason, ExitReason]>([
    ['manual', 'session-stop'],
    ['session-stop', 'manual'],
    ['time', 'manual'],
    ['signal', 'square-off'],
  ])('closes once for the first of them: %s before %s', (first, second) => {
    const { account, activeMs } = requested(withPosition(), first);
    const draft = draftOn(account, 'second');
    expect(requestExit(draft, positionIn(account), { reason: second, quantity: null, nowMs: LATER_MS + 1 })).toBeNull();
    expect(draft.rows).toEqual([]);
    // The stop is met while the request is on its way, and at its arrival.
    expect(atPrice(account, 97, { atMs: activeMs - 1 })).toBeNull();
    const filled = atPrice(account, 97, { atMs: activeMs });
    expect(fillOf(filled)).toMatchObject({ id: fillId(EXIT_ID, 1), quantity: decimal('2'), exitReason: first });
    expect(filled?.trades).toMatchObject([{ closedWhy: first }]);
    expect(atPrice(accountAfter(filled), 97, { atMs: activeMs + 1 })).toBeNull();
  });

  it('closes once for its stop when that came first: what asks later finds nothing', () => {
    const open = withPosition();
    const stopped = accountAfter(atPrice(open, 97));
    const draft = draftOn(stopped, 'late');
    for (const reason of ['manual', 'session-stop', 'time'] as const) {
      expect(requestExit(draft, positionIn(open), { reason, quantity: null, nowMs: LATER_MS })).toBeNull();
    }
    expect([draft.rows.length, stopped.totals.fills, stopped.totals.trades]).toEqual([0, 2, 1]);
  });

  it('has the same name whatever its cause, so that two who decide it at once commit the same fill', () => {
    const open = withPosition();
    const byHand = requested(open, 'manual');
    const ids = [atPrice(open, 97), atPrice(open, 103.5), atPrice(byHand.account, 100, { atMs: byHand.activeMs })].map((draft) => draft?.commandId);
    expect(ids).toEqual([fillId(EXIT_ID, 1), fillId(EXIT_ID, 1), fillId(EXIT_ID, 1)]);
  });
});

describe('an exit whose entry has not filled in full', () => {
  const half = ((): Account => {
    const order: EntryOrder = orderWith({ quantity: decimal('4') });
    const { after } = happen(placed([order]), 'part', [
      (now) => {
        const event = entryFill({ ...now, orders: new Map([[order.id, { ...order, quantity: decimal('2') }]]) }, order.id, { price: '100' });
        return { ...event, fill: { ...event.fill, id: fillId(order.id, 1) } };
      },
    ]);
    return after;
  })();

  it('holds what has come, and the entry works on for what remains with what that needs in reserve', () => {
    expect(positionIn(half).quantity).toBe(decimal('2'));
    expect(entryIn(half)).toMatchObject({ filledQuantity: decimal('2'), fills: 1, reserved: decimal('100.5') });
    expect(exitIn(half).quantity).toBe(decimal('2'));
  });

  it('grows with the entry', () => {
    const view = viewOfSketch({ nowMs: LATER_MS, quotes: [bareQuote('BTC', 100, LATER_MS)] });
    const grown = accountAfter(decideMatch(half, view, asked('E:1', { tick: tickOf('BTC', 100, LATER_MS) })));
    expect(exitIn(grown).quantity).toBe(positionIn(grown).quantity);
    // The coin of the second fill comes less the venue's tenth of a percent.
    expect(text(positionIn(grown).quantity)).toBe('3.998');
    expect(grown.orders.size).toBe(1);
  });

  it.each([
    ['its stop is met', (): Draft | null => atPrice(half, 97)],
    ['its target is met', (): Draft | null => atPrice(half, 104)],
    ['nothing can be had at its stop', (): Draft | null => atPrice(half, 97, { tape: DRY })],
  ])('calls the rest of the entry back first when %s', (_, met) => {
    expect(eventsOf(met())[0]).toMatchObject({
      type: 'order-ended',
      orderId: 'E:1',
      state: 'cancelled',
      reason: expect.stringMatching(/^position_closing/),
    });
    expect(accountAfter(met()).orders.has('E:1')).toBe(false);
  });

  it('calls the rest of the entry back when a close is asked for, and says for what', () => {
    const draft = draftOn(half, 'close');
    requestExit(draft, positionIn(half), { reason: 'manual', quantity: null, nowMs: LATER_MS });
    expect(eventsOf(draft)).toMatchObject([
      { type: 'order-ended', orderId: 'E:1', state: 'cancelled', reason: 'position_closing: manual' },
      { type: 'exit-requested', reason: 'manual' },
    ]);
  });
});

describe('what is under the lot step', () => {
  const bids = (...levels: readonly BookLevel[]): OrderBook => ({
    symbol: 'BTC',
    bids: levels,
    asks: [{ price: 101.1, quantity: 5 }],
    exchangeMs: LATER_MS,
    receivedMs: LATER_MS,
    source: 'test',
    evidence: 'simulated',
  });
  /** The venue took its commission out of the coin: what is held is no number of lots. */
  const held = withPosition({ quantity: '1.998002' });
  const closing = requested(held, 'manual');
  const sold = atPrice(closing.account, 101, { atMs: closing.activeMs, books: [bids({ price: 101, quantity: 5 })] });

  it('is written off at cost as a charge of its own when the rest is sold, and the position is closed', () => {
    const fill = fillOf(sold);
    expect([text(fill.quantity), text(fill.unitsLost)]).toEqual(['1.998', '0.000002']);
    expect(fill.charges).toContainEqual({ line: 'dust', amount: decimal('0.0002'), taken: { currency: 'BTC', amount: decimal('0.000002') } });
    expect(accountAfter(sold)).toMatchObject({ positions: new Map(), orders: new Map() });
    expect(sold?.trades).toMatchObject([{ quantity: decimal('1.998') }]);
  });

  it('leaves no coin and no cost behind in the books', () => {
    const { postings } = fillOf(sold);
    const amounts = (account: string): readonly string[] => postings.filter((line) => line.account === account).map(({ amount }) => text(amount));
    expect(amounts('units:P:E:1')).toEqual(['-1.998002']);
    expect(amounts('units-lost:dust')).toEqual(['0.000002']);
    expect(amounts('market')).toEqual(['1.998']);
    expect(amounts('position:P:E:1')).toEqual([text(negate(positionIn(held).cost))]);
  });

  it('is no dust while more than that is left', () => {
    const part = requested(held, 'manual', '1');
    const fill = fillOf(atPrice(part.account, 101, { atMs: part.activeMs, books: [bids({ price: 101, quantity: 5 })] }));
    expect([text(fill.quantity), text(fill.unitsLost)]).toEqual(['1', '0']);
  });
});

describe('what this account took from the market', () => {
  const level = { price: 97.9, quantity: 1.2 };
  const book: OrderBook = {
    symbol: 'BTC',
    bids: [level, { price: 97, quantity: 9 }],
    asks: [{ price: 98.1, quantity: 5 }],
    exchangeMs: LATER_MS,
    receivedMs: LATER_MS,
    source: 'test',
    evidence: 'simulated',
  };
  const both = withPosition({ id: 'E:2', quantity: '1' }, withPosition({ quantity: '1' }));
  const first = requested(both, 'manual');
  const soldOne = atPrice(first.account, 98, { atMs: first.activeMs, books: [book] });
  const second = draftOn(accountAfter(soldOne), 'close the other');
  requestExit(second, positionIn(accountAfter(soldOne), 'P:E:2'), { reason: 'manual', quantity: null, nowMs: LATER_MS });
  const sellOther = (atMs: number): Draft | null =>
    decideMatch(
      second.account(),
      viewOfSketch({ nowMs: atMs, books: [{ ...book, receivedMs: atMs }], quotes: [bareQuote('BTC', 98, atMs)] }),
      asked('X:P:E:2:1'),
    );

  it('is missing from the book for its next order, of whatever position, although the book tells it again', () => {
    expect(text(fillOf(soldOne).price)).toBe('97.9');
    // 0.2 is left at 97.9, 0.8 come from the next level.
    const fill = fillOf(sellOther(LATER_MS + 5_000));
    expect(text(fill.price)).toBe('97.18');
    expect(fill.taken?.levels).toEqual([
      { price: 97.9, quantity: 0.2 },
      { price: 97, quantity: 0.8 },
    ]);
  });

  it('is there again after a minute', () => {
    expect(text(fillOf(sellOther(first.activeMs + 60_000)).price)).toBe('97.9');
  });

  it('counts against its share of the volume where no depth is known', () => {
    const two = withPosition({ id: 'E:2', quantity: '1' }, withPosition({ quantity: '1' }));
    const stopped = atPrice(two, 97, { tape: THIN });
    const other = (atMs: number): Draft | null =>
      decideMatch(
        accountAfter(stopped),
        viewOfSketch({ nowMs: atMs, tape: THIN, quotes: [bareQuote('BTC', 97, atMs)] }),
        asked('X:P:E:2:1', { tick: tickOf('BTC', 97, atMs) }),
      );
    expect(typesOf(other(LATER_MS + 59_999))).toEqual(['exit-requested']);
    expect(fillOf(other(LATER_MS + 60_000)).quantity).toBe(decimal('1'));
  });
});
