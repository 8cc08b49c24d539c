import { describe, expect, it } from 'vitest';
import type { EntryOrder } from '../../../shared/contracts/order.ts';
import { fromNumber, toNumber } from '../../../shared/kernel/decimal.ts';
import { HOUR_MS, MINUTE_MS, SECOND_MS } from '../../../shared/kernel/time.ts';
import type { Account } from '../../../shared/ledger/account.ts';
import type { Bar } from '../../../shared/market/price.ts';
import { brokenBooks, createRows, openWorld, type Rows } from '../../support/engine-world.ts';
import { commitOf, entryFill, entryOrder, orderPlaced, rateOf, sessionStarted } from '../../support/ledger-fixtures.ts';
import { openMarket, trueBar } from '../../support/open-market.ts';

const START = Date.UTC(2026, 9, 6, 9);
/** The feed dies here, twenty seconds into a minute, and another one starts an hour later. */
const DIES = START + HOUR_MS + 20 * SECOND_MS;
const RETURNS = DIES + HOUR_MS;
const GAP = DIES - 20 * SECOND_MS;

type Events = Parameters<typeof commitOf>[2];

async function book({ ledger }: Rows, commandId: string, events: Events): Promise<void> {
  const active = await ledger.activeSession();
  await ledger.commit(commitOf(active === null ? null : await ledger.load(active), commandId, events));
}

const barsBetween = (fromMs: number, toMs: number): readonly Bar[] => {
  const bars: Bar[] = [];
  for (let ms = Math.ceil(fromMs / MINUTE_MS) * MINUTE_MS; ms < toMs - (toMs % MINUTE_MS); ms += MINUTE_MS) bars.push(trueBar('BTC', ms));
  return bars;
};

const rounded = (price: number): string => price.toFixed(2);

/** A feed that runs from one instant to another, is killed, and leaves what it had stored. */
async function ranUntilKilled(rows: Rows, fromMs: number, toMs: number): Promise<void> {
  const world = await open(rows, fromMs);
  await world.feed.start();
  await world.clock.run(toMs);
  world.kill();
}

/** How a feed comes back. */
interface Return {
  /** How long it runs before it is looked at. */
  readonly runMs?: number;
  /** Called before the venue tells of its past. */
  readonly onAsked?: () => void;
  readonly between?: (rows: Rows) => Pick<Rows, 'ledger' | 'market'>;
}

/** The rate that the source knows is that of its start. */
const open = (rows: Rows, startMs: number, { onAsked, between }: Return = {}) =>
  openWorld({
    rows,
    startMs,
    source: (clock) =>
      openMarket(clock, {
        name: 'crypto',
        market: 'CRYPTO',
        symbols: ['BTC'],
        rates: [{ ...rateOf('USDT'), asOfMs: startMs }],
        ...(onAsked === undefined ? {} : { onAsked }),
      }),
    publishEveryMs: 20 * SECOND_MS,
    ...(between === undefined ? {} : { between }),
  });

/** An account whose feed died, in an hour in which `events` were booked before and `meanwhile` while nobody fed. */
async function left(events: Events, meanwhile: Events = []): Promise<Rows> {
  const rows = createRows();
  await book(rows, 'start', [sessionStarted('S', '100000', START), ...events]);
  await ranUntilKilled(rows, START + HOUR_MS, DIES);
  if (meanwhile.length > 0) await book(rows, 'meanwhile', meanwhile);
  return rows;
}

/** The account after the feed is back. */
async function returned(events: Events, meanwhile: Events = [], how: Return = {}): Promise<{ readonly rows: Rows; readonly account: Account }> {
  const rows = await left(events, meanwhile);
  const world = await open(rows, RETURNS, how);
  await world.feed.start();
  if (how.runMs !== undefined) await world.clock.run(RETURNS + how.runMs);
  const account = await world.context.accounts.active();
  world.kill();
  if (account === null) throw new Error('No session is active');
  expect(brokenBooks(account)).toEqual([]);
  return { rows, account };
}

const gap = barsBetween(DIES - MINUTE_MS, RETURNS);
const lowest = Math.min(...gap.map(({ low }) => low));
const highest = Math.max(...gap.map(({ high }) => high));
const atDeath = trueBar('BTC', DIES - (DIES % MINUTE_MS)).open;

/** A coin bought just before the feed died, with a stop and a target. */
const held = (stop: number, target: number): Events => {
  const order = entryOrder({ quantity: '1', reserved: '110', stop: rounded(stop), target: rounded(target), atMs: DIES - 5 * MINUTE_MS });
  return [orderPlaced(order), (account) => entryFill(account, order.id, { price: rounded(atDeath), atMs: DIES - 5 * MINUTE_MS })];
};

const placed = (id: string, atMs: number, instruction: EntryOrder['instruction']): EntryOrder => ({
  ...entryOrder({ id, quantity: '1', reserved: '110', atMs, stop: '50', target: '200' }),
  instruction,
});

const resting = (id: string, limit: number, atMs: number): EntryOrder =>
  placed(id, atMs, { type: 'limit', limit: fromNumber(Number(rounded(limit))) });

/** The `minute`th bar of the gap; the one in which the feed died is the 0th. */
const barOf = (minute: number): Bar => trueBar('BTC', GAP + minute * MINUTE_MS);
const minuteOfGap = (atMs: number): number => Math.floor((atMs - GAP) / MINUTE_MS);
/** Half a minute into the `minute`th of the gap. */
const within = (minute: number): number => GAP + (minute + 0.5) * MINUTE_MS;

async function openedIn({ account }: { readonly account: Account }): Promise<number> {
  const [position] = account.positions.values();
  if (position === undefined) throw new Error('Nothing was bought');
  return minuteOfGap(position.openedMs);
}

const tradesOf = async ({ ledger }: Rows) => (await ledger.trades('S', { limit: 10, cursor: null })).items;

describe('resting orders of a feed that was away for an hour', () => {
  it('leave by the stop that the market went through meanwhile, at the time and at the price of then', async () => {
    const stop = lowest + 0.4;
    const { rows } = await returned(held(stop, 500));
    const [trade] = await tradesOf(rows);
    const first = gap.find(({ low }) => low <= stop);
    expect(trade).toMatchObject({ closedWhy: 'stop' });
    expect(Math.floor((trade?.closedMs ?? 0) / MINUTE_MS) * MINUTE_MS).toBe(first?.openMs);
    // At the stop or below it: what the bar gapped to, and slippage.
    const exitPrice = toNumber(trade?.exitPrice ?? fromNumber(0));
    expect(exitPrice).toBeLessThanOrEqual(stop);
    expect(exitPrice).toBeGreaterThan(stop * 0.99);
  });

  it('take the target that was reached, and the stop where one bar met both', async () => {
    const target = highest - 0.4;
    const { rows } = await returned(held(1, target));
    expect(await tradesOf(rows)).toMatchObject([{ closedWhy: 'target', exitPrice: fromNumber(Number(rounded(target))) }]);
    const bar = trueBar('BTC', DIES - (DIES % MINUTE_MS));
    const both = await returned(held(bar.low + 0.001, bar.high - 0.001));
    expect(await tradesOf(both.rows)).toMatchObject([{ closedWhy: 'stop' }]);
  });

  it('stay where nothing reached their levels', async () => {
    const { rows, account } = await returned(held(lowest - 1, highest + 1));
    expect(await tradesOf(rows)).toEqual([]);
    expect([...account.orders.keys()]).toEqual(['X:P:E:1:1']);
  });

  it('fill an entry that was penetrated, and leave its position by the bars that came after', async () => {
    const limit = lowest + 0.5;
    const { account } = await returned([orderPlaced(resting('E:2', limit, DIES - 5 * MINUTE_MS))]);
    const [position] = account.positions.values();
    expect(position).toMatchObject({ entryPrice: fromNumber(Number(rounded(limit))), quantity: expect.anything() });
    expect(position?.openedMs).toBeGreaterThan(DIES);
    expect(position?.openedMs).toBeLessThan(RETURNS);
  });

  it('do not meet bars that began before they were accepted', async () => {
    const lows = gap.filter(({ low }) => low < lowest + 0.5);
    const afterLow = (lows.at(-1)?.openMs ?? 0) + MINUTE_MS / 2;
    const order = resting('E:2', lowest + 0.5, afterLow);
    const laterLow = gap.some(({ openMs, low }) => openMs >= afterLow && low < lowest + 0.5);
    expect(laterLow).toBe(false);
    const { account } = await returned([], [orderPlaced(order)]);
    expect(account.orders.has('E:2')).toBe(true);
    expect(account.positions.size).toBe(0);
  });

  it('do not leave by a level that they were given after the bar began that went through it', async () => {
    const stop = fromNumber(barOf(35).low + 0.5);
    expect(gap.filter(({ openMs, low }) => openMs > GAP + 35 * MINUTE_MS && low <= toNumber(stop))).toEqual([]);
    const given = (account: Account): Events[number] => {
      const order = account.orders.get('X:P:E:1:1');
      if (order?.purpose !== 'exit') throw new Error('The position has no exit');
      const before = { stop: order.stop, target: order.target, trail: order.trail };
      return { type: 'exit-amended', atMs: within(35), orderId: order.id, before, after: { ...before, stop } };
    };
    const { rows, account } = await returned(held(lowest - 1, highest + 1), [given as Events[number]]);
    expect(await tradesOf(rows)).toEqual([]);
    expect(account.orders.get('X:P:E:1:1')).toMatchObject({ stop });
  });

  it('fill after their stop was met, not with a price of before', async () => {
    const order = placed('E:2', DIES - 5 * MINUTE_MS, { type: 'stop', stop: fromNumber(96.5) });
    const met = { type: 'order-triggered', atMs: within(36), orderId: 'E:2', price: 96.5 } as const;
    expect(await openedIn(await returned([orderPlaced(order)], [met]))).toBe(37);
  });

  it('trail the prices of their own time', async () => {
    const by = 2;
    const [before, own] = [barOf(31).low, barOf(32).low];
    // By the price of before it would be met sooner, and lower.
    expect(before).toBeLessThan(own - 0.3);
    const trail = { kind: 'distance', distance: by, basis: 'given' } as const;
    const order = placed('E:2', within(31), { type: 'trailing-stop', trail });
    const last = barOf(31).close;
    const { account } = await returned([], [orderPlaced({ ...order, intent: { ...order.intent, quote: { ...order.intent.quote, last } } })]);
    const [position] = account.positions.values();
    expect(toNumber(position?.entryPrice ?? fromNumber(0))).toBeGreaterThanOrEqual(own + by);
  });

  it('are not trailed into a bar of which a part was heard: its low may have come before the best price', async () => {
    const order = entryOrder({ quantity: '1', reserved: '110', stop: '50', target: '200', atMs: DIES - 5 * MINUTE_MS });
    const by = 0.1;
    expect(barOf(0).low).toBeLessThan(atDeath - by);
    const trailed = { ...order, bracket: { ...order.bracket, trail: { kind: 'distance', distance: by, basis: 'given' } as const } };
    const { rows } = await returned([
      orderPlaced(trailed),
      (account) => entryFill(account, order.id, { price: rounded(atDeath), atMs: DIES - 5 * MINUTE_MS }),
    ]);
    const [trade] = await tradesOf(rows);
    expect(trade).toMatchObject({ closedWhy: 'trailing-stop' });
    expect(minuteOfGap(trade?.closedMs ?? 0)).toBe(1);
  });

  it('meet the bar of the minute in which the feed came back, of which it heard the end only', async () => {
    const order = resting('E:2', barOf(60).low + 0.05, within(59));
    expect(await openedIn(await returned([], [orderPlaced(order)], { runMs: 2 * MINUTE_MS }))).toBe(60);
  });

  it('meet bars that could not be fetched at first, when they are', async () => {
    let isReachable = false;
    const onAsked = (): void => {
      if (isReachable) return;
      isReachable = true;
      throw new Error('No network yet');
    };
    const { account } = await returned([orderPlaced(resting('E:2', lowest + 0.5, DIES - 5 * MINUTE_MS))], [], { runMs: 30 * SECOND_MS, onAsked });
    const [position] = account.positions.values();
    const first = gap.find(({ low }) => low < lowest + 0.5);
    expect(minuteOfGap(position?.openedMs ?? 0)).toBe(minuteOfGap(first?.openMs ?? -1));
  });

  it('meet them although a start in between was killed when it had fetched them', async () => {
    const rows = await left([orderPlaced(resting('E:2', lowest + 0.5, DIES - 5 * MINUTE_MS))]);
    const killed = await open(rows, RETURNS, {
      // The last read before the orders are looked at.
      between: ({ ledger, market }) => {
        const bars: typeof market.bars = (...asked) => (asked[2] === RETURNS ? Promise.reject(new Error('killed')) : market.bars(...asked));
        return { ledger, market: { ...market, bars } };
      },
    });
    await expect(killed.feed.start()).rejects.toThrow('killed');
    killed.kill();
    const stored = await rows.market.snapshot('test');
    expect(stored?.atMs).toBeGreaterThan(DIES + 59 * MINUTE_MS);
    const world = await open(rows, RETURNS + MINUTE_MS);
    await world.feed.start();
    const account = await world.context.accounts.active();
    world.kill();
    expect(account?.positions.size).toBe(1);
  });
});
