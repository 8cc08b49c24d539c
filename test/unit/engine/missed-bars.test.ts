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

const open = (rows: Rows, startMs: number) =>
  openWorld({
    rows,
    startMs,
    source: (clock) => openMarket(clock, { name: 'crypto', market: 'CRYPTO', symbols: ['BTC'], rates: [{ ...rateOf('USDT'), asOfMs: RETURNS }] }),
    publishEveryMs: 20 * SECOND_MS,
  });

/** The account after the feed is back, an hour in which `events` were booked before and `meanwhile` while nobody fed. */
async function returned(events: Events, meanwhile: Events = []): Promise<{ readonly rows: Rows; readonly account: Account }> {
  const rows = createRows();
  await book(rows, 'start', [sessionStarted('S', '100000', START), ...events]);
  await ranUntilKilled(rows, START + HOUR_MS, DIES);
  if (meanwhile.length > 0) await book(rows, 'meanwhile', meanwhile);
  const world = await open(rows, RETURNS);
  await world.feed.start();
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

const resting = (id: string, limit: number, atMs: number): EntryOrder => ({
  ...entryOrder({ id, quantity: '1', reserved: '110', atMs, stop: '50', target: '200' }),
  instruction: { type: 'limit', limit: fromNumber(Number(rounded(limit))) },
});

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
});
