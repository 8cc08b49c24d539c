import type { JournalRow } from '../contracts/journal.ts';
import type { Order, OrderState } from '../contracts/order.ts';
import { add, ZERO } from '../kernel/decimal.ts';
import { type Account, LedgerError } from './account.ts';

/** An order with where it stands. */
export interface OrderStanding {
  readonly order: Order;
  readonly state: OrderState;
  readonly reason: string | null;
  readonly endedMs: number | null;
}

export const isWorkingState = (state: OrderState): boolean => state === 'accepted' || state === 'resting' || state === 'partially-filled';

/** Whether an order waits for a price rather than for the next fill. */
export function isResting(order: Order): boolean {
  if (order.purpose === 'exit') return order.atMarket === null;
  const { type } = order.instruction;
  if (type === 'market') return order.tradedIn === 'closing-auction';
  return type === 'limit' || type === 'stop-limit' || order.triggeredMs === null;
}

function workingOrder(order: Order): OrderStanding {
  const state = order.filledQuantity > 0n ? 'partially-filled' : isResting(order) ? 'resting' : 'accepted';
  return { order, state, reason: order.waiting?.why ?? null, endedMs: null };
}

/** An order that has ended sets no cash aside any more. */
const givenBack = (order: Order): Order => (order.purpose === 'entry' ? { ...order, reserved: ZERO } : order);

/**
 * How every order stands that a row touches: those it placed or changed, and those it ended.
 * @throws LedgerError `unknown_order` when an order is gone by an event that ends none
 */
export function standingsOf(before: Account | null, after: Account, row: JournalRow): readonly OrderStanding[] {
  const working = [...after.orders.values()].filter((order) => before?.orders.get(order.id) !== order).map(workingOrder);
  const gone = [...(before?.orders.values() ?? [])].filter((order) => !after.orders.has(order.id)).map((order) => endedOrder(order, row));
  return [...working, ...gone];
}

function endedOrder(working: Order, row: JournalRow): OrderStanding {
  const { event } = row;
  const order = givenBack(working);
  const version = order.version + 1;
  if (event.type === 'filled') {
    const { fill } = event;
    const filled: Order = { ...order, version, fills: fill.ordinal, filledQuantity: add(order.filledQuantity, fill.quantity) };
    return { order: filled, state: 'filled', reason: fill.exitReason ?? fill.trigger, endedMs: fill.atMs };
  }
  if (event.type === 'corporate-action') return { order: { ...order, version }, state: 'cancelled', reason: event.action.says, endedMs: event.atMs };
  if (event.type !== 'order-ended') throw new LedgerError('unknown_order', `Order ${order.id} ended by ${event.type}, which ends no order`, { row });
  return { order: { ...order, version }, state: event.state, reason: event.reason, endedMs: event.atMs };
}
