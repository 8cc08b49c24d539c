import { describe, expect, it } from 'vitest';
import type { Trade } from '../../../shared/contracts/fill.ts';
import type { Bracket, EntryOrder } from '../../../shared/contracts/order.ts';
import { commitDecision } from '../../../shared/engine/commit.ts';
import type { EngineContext } from '../../../shared/engine/context.ts';
import { createDesk, type Desk } from '../../../shared/engine/desk.ts';
import { draftOn } from '../../../shared/engine/draft.ts';
import { createMatcher, type Extremes, type Matcher } from '../../../shared/engine/matcher.ts';
import type { QueuePlaces } from '../../../shared/engine/queue-places.ts';
import { requestExit } from '../../../shared/engine/request-exit.ts';
import { createVirtualClock, type VirtualClock } from '../../../shared/kernel/clock-virtual.ts';
import { decimal, toNumber, ZERO } from '../../../shared/kernel/decimal.ts';
import type { Account } from '../../../shared/ledger/account.ts';
import { exitId } from '../../../shared/ledger/resting-exit.ts';
import type { Tick } from '../../../shared/market/price.ts';
import { tickOf } from '../../support/engine-fixtures.ts';
import { contextOver, createRows } from '../../support/engine-world.ts';
import { type Fault, faultsFor, faultyStores } from '../../support/faulty-stores.ts';
import { commitOf, type EntrySketch, entryFill, entryOrder, orderPlaced, rateOf, START_MS, sessionStarted } from '../../support/ledger-fixtures.ts';
import { positionIn } from '../../support/working-orders.ts';

const EXIT_ID = exitId('P:E:1', 1);
const OPENED_MS = START_MS + 100;

interface Floor {
  readonly context: EngineContext;
  readonly clock: VirtualClock;
  readonly desk: Desk;
  readonly matcher: Matcher;
  readonly logged: string[];
  readonly account: () => Promise<Account>;
  readonly trades: () => Promise<readonly Trade[]>;
  /** Time goes to the tick, the desk hears of it, then the matcher. */
  readonly print: (price: number, atMs: number, more?: Partial<Tick>) => Promise<void>;
  readonly pass: (untilMs: number) => Promise<void>;
}

interface FloorSketch extends EntrySketch {
  readonly price?: string;
  readonly faults?: readonly Fault[];
  readonly trail?: Bracket['trail'];
  readonly extremes?: Extremes;
  readonly queues?: QueuePlaces;
  readonly arriving?: readonly string[];
  /** When the run before had looked last. */
  readonly resumedAtMs?: number;
  /** Terms of the entry's own. */
  readonly terms?: Partial<EntryOrder>;
  readonly startMs?: number;
}

/** A matcher on a session with a working entry, or a position when `price` says at what it was filled. */
async function floor(setup: FloorSketch = {}): Promise<Floor> {
  const { price, faults = [], trail = null, extremes = {}, queues = {}, terms = {}, startMs = START_MS, ...sketch } = setup;
  const { arriving = [], resumedAtMs = 0, ...entry } = sketch;
  const rows = createRows();
  const plain = entryOrder({ atMs: startMs, ...entry });
  const order = { ...plain, bracket: { ...plain.bracket, trail }, ...terms };
  const opened = price === undefined ? [] : [(account: Account) => entryFill(account, order.id, { price })];
  await rows.ledger.commit(commitOf(null, 'start', [sessionStarted('s'), orderPlaced(order), ...opened]));
  const clock = createVirtualClock({ startMs, speed: Number.POSITIVE_INFINITY });
  const logged: string[] = [];
  const context = contextOver(faultyStores(rows, faultsFor('commit', ...faults)), clock, {
    log: (level, event) => void logged.push(`${level} ${event}`),
  });
  const lease = await rows.market.lease({ scope: 'test', holder: 'one', epoch: null, nowMs: startMs, ttlMs: 1e9 });
  const desk = createDesk();
  desk.rates([rateOf('USDT'), { ...rateOf('INR', '0.0125'), asOfMs: startMs }]);
  const matcher = createMatcher(context, desk, () => lease);
  matcher.restore({ extremes, queues, arriving }, resumedAtMs);
  await matcher.refresh();
  const pass = async (untilMs: number): Promise<void> => {
    clock.at(untilMs, '9-end', () => undefined);
    await clock.run(untilMs);
  };
  return {
    context,
    clock,
    desk,
    matcher,
    logged,
    pass,
    account: async () => (await rows.ledger.load('s')) as Account,
    trades: async () => (await rows.ledger.trades('s', { limit: 10, cursor: null })).items,
    print: async (at, atMs, more) => {
      await pass(atMs);
      const tick = tickOf(order.symbol, at, atMs, more);
      desk.tick(tick);
      await matcher.tick(tick);
    },
  };
}

describe('an entry at the matcher', () => {
  it('fills when its latency has passed, on the price that stands then', async () => {
    const { desk, pass, account } = await floor();
    desk.tick(tickOf('BTC', 100, START_MS));
    await pass(START_MS + 79);
    expect((await account()).positions.size).toBe(0);
    await pass(START_MS + 80);
    expect([...(await account()).positions.values()]).toMatchObject([{ openedMs: START_MS + 80 }]);
  });

  it('waits for the next price when none is fresh', async () => {
    const { print, pass, account } = await floor();
    await pass(START_MS + 10_000);
    expect((await account()).positions.size).toBe(0);
    await print(100, START_MS + 12_000);
    expect([...(await account()).positions.values()]).toMatchObject([{ openedMs: START_MS + 12_000 }]);
  });

  it('waits while other venues contradict the price, without a word to the store, and fills when they agree', async () => {
    const { desk, print, account, logged } = await floor();
    const tell = (price: number, atMs: number): void =>
      desk.reference({ symbol: 'BTC', bid: price, ask: price, currency: 'USD', source: 'coinbase', exchangeMs: atMs, receivedMs: atMs });
    // Diverged since before the order was there.
    for (let second = -4; second <= 0; second++) {
      desk.tick(tickOf('BTC', 100, START_MS + second * 1_000));
      tell(98, START_MS + second * 1_000);
    }
    for (let second = 1; second <= 10; second++) {
      await print(100, START_MS + second * 1_000);
      tell(98, START_MS + second * 1_000);
    }
    expect(await account()).toMatchObject({ positions: new Map(), seq: 2 });
    tell(100, START_MS + 10_500);
    await print(100, START_MS + 11_000);
    expect([...(await account()).positions.values()]).toMatchObject([{ openedMs: START_MS + 11_000 }]);
    expect(logged).toEqual(['info filled']);
  });

  it('is not filled by the price of another symbol', async () => {
    const { matcher, desk, pass, account } = await floor();
    await pass(START_MS + 1_000);
    const other = tickOf('ETH', 100, START_MS + 1_000);
    desk.tick(other);
    await matcher.tick(other);
    expect((await account()).positions.size).toBe(0);
  });
});

describe('a stop at the matcher', () => {
  it('rests until a tick reaches it, and answers without a promise meanwhile', async () => {
    const { matcher, print, account } = await floor({ price: '100' });
    expect(matcher.tick(tickOf('BTC', 100, OPENED_MS + 1))).toBeUndefined();
    await print(98.6, OPENED_MS + 10_000);
    expect((await account()).positions.size).toBe(1);
    await print(98.4, OPENED_MS + 11_000);
    expect(await account()).toMatchObject({ totals: { trades: 1 }, positions: new Map(), orders: new Map() });
  });

  it('is not met at the very instant at which its position was opened: a run that was killed there would meet it', async () => {
    const { print, account } = await floor({ price: '100' });
    await print(98, OPENED_MS);
    expect((await account()).positions.size).toBe(1);
    await print(98, OPENED_MS + 1);
    expect((await account()).positions.size).toBe(0);
  });

  it('fills once, however many ticks reach it before the first is booked', async () => {
    const { matcher, desk, pass, account } = await floor({ price: '100' });
    await pass(OPENED_MS + 5_000);
    const ticks = [98, 97, 96].map((price) => tickOf('BTC', price, OPENED_MS + 5_000));
    await Promise.all(
      ticks.map((tick) => {
        desk.tick(tick);
        return matcher.tick(tick);
      }),
    );
    expect(await account()).toMatchObject({ totals: { fills: 2, trades: 1 } });
  });
});

describe('a stop on a price that other venues contradict', () => {
  it('fills, and its trade says so', async () => {
    const { desk, print, account, trades } = await floor({ price: '100' });
    const tell = (atMs: number): void =>
      desk.reference({ symbol: 'BTC', bid: 100, ask: 100, currency: 'USD', source: 'kraken', exchangeMs: atMs, receivedMs: atMs });
    for (let second = 1; second <= 5; second++) {
      await print(98.9, OPENED_MS + second * 1_000);
      tell(OPENED_MS + second * 1_000);
    }
    await print(98.4, OPENED_MS + 6_000);
    expect((await account()).totals).toMatchObject({ trades: 1 });
    expect(await trades()).toMatchObject([{ closedWhy: 'stop', flags: ['diverged_quote'] }]);
  });
});

describe('a trailing stop at the matcher', () => {
  const TRAILING = { price: '100', stop: '90', target: '200', trail: { kind: 'share', share: 0.02 } } as const;

  it('remembers the best price since its position was opened, and hands it to the next run', async () => {
    const { print, matcher } = await floor(TRAILING);
    await print(101, OPENED_MS + 1_000);
    await print(102.5, OPENED_MS + 2_000);
    await print(102, OPENED_MS + 3_000);
    expect(matcher.extremes()).toEqual({ [EXIT_ID]: 102.5 });
  });

  it('forgets the best price of a position that is closed', async () => {
    const { print, matcher } = await floor(TRAILING);
    await print(104, OPENED_MS + 1_000);
    expect(matcher.extremes()).toEqual({ [EXIT_ID]: 104 });
    await print(101, OPENED_MS + 2_000);
    expect(matcher.extremes()).toEqual({});
  });

  it('goes on from the best price that an earlier run had seen', async () => {
    const { print, account } = await floor({ ...TRAILING, extremes: { [EXIT_ID]: 110 } });
    await print(107.9, OPENED_MS + 1_000);
    expect((await account()).positions.size).toBe(1);
    await print(107.8, OPENED_MS + 2_000);
    expect((await account()).positions.size).toBe(0);
  });
});

describe('a fill that the store does not take', () => {
  it.each<readonly [string, readonly Fault[]]>([
    ['is unavailable', ['unavailable']],
    ['is unavailable for a while', ['unavailable', 'unavailable', 'unavailable']],
    ['gives no answer, and has done it', ['unknown-after']],
    ['gives no answer, and has not done it', ['unknown-before']],
    ['is contended without end', Array.from({ length: 9 }, () => 'conflict' as const)],
  ])('is booked in the end, once, when the store %s', async (_, faults) => {
    const { print, pass, account, matcher } = await floor({ price: '100', faults });
    await print(98, OPENED_MS + 1_000);
    // The price is back above the stop: what was triggered stays triggered.
    await print(100, OPENED_MS + 1_500);
    await pass(OPENED_MS + 10_000);
    expect(await account()).toMatchObject({ totals: { fills: 2, trades: 1 }, positions: new Map() });
    expect(matcher.waiting()).toBe(0);
  });

  it('says so', async () => {
    const { print, logged, matcher } = await floor({ price: '100', faults: ['unavailable'] });
    await print(98, OPENED_MS + 1_000);
    expect(logged).toEqual(['error fill-not-booked']);
    expect(matcher.waiting()).toBe(1);
  });
});

describe('the matcher of a session of another world', () => {
  it('fills nothing', async () => {
    const { desk, pass, account, matcher } = await floor();
    const rows = createRows();
    const start = { ...sessionStarted('t'), scope: 'elsewhere' };
    await rows.ledger.commit(commitOf(null, 'start', [start, orderPlaced(entryOrder())]));
    const clock = createVirtualClock({ startMs: START_MS, speed: Number.POSITIVE_INFINITY });
    const other = createMatcher(contextOver(rows, clock), desk, () => ({ scope: 'test', holder: 'one', epoch: 1, untilMs: 0 }));
    await other.refresh();
    desk.tick(tickOf('BTC', 100, START_MS));
    clock.at(START_MS + 500, 'end', () => undefined);
    await clock.run(START_MS + 500);
    await other.tick(tickOf('BTC', 100, START_MS + 500));
    expect((await rows.ledger.load('t'))?.positions.size).toBe(0);
    // The same desk fills the session that belongs to it.
    await pass(START_MS + 500);
    expect((await account()).positions.size).toBe(1);
    expect(matcher.waiting()).toBe(0);
  });

  it('ends the matcher when another feed has the lease: it is told once, and nothing fills', async () => {
    const rows = createRows();
    const order = entryOrder();
    await rows.ledger.commit(commitOf(null, 'start', [sessionStarted('s'), orderPlaced(order)]));
    const clock = createVirtualClock({ startMs: START_MS + 1_000, speed: Number.POSITIVE_INFINITY });
    const lease = await rows.market.lease({ scope: 'test', holder: 'one', epoch: null, nowMs: START_MS, ttlMs: 10 });
    await rows.market.lease({ scope: 'test', holder: 'two', epoch: null, nowMs: START_MS + 10, ttlMs: 1e9 });
    const desk = createDesk();
    desk.rates([rateOf('USDT')]);
    const told: unknown[] = [];
    const matcher = createMatcher(
      contextOver(rows, clock),
      desk,
      () => lease,
      (error) => told.push(error),
    );
    await matcher.refresh();
    for (const atMs of [START_MS + 1_000, START_MS + 1_001]) {
      const tick = tickOf('BTC', 100, atMs);
      desk.tick(tick);
      await matcher.tick(tick);
      await matcher.refresh();
    }
    expect(told).toMatchObject([{ code: 'fenced' }]);
    expect((await rows.ledger.load('s'))?.orders.has(order.id)).toBe(true);
  });
});

describe('a limit order at the matcher', () => {
  const BUY = { terms: { instruction: { type: 'limit', limit: decimal('99.9') } } } as const;
  const top = (atMs: number, bidSize: number, bid = 99.9) => ({ ...tickOf('BTC', 100, atMs), bid, ask: 100.1, bidSize, askSize: 5 });

  it('takes what is offered within its limit when it comes to the venue', async () => {
    const { desk, pass, account } = await floor({ terms: { instruction: { type: 'limit', limit: decimal('100.1') } } });
    desk.top(top(START_MS, 4));
    await pass(START_MS + 80);
    expect([...(await account()).positions.values()]).toMatchObject([{ openedMs: START_MS + 80, entryPrice: decimal('100.1') }]);
  });

  it('stands behind those who were there, moves up with the trades, and fills for what goes beyond them', async () => {
    const { desk, pass, print, account, matcher } = await floor(BUY);
    desk.top(top(START_MS, 4));
    await pass(START_MS + 80);
    expect(matcher.queues()).toEqual({ 'E:1': 4 });
    await print(99.9, START_MS + 1_000, { quantity: 3 });
    expect(matcher.queues()).toEqual({ 'E:1': 1 });
    await print(99.9, START_MS + 2_000, { quantity: 1.5 });
    expect([...(await account()).positions.values()]).toMatchObject([{ entryPrice: decimal('99.9'), quantity: decimal('0.4995') }]);
    expect(matcher.queues()).toMatchObject({ 'E:1': 0 });
    await print(99.9, START_MS + 3_000, { quantity: 9 });
    expect((await account()).orders.has('E:1')).toBe(false);
    expect((await account()).totals.fills).toBe(2);
  });

  it('moves up when those before it leave', async () => {
    const { desk, pass, print, account, matcher } = await floor(BUY);
    desk.top(top(START_MS, 4));
    await pass(START_MS + 80);
    desk.top(top(START_MS + 500, 0.5));
    await print(99.9, START_MS + 1_000, { quantity: 0.2 });
    // What left before the trade and what it took is one number: nobody knows which of the two the half is.
    expect(matcher.queues()).toMatchObject({ 'E:1': 0.5 });
    await print(99.9, START_MS + 1_500, { quantity: 0.2 });
    expect(matcher.queues()).toMatchObject({ 'E:1': 0.3 });
    expect((await account()).positions.size).toBe(0);
  });

  it('knows no place where nobody told how much stood there: only a trade through it fills it', async () => {
    const { pass, print, account, matcher } = await floor(BUY);
    await pass(START_MS + 80);
    await print(99.9, START_MS + 1_000, { quantity: 1_000 });
    expect([matcher.queues(), (await account()).positions.size]).toEqual([{}, 0]);
    await print(99.89, START_MS + 2_000);
    expect([...(await account()).positions.values()]).toMatchObject([{ entryPrice: decimal('99.9') }]);
  });

  it('that met no market when it came meets the first price as one that comes in, and not its limit', async () => {
    const { print, pass, account } = await floor({ terms: { instruction: { type: 'limit', limit: decimal('105') } } });
    await pass(START_MS + 10_000);
    await print(100, START_MS + 12_000, { quantity: 9 });
    const [position] = [...(await account()).positions.values()];
    expect(toNumber(position?.entryPrice ?? ZERO)).toBeGreaterThan(100);
    expect(toNumber(position?.entryPrice ?? ZERO)).toBeLessThan(100.5);
  });

  it('goes on taking what comes within its limit, at its price, until nothing stands there: then it rests', async () => {
    const { desk, print, pass, account, matcher } = await floor({ target: '200', terms: { instruction: { type: 'limit', limit: decimal('105') } } });
    const book = (atMs: number, ask: number, quantity: number, bid = 99.9) => {
      desk.depth({ ...tickOf('BTC', 100, atMs), bids: [{ price: bid, quantity: 4 }], asks: [{ price: ask, quantity }] });
    };
    const got = async () => (await account()).positions.get('P:E:1');
    book(START_MS, 100.1, 0.5);
    await pass(START_MS + 80);
    expect((await got())?.entryPrice).toBe(decimal('100.1'));
    // What it took is gone, and its own limit is no price that anybody asks.
    await print(100, START_MS + 1_000, { quantity: 9 });
    expect((await account()).totals.fills).toBe(1);
    book(START_MS + 1_500, 100.3, 0.5);
    await print(100, START_MS + 2_000, { quantity: 9 });
    expect((await got())?.entryPrice).toBe(decimal('100.2'));
    expect(matcher.arriving()).toEqual(['E:1']);
    // The market leaves its limit behind: it stands there now, and is met at its limit when the market comes back.
    book(START_MS + 2_500, 106, 4, 105.5);
    await print(106, START_MS + 3_000);
    expect(matcher.arriving()).toEqual([]);
    expect(matcher.queues()).toEqual({});
    await print(104, START_MS + 4_000, { quantity: 9 });
    expect((await account()).orders.has('E:1')).toBe(false);
    expect(toNumber((await got())?.entryPrice ?? ZERO)).toBeCloseTo((100.1 * 0.5 + 100.3 * 0.5 + 105) / 2, 6);
  });

  it('is on its way still after a restart, when it was before', async () => {
    const before = { terms: { instruction: { type: 'limit', limit: decimal('105') } }, atMs: START_MS - 60_000, resumedAtMs: START_MS } as const;
    const entered = async (arriving: readonly string[]): Promise<number> => {
      const { print, account } = await floor({ ...before, arriving });
      await print(100, START_MS + 1_000, { quantity: 9 });
      return toNumber([...(await account()).positions.values()][0]?.entryPrice ?? ZERO);
    };
    expect(await entered(['E:1'])).toBeLessThan(100.5);
    // One that rested had been passed by: it was met at its limit.
    expect(await entered([])).toBe(105);
  });

  it('keeps its place over a restart', async () => {
    const { desk, pass, print, account, matcher } = await floor({ ...BUY, queues: { 'E:1': 1 }, atMs: START_MS - 60_000, resumedAtMs: START_MS });
    desk.top(top(START_MS, 50));
    await pass(START_MS + 80);
    expect(matcher.queues()).toEqual({ 'E:1': 1 });
    await print(99.9, START_MS + 1_000, { quantity: 3 });
    expect((await account()).orders.has('E:1')).toBe(false);
  });
});

describe('what a run before had kept of an exit', () => {
  const levels = { stop: decimal('98.5'), target: decimal('103'), trail: null };
  type Levels = Omit<Partial<typeof levels>, 'trail'> & { readonly trail?: Bracket['trail'] };

  const amended = async ({ context, matcher }: Floor, name: string, from: Levels, to: Levels): Promise<void> => {
    await commitDecision(context, 's', (account) => {
      const draft = draftOn(account, name);
      draft.emit({ type: 'exit-amended', atMs: context.clock.now(), orderId: EXIT_ID, before: { ...levels, ...from }, after: { ...levels, ...to } });
      return { draft };
    });
    await matcher.refresh();
  };

  it('is its place at the price where it stood, and no place at another', async () => {
    const on = await floor({ price: '100', queues: { [EXIT_ID]: 0 } });
    const book = { ...tickOf('BTC', 100, OPENED_MS), bid: 99.9, ask: 102, bidSize: 5, askSize: 40 };
    await on.pass(OPENED_MS);
    on.desk.top(book);
    await on.matcher.refresh();
    expect(on.matcher.queues()).toEqual({ [EXIT_ID]: 0 });
    await amended(on, 'nearer', {}, { target: decimal('102') });
    expect(on.matcher.queues()).toEqual({ [EXIT_ID]: 40 });
  });

  it('is the best price of its trail, not that of one which is added later', async () => {
    const share = { kind: 'share', share: 0.1 } as const;
    const on = await floor({ price: '100', trail: share, extremes: { [EXIT_ID]: 110 } });
    await on.print(101, OPENED_MS + 1_000);
    expect(on.matcher.extremes()).toEqual({ [EXIT_ID]: 110 });
    await amended(on, 'off', { trail: share }, { trail: null });
    await amended(on, 'on', { trail: null }, { trail: share });
    expect(on.matcher.extremes()).toEqual({ [EXIT_ID]: 101 });
  });
});

describe('an order that must fill at once', () => {
  it('ends at its first look when there is nothing to trade on, and says why', async () => {
    const { pass, account, context } = await floor({ terms: { timeInForce: 'IOC' } });
    await pass(START_MS + 80);
    expect((await account()).orders.size).toBe(0);
    expect(await context.ledger.order('s', 'E:1')).toMatchObject({
      state: 'cancelled',
      reason: 'immediate_or_cancel: the rest could not be filled at once: no price of BTC has been received',
    });
  });
});

describe('a trailing stop that opens, at the matcher', () => {
  it('follows the lowest price seen, hands it to the next run, and is met by the turn', async () => {
    const { print, pass, account, matcher } = await floor({
      terms: { instruction: { type: 'trailing-stop', trail: { kind: 'share', share: 0.02 } } },
    });
    await pass(START_MS + 80);
    for (const [second, price] of [99, 97, 98.5].entries()) await print(price, START_MS + (second + 1) * 1_000);
    expect([matcher.extremes(), (await account()).positions.size]).toEqual([{ 'E:1': 97 }, 0]);
    await print(98.95, START_MS + 5_000);
    expect([...(await account()).positions.values()]).toMatchObject([{ openedMs: START_MS + 5_000 }]);
  });
});

describe('a part of a position that is asked to be closed, at the matcher', () => {
  const TRAILING = { price: '100', stop: '90', target: '200', trail: { kind: 'share', share: 0.02 } } as const;
  const closePart = async ({ context, matcher, clock }: Floor, quantity: string | null): Promise<void> => {
    await commitDecision(context, 's', (account) => {
      const draft = draftOn(account, `close ${quantity}`);
      const asks = { reason: 'manual', quantity: quantity === null ? null : decimal(quantity), nowMs: clock.now() } as const;
      requestExit(draft, positionIn(account), asks);
      return { draft };
    });
    await matcher.refresh();
  };

  it('leaves the trail of the rest on the best price that was seen before and meanwhile', async () => {
    const at = await floor(TRAILING);
    await at.print(104, OPENED_MS + 1_000);
    await closePart(at, '0.5');
    await at.print(105, OPENED_MS + 1_010);
    await at.pass(OPENED_MS + 4_000);
    await at.print(104.5, OPENED_MS + 4_500);
    expect([...(await at.account()).positions.values()]).toMatchObject([{ quantity: decimal('1.5') }]);
    expect(at.matcher.extremes()).toEqual({ [EXIT_ID]: 105 });
    await at.print(102.8, OPENED_MS + 5_000);
    expect((await at.account()).positions.size).toBe(0);
    expect(await at.trades()).toMatchObject([{ closedWhy: 'trailing-stop', quantity: decimal('2') }]);
  });

  it('races its stop to one end: whatever comes first, each unit is sold once', async () => {
    for (const quantity of ['0.5', null]) {
      const at = await floor({ price: '100' });
      await at.print(100, OPENED_MS + 1_000);
      await closePart(at, quantity);
      await at.print(98, OPENED_MS + 3_000);
      await at.print(97, OPENED_MS + 3_001);
      const account = await at.account();
      expect(account).toMatchObject({ positions: new Map(), orders: new Map(), totals: { trades: 1 } });
      expect(await at.trades()).toMatchObject([{ quantity: decimal('2') }]);
    }
  });
});

describe('an order for the closing auction, at the matcher', () => {
  const clock = (time: string): number => Date.parse(`2026-08-03T${time}+05:30`);
  const SHARE = { symbol: 'RELIANCE', currency: 'INR', quantity: '10', reserved: '13' } as const;

  it('sleeps through the day and wakes at the print of the auction', async () => {
    const terms = { tradedIn: 'closing-auction', timeInForce: 'DAY', expiresMs: clock('15:35:00') } as const;
    const { print, account } = await floor({ ...SHARE, startMs: clock('15:00:00'), terms });
    for (const time of ['15:01:00', '15:14:59']) await print(100, clock(time));
    expect((await account()).positions.size).toBe(0);
    await print(100.4, clock('15:29:20'), { quantity: 1_000 });
    expect([...(await account()).positions.values()]).toMatchObject([{ entryPrice: decimal('100.4'), quantity: decimal('10') }]);
  });
});
