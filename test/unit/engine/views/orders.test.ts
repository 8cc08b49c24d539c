import { describe, expect, it } from 'vitest';
import type { JournalEvent } from '../../../../shared/contracts/journal.ts';
import type { EntryOrder } from '../../../../shared/contracts/order.ts';
import type { EngineContext } from '../../../../shared/engine/context.ts';
import { orders } from '../../../../shared/engine/views/orders.ts';
import { decimal } from '../../../../shared/kernel/decimal.ts';
import { contextOver, createRows } from '../../../support/engine-world.ts';
import { commitOf, entryFill, entryOrder, exitFill, orderPlaced, START_MS, sessionStarted } from '../../../support/ledger-fixtures.ts';
import { movableClock } from '../../../support/movable-clock.ts';

type Events = Parameters<typeof commitOf>[2];

async function booked(...events: Events): Promise<EngineContext> {
  const context = contextOver(createRows(), movableClock(START_MS + 120_000));
  await context.ledger.commit(commitOf(null, 'all', [sessionStarted('S-1'), ...events]));
  return context;
}
const shown = async (...events: Events) => {
  const answer = await orders(await booked(...events), { limit: 10 });
  return Object.fromEntries(answer.orders.map((order) => [order.id, order]));
};
const placedWith = (more: Partial<EntryOrder>): JournalEvent => orderPlaced({ ...entryOrder(), ...more });
const EXIT = 'X:P:E:1:1';

describe('the list of orders', () => {
  it('has a word for each that works, and none for one that has ended', async () => {
    const expired: JournalEvent = { type: 'order-ended', atMs: START_MS + 9, orderId: 'E:2', state: 'expired', reason: 'no price came' };
    const listed = await shown(placedWith({}), orderPlaced(entryOrder({ id: 'E:2' })), expired);
    expect(listed['E:1']).toMatchObject({ state: 'accepted', reason: null, waiting: { code: 'no_price', why: 'no price of BTC has been received' } });
    expect(listed['E:2']).toMatchObject({ state: 'expired', reason: 'no price came', waiting: null, endedAt: '2025-01-06T04:00:00.009Z' });
  });

  it.each<readonly [type: string, more: Partial<EntryOrder>, terms: object]>([
    ['market', {}, { limitPrice: null, stopPrice: null, trail: null, triggeredAt: null }],
    [
      'limit',
      { instruction: { type: 'limit', limit: decimal('99') }, timeInForce: 'DAY', expiresMs: START_MS + 5 },
      { limitPrice: '99', timeInForce: 'DAY', expiresAt: '2025-01-06T04:00:00.005Z' },
    ],
    [
      'stop',
      { instruction: { type: 'stop', stop: decimal('101') }, triggeredMs: START_MS + 7 },
      { stopPrice: '101', limitPrice: null, triggeredAt: '2025-01-06T04:00:00.007Z' },
    ],
    ['stop-limit', { instruction: { type: 'stop-limit', stop: decimal('101'), limit: decimal('102') } }, { stopPrice: '101', limitPrice: '102' }],
    [
      'trailing-stop',
      { instruction: { type: 'trailing-stop', trail: { kind: 'share', share: 0.01 } } },
      { trail: { kind: 'share', share: 0.01 }, stopPrice: null },
    ],
    [
      'market',
      { tradedIn: 'closing-auction', groupId: 'G:1', clientOrderId: 'mine' },
      { tradedIn: 'closing-auction', groupId: 'G:1', clientOrderId: 'mine' },
    ],
  ])('shows a %s order with its own terms beside those of its bracket', async (type, more, terms) => {
    expect((await shown(placedWith(more)))['E:1']).toMatchObject({ type, purpose: 'entry', stop: '98.5', target: '103', ...terms });
  });

  it('shows how much of an entry has filled, what is still set aside, and the exit of what is held', async () => {
    const listed = await shown(placedWith({}), (now) => entryFill(now, 'E:1', { price: '100', quantity: '0.5' }));
    expect(listed['E:1']).toMatchObject({ state: 'partially-filled', quantity: '2', filledQuantity: '0.5', reserved: '150.75' });
    expect(listed['E:1']?.waiting).not.toBeNull();
    expect(listed[EXIT]).toMatchObject({ type: 'bracket', purpose: 'exit', state: 'resting', quantity: '0.5', filledQuantity: '0', reserved: null });
  });

  it('shows an exit in parts with what is closed of it, and with why and how much it is asked for at market', async () => {
    const requested: JournalEvent = {
      type: 'exit-requested',
      atMs: START_MS + 200,
      orderId: EXIT,
      reason: 'manual',
      quantity: decimal('1.5'),
      activeFromMs: START_MS + 280,
    };
    const part = { price: '101', quantity: '0.5', atMs: START_MS + 300 };
    const listed = await shown(
      placedWith({}),
      (now) => entryFill(now, 'E:1', { price: '100' }),
      requested,
      (now) => exitFill(now, 'P:E:1', part),
    );
    expect(listed[EXIT]).toMatchObject({
      type: 'market',
      state: 'partially-filled',
      quantity: '2',
      filledQuantity: '0.5',
      marketReason: 'manual',
      marketQuantity: '1',
      stop: '98.5',
      timeInForce: 'GTC',
    });
  });

  it('tells what the monitor told of an order that does not progress', async () => {
    const waiting = { code: 'stale_price', why: 'the price of BTC is 40 s old', sinceMs: START_MS };
    const listed = await shown(placedWith({}), { type: 'order-waiting', atMs: START_MS + 40_000, orderId: 'E:1', waiting });
    expect(listed['E:1']).toMatchObject({ state: 'accepted', reason: 'the price of BTC is 40 s old', waiting: { code: 'no_price' } });
  });
});
