import { describe, expect, it } from 'vitest';
import type { EngineContext } from '../../../../shared/engine/context.ts';
import { amendBracket } from '../../../../shared/engine/orders/amend-bracket.ts';
import { cancelOrder } from '../../../../shared/engine/orders/cancel-order.ts';
import { onItsWay } from '../../../../shared/engine/orders/on-its-way.ts';
import { orderLatencyMs } from '../../../../shared/execution/latency.ts';
import { decimal } from '../../../../shared/kernel/decimal.ts';
import type { Account } from '../../../../shared/ledger/account.ts';
import { exitId } from '../../../../shared/ledger/resting-exit.ts';
import { bareQuote } from '../../../support/engine-fixtures.ts';
import { contextOver, createRows } from '../../../support/engine-world.ts';
import { commitOf, entryFill, entryOrder, exitFill, orderPlaced, START_MS, sessionStarted } from '../../../support/ledger-fixtures.ts';

type Events = Parameters<typeof commitOf>[2];

/** A session with these events, whose time goes on while somebody waits; `meanwhile` happens during the first pause. */
async function venue(events: Events, meanwhile: Events = []) {
  const rows = createRows();
  let nowMs = START_MS + 1_000;
  let left = meanwhile;
  const sleep = async (ms: number): Promise<void> => {
    nowMs += ms;
    if (left.length === 0) return;
    const before = (await rows.ledger.load('s')) as Account;
    await rows.ledger.commit(commitOf(before, 'meanwhile', left));
    left = [];
  };
  await rows.ledger.commit(commitOf(null, 'start', [sessionStarted('s'), ...events]));
  const lease = await rows.market.lease({ scope: 'test', holder: 'one', epoch: null, nowMs: START_MS, ttlMs: 1e9 });
  const quotes = [bareQuote('BTC', 100, START_MS)];
  await rows.market.publish(lease, { scope: 'test', atMs: START_MS, quotes, rates: [], feeds: [], cursor: null }, null);
  const context: EngineContext = contextOver(rows, { now: () => nowMs, at: () => () => undefined }, { exclusive: false, sleep });
  return { context, waitedMs: () => nowMs - START_MS - 1_000, account: async () => (await rows.ledger.load('s')) as Account };
}

const order = entryOrder();
const working: Events = [orderPlaced(order)];
const held: Events = [orderPlaced(order), (account) => entryFill(account, 'E:1', { price: '100' })];

describe('a cancel', () => {
  it('is on its way to the venue as long as an order is', async () => {
    const { context, waitedMs } = await venue(working);
    const { order: stored } = await cancelOrder(context, 'E:1');
    expect(waitedMs()).toBe(orderLatencyMs('seed', 'cancel:E:1@1'));
    expect(stored).toMatchObject({ state: 'cancelled', endedMs: START_MS + 1_000 + waitedMs() });
  });

  it('comes too late for what fills meanwhile, and says so', async () => {
    const { context, account } = await venue(working, [(now) => entryFill(now, 'E:1', { price: '100' })]);
    await expect(cancelOrder(context, 'E:1')).rejects.toMatchObject({ code: 'order_ended', context: { state: 'filled' } });
    expect([...(await account()).positions.keys()]).toEqual(['P:E:1']);
  });

  it('of what does not work waits for nothing', async () => {
    const { context, waitedMs } = await venue(working);
    await expect(cancelOrder(context, 'E:2')).rejects.toMatchObject({ code: 'unknown_order' });
    expect(waitedMs()).toBe(0);
  });
});

describe('a change of a bracket', () => {
  it('is on its way as long as an order is, and the levels of before hold until then', async () => {
    const { context, waitedMs } = await venue(held);
    await amendBracket(context, 'P:E:1', { stop: decimal('99') }, null);
    expect(waitedMs()).toBe(orderLatencyMs('seed', `amend:${exitId('P:E:1', 1)}@1`));
  });

  it('comes too late for a stop that is met meanwhile', async () => {
    const { context } = await venue(held, [(now) => exitFill(now, 'P:E:1', { price: '98.5', reason: 'stop' })]);
    await expect(amendBracket(context, 'P:E:1', { stop: decimal('90') }, null)).rejects.toMatchObject({ code: 'position_closed' });
  });
});

describe('the way to the venue', () => {
  it('is no longer than a virtual clock says that is faster than the pauses', async () => {
    let [nowMs, pauses] = [0, 0];
    const sleep = async (ms: number): Promise<void> => {
      nowMs += 60 * ms;
      pauses++;
    };
    await onItsWay({ clock: { now: () => nowMs, at: () => () => undefined }, sleep }, 'seed', 'x');
    expect(pauses).toBe(1);
  });

  it('ends although the clock stands still', async () => {
    let sleptMs = 0;
    const sleep = async (ms: number): Promise<void> => {
      sleptMs += ms;
    };
    await onItsWay({ clock: { now: () => 0, at: () => () => undefined }, sleep }, 'seed', 'x');
    expect(sleptMs).toBe(orderLatencyMs('seed', 'x'));
  });
});
