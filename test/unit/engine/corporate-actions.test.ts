import { describe, expect, it } from 'vitest';
import { applyCorporateActions } from '../../../shared/engine/apply-corporate-actions.ts';
import type { EngineContext } from '../../../shared/engine/context.ts';
import { createDesk, type Desk } from '../../../shared/engine/desk.ts';
import { createMatcher, type Extremes, type Matcher } from '../../../shared/engine/matcher.ts';
import { monitorPositions } from '../../../shared/engine/monitor-positions.ts';
import { dueActions, toScale } from '../../../shared/engine/price-scale.ts';
import { rollTradingDay } from '../../../shared/engine/roll-trading-day.ts';
import { sessionAsked } from '../../../shared/engine/sessions.ts';
import { verifyLedger } from '../../../shared/engine/verify-ledger.ts';
import { portfolio } from '../../../shared/engine/views/portfolio.ts';
import { trades } from '../../../shared/engine/views/trades.ts';
import { createVirtualClock, type VirtualClock } from '../../../shared/kernel/clock-virtual.ts';
import { text } from '../../../shared/kernel/decimal.ts';
import { MINUTE_MS, SECOND_MS } from '../../../shared/kernel/time.ts';
import type { Account } from '../../../shared/ledger/account.ts';
import type { Evidence } from '../../../shared/market/price.ts';
import { bought, onlyPosition, type ShareSketch } from '../../support/corporate-actions.ts';
import { bareQuote, tickOf } from '../../support/engine-fixtures.ts';
import { contextOver, createRows, type Rows } from '../../support/engine-world.ts';
import { commitOf, LIMITS, rateOf, sessionStarted } from '../../support/ledger-fixtures.ts';

/** KOTAKBANK was split 5 for 1 on 2026-01-14; the day before it was about 2100 rupees. */
const BOUGHT_MS = Date.parse('2026-01-13T10:00:00+05:30');
const CLOSED_MS = Date.parse('2026-01-13T15:29:59+05:30');
const MIDNIGHT_MS = Date.parse('2026-01-14T00:00:00+05:30');
const OPEN_MS = Date.parse('2026-01-14T09:15:00+05:30');
const KOTAK = { symbol: 'KOTAKBANK', price: '2100', quantity: '10', stop: '2050', target: '2300', atMs: BOUGHT_MS } as const;
const LIVE = { scope: 'test', evidence: 'live', markets: ['NSE', 'CRYPTO'] } as const;

interface Night {
  readonly rows: Rows;
  readonly clock: VirtualClock;
  readonly context: EngineContext;
  readonly desk: Desk;
  readonly matcher: Matcher;
  readonly account: () => Promise<Account>;
  readonly at: (ms: number) => Promise<void>;
  /** Time goes to the tick, then desk and matcher hear of it. */
  readonly print: (price: number, atMs: number, exchangeMs?: number) => Promise<void>;
  readonly events: () => Promise<readonly string[]>;
}

/** A session that holds ten shares over the night of the split, its last quote of the evening published. */
async function night(sketch: Partial<ShareSketch> = {}, extremes: Extremes = {}): Promise<Night> {
  const rows = createRows();
  const evidence: Evidence = sketch.evidence ?? 'live';
  const session = { ...sessionStarted('s', '100000', BOUGHT_MS), dayDate: '2026-01-13', evidence, limits: { ...LIMITS, maxPriceAgeMs: 600_000 } };
  await rows.ledger.commit(commitOf(null, 'start', [session, ...bought({ ...KOTAK, ...sketch })]));
  const clock = createVirtualClock({ startMs: CLOSED_MS, speed: Number.POSITIVE_INFINITY });
  const context = contextOver(rows, clock, { world: LIVE });
  const lease = await rows.market.lease({ scope: 'test', holder: 'one', epoch: null, nowMs: CLOSED_MS, ttlMs: 1e10 });
  const rates = [rateOf('INR', '0.0125')].map((rate) => ({ ...rate, asOfMs: CLOSED_MS }));
  const quotes = [bareQuote('KOTAKBANK', 2140, CLOSED_MS, { evidence })];
  await rows.market.publish(lease, { scope: 'test', atMs: CLOSED_MS, quotes, rates, feeds: [], cursor: null }, null);
  const desk = createDesk();
  desk.rates(rates);
  const matcher = createMatcher(context, desk, () => lease);
  matcher.restore({ extremes });
  await matcher.refresh();
  const at = async (ms: number): Promise<void> => {
    clock.at(ms, '9-end', () => undefined);
    await clock.run(ms);
  };
  return {
    rows,
    clock,
    context,
    desk,
    matcher,
    at,
    account: async () => (await rows.ledger.load('s')) as Account,
    print: async (price, atMs, exchangeMs = atMs) => {
      await at(atMs);
      const tick = tickOf('KOTAKBANK', price, atMs, { exchangeMs, evidence });
      desk.tick(tick);
      await matcher.tick(tick);
    },
    events: async () => {
      const types: string[] = [];
      for await (const { event } of rows.ledger.rows('s', 3)) types.push(event.type);
      return types;
    },
  };
}

const apply = async (context: EngineContext, atMs: number): Promise<readonly string[]> =>
  applyCorporateActions(context, await sessionAsked(context, null), atMs);

const quantityOf = async (world: Night): Promise<string> => text(onlyPosition(await world.account()).quantity);

describe('a position over the ex-date of a split', () => {
  it.each(['live', 'delayed', 'replay'] as const)('that is %s is adjusted at midnight in India, once, whoever asks how often', async (evidence) => {
    const world = await night({ evidence });
    const { context } = world;
    expect(await apply(context, MIDNIGHT_MS - 1)).toEqual([]);
    await world.at(MIDNIGHT_MS + 15 * SECOND_MS);
    expect(await apply(context, MIDNIGHT_MS)).toEqual(['corporate-action:KOTAKBANK:2026-01-14:split:P:E:1']);
    expect(await apply(context, MIDNIGHT_MS)).toEqual([]);
    const cold = contextOver(world.rows, world.clock, { world: LIVE, exclusive: false });
    expect(await apply(cold, OPEN_MS)).toEqual([]);
    expect(onlyPosition(await world.account())).toMatchObject({ quantity: 5_000_000_000n, entryPrice: 42_000_000_000n, stop: 41_000_000_000n });
    expect(await world.events()).toEqual(['corporate-action']);
    expect(await verifyLedger(world.rows.ledger, 's')).toMatchObject({ isSound: true, differences: [] });
  });

  it('that is simulated is left alone: the simulated company was not split', async () => {
    const world = await night({ evidence: 'simulated' });
    expect(await apply(world.context, OPEN_MS)).toEqual([]);
    await world.print(2060, OPEN_MS + SECOND_MS);
    expect(await quantityOf(world)).toBe('10');
    await world.print(2040, OPEN_MS + 2 * SECOND_MS);
    expect((await world.account()).positions.size).toBe(0);
  });

  it('calls back what of its entry has not filled: its size and prices are those of before', async () => {
    const world = await night({ filled: '4' });
    await apply(world.context, MIDNIGHT_MS);
    expect(await world.events()).toEqual(['order-ended', 'corporate-action']);
    expect(await world.rows.ledger.order('s', 'E:1')).toMatchObject({
      state: 'cancelled',
      reason: 'corporate_action: KOTAKBANK: split, 5 for 1, ex 2026-01-14',
      order: { filledQuantity: 400_000_000n },
    });
    expect(await quantityOf(world)).toBe('20');
    expect([...(await world.account()).orders.keys()]).toEqual([onlyPosition(await world.account()).exitId]);
  });

  it('is left alone when it was bought on the ex-date', async () => {
    const world = await night({ atMs: MIDNIGHT_MS + MINUTE_MS });
    expect(await apply(world.context, OPEN_MS)).toEqual([]);
  });

  it('is adjusted by two that come at once exactly once', async () => {
    const world = await night();
    const contexts = [1, 2].map(() => contextOver(world.rows, world.clock, { world: LIVE, exclusive: false }));
    const done = await Promise.all(contexts.map((context) => apply(context, OPEN_MS)));
    expect(done.flat()).toHaveLength(1);
    expect(await quantityOf(world)).toBe('50');
  });

  it('is adjusted by the roll of the day before the books are opened, and by the monitor when that was missed', async () => {
    const rolled = await night();
    await rolled.at(OPEN_MS + 15 * SECOND_MS);
    const { rolled: ids } = await rollTradingDay(rolled.context, { atMs: OPEN_MS });
    expect(ids[0]).toBe('corporate-action:KOTAKBANK:2026-01-14:split:P:E:1');
    expect(await rolled.events()).toEqual(['corporate-action', 'day-closed', 'day-opened']);
    const watched = await night();
    await watched.at(OPEN_MS + 10 * SECOND_MS);
    await monitorPositions(watched.context, { minuteMs: OPEN_MS });
    expect(await quantityOf(watched)).toBe('50');
  });

  it('is worth the same before, in between and after, while the last price is that of the evening', async () => {
    const world = await night();
    const marks: (string | undefined)[] = [];
    for (const minuteMs of [MIDNIGHT_MS - 15 * MINUTE_MS, MIDNIGHT_MS, OPEN_MS - 15 * MINUTE_MS]) {
      await world.at(minuteMs + 10 * SECOND_MS);
      await monitorPositions(world.context, { minuteMs });
      marks.push(text((await world.account()).curve.last));
    }
    expect(marks).toEqual(['100005', '100005', '100005']);
    expect((await world.account()).curve.maxDrawdown).toBe(0);
    expect(await quantityOf(world)).toBe('50');
  });

  it('is shown with its new figures and what happened, and so is its trade', async () => {
    const world = await night();
    await world.at(MIDNIGHT_MS + MINUTE_MS);
    await apply(world.context, MIDNIGHT_MS);
    const happened = [{ exDate: '2026-01-14', says: 'KOTAKBANK: split, 5 for 1, ex 2026-01-14' }];
    const [shown] = (await portfolio(world.context, {})).positions;
    expect(shown).toMatchObject({
      quantity: '50',
      entry: '420',
      mark: '428',
      stop: '410',
      target: '460',
      unrealisedPnL: '5',
      corporateActions: happened,
    });
    await world.print(409, OPEN_MS + SECOND_MS);
    expect((await trades(world.context, { limit: 1 })).trades).toMatchObject([{ quantity: '50', entryPrice: '420', corporateActions: happened }]);
  });
});

describe('a price', () => {
  const split = {
    id: 'KOTAKBANK:2026-01-14:split',
    kind: 'split',
    exDate: '2026-01-14',
    priceFactor: 0.2,
    says: 's',
    source: 's',
    replacedExit: 'X',
  } as const;
  const held = { symbol: 'KOTAKBANK', evidence: 'live', openedMs: BOUGHT_MS } as const;

  it.each([
    ['of the evening, for a position of the evening', held, CLOSED_MS, 1],
    ['of the evening, for one that was adjusted', { ...held, actions: [split] }, CLOSED_MS, 0.2],
    ['of the morning, for one that was not adjusted yet', held, OPEN_MS, 5],
    ['of the morning, for one that was', { ...held, actions: [split] }, OPEN_MS, 1],
    ['of the morning, for a simulated one', { ...held, evidence: 'simulated' as const }, OPEN_MS, 1],
    ['of another share', { ...held, symbol: 'SBIN' }, OPEN_MS, 1],
  ])('%s is multiplied as that asks', (_what, position, atMs, factor) => {
    expect(toScale(position, atMs)).toBe(factor);
  });

  it('is not brought over by the ratio of a merger: the other company has its own', () => {
    const merged = { ...split, id: 'HDFC:2023-07-13:merger', kind: 'merger' as const, exDate: '2023-07-13', priceFactor: 25 / 42 };
    const position = { symbol: 'HDFCBANK', evidence: 'live' as const, openedMs: Date.parse('2023-07-11T05:00:00Z'), actions: [merged] };
    expect(toScale(position, Date.parse('2023-07-12T09:00:00Z'))).toBe(1);
    expect(dueActions({ ...position, symbol: 'HDFC', actions: [] }, Date.parse('2023-07-13T00:00:00Z')).map(({ id }) => id)).toEqual([merged.id]);
  });
});

describe('exits over the ex-date of a split', () => {
  const TRAILING = { trail: { kind: 'share', share: 0.02 }, stop: '1900', target: '3000' } as const;

  it('do not meet the first price of a split that was not booked yet: it is no fall', async () => {
    const world = await night();
    await world.print(428, OPEN_MS + SECOND_MS);
    expect((await world.account()).positions.size).toBe(1);
    await apply(world.context, OPEN_MS);
    await world.print(427, OPEN_MS + 2 * SECOND_MS);
    expect((await world.account()).positions.size).toBe(1);
    await world.print(409, OPEN_MS + 3 * SECOND_MS);
    expect((await world.account()).positions.size).toBe(0);
    const [trade] = (await world.rows.ledger.trades('s', { limit: 1, cursor: null })).items;
    expect(trade).toMatchObject({ closedWhy: 'stop', quantity: 5_000_000_000n, actions: [{ exDate: '2026-01-14' }] });
    expect(await verifyLedger(world.rows.ledger, 's')).toMatchObject({ isSound: true });
  });

  it('that trail hang on the best price of before, on the new scale: they hold at the open and leave at the trail', async () => {
    const world = await night(TRAILING);
    await world.print(2200, CLOSED_MS + SECOND_MS);
    await world.at(MIDNIGHT_MS + 15 * SECOND_MS);
    await apply(world.context, MIDNIGHT_MS);
    expect(world.matcher.extremes()).toEqual({ 'X:P:E:1:2': 440 });
    await world.print(436, OPEN_MS + SECOND_MS);
    expect((await world.account()).positions.size).toBe(1);
    await world.print(431, OPEN_MS + 2 * SECOND_MS);
    const [trade] = (await world.rows.ledger.trades('s', { limit: 1, cursor: null })).items;
    expect(trade?.closedWhy).toBe('trailing-stop');
  });

  it('that trail go on from the kept price after a restart over the night', async () => {
    const world = await night(TRAILING, { 'X:P:E:1:1': 2200 });
    await apply(world.context, MIDNIGHT_MS);
    const again = createMatcher(world.context, world.desk, () => ({ scope: 'test', holder: 'one', epoch: 1, untilMs: 0 }));
    again.restore({ extremes: { 'X:P:E:1:1': 2200 } });
    await again.refresh();
    expect(again.extremes()).toEqual({ 'X:P:E:1:2': 440 });
  });

  it('do not look at a price of before that comes after: neither the target nor the trail is met by it', async () => {
    const world = await night({ ...TRAILING, target: '2300' });
    await apply(world.context, MIDNIGHT_MS);
    // A source that connects anew repeats the last trade of the evening.
    await world.print(2140, OPEN_MS + SECOND_MS, CLOSED_MS);
    expect(world.matcher.extremes()).toEqual({ 'X:P:E:1:2': 420 });
    await world.print(425, OPEN_MS + 2 * SECOND_MS);
    expect((await world.account()).positions.size).toBe(1);
  });

  it('that were asked for at market wait for a price of the new scale, and fill the new quantity', async () => {
    const world = await night();
    const before = await world.account();
    const asked = {
      type: 'exit-requested',
      atMs: CLOSED_MS,
      orderId: 'X:P:E:1:1',
      reason: 'manual',
      quantity: null,
      activeFromMs: CLOSED_MS + 80,
    } as const;
    await world.rows.ledger.commit(commitOf(before, 'close', [asked]));
    world.context.accounts.forget('s');
    await world.matcher.refresh();
    await world.print(428, OPEN_MS + SECOND_MS);
    expect((await world.account()).positions.size).toBe(1);
    await apply(world.context, OPEN_MS);
    await world.print(428, OPEN_MS + 2 * SECOND_MS);
    const [trade] = (await world.rows.ledger.trades('s', { limit: 1, cursor: null })).items;
    expect(trade).toMatchObject({ closedWhy: 'manual', quantity: 5_000_000_000n });
  });
});

describe('the first book of an ex-date', () => {
  it('stands without the last price of the evening, which was of another scale', () => {
    const desk = createDesk();
    const top = { symbol: 'KOTAKBANK', bidSize: null, askSize: null, source: 'test', evidence: 'live' } as const;
    desk.tick(tickOf('KOTAKBANK', 2140, CLOSED_MS, { evidence: 'live' }));
    desk.top({ ...top, bid: 2139, ask: 2141, exchangeMs: CLOSED_MS + 1, receivedMs: CLOSED_MS + 1 });
    expect(desk.view(CLOSED_MS + 1).quote('KOTAKBANK')?.last).toBe(2140);
    desk.top({ ...top, bid: 427, ask: 429, exchangeMs: OPEN_MS - 1, receivedMs: OPEN_MS - 1 });
    expect(desk.view(OPEN_MS).quote('KOTAKBANK')).toMatchObject({ last: 428, bid: 427, ask: 429 });
  });
});
