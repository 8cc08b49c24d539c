import type { EntryOrder } from '../../contracts/order.ts';
import type { Account } from '../../ledger/account.ts';
import { commitDecision } from '../commit.ts';
import type { EngineContext } from '../context.ts';
import { type Draft, draftOn } from '../draft.ts';
import { EngineError } from '../errors.ts';
import { viewOf } from '../market-view.ts';
import type { StoredOrder } from '../ports.ts';
import { sessionAsked } from '../sessions.ts';
import type { MarketView } from '../view.ts';
import { onItsWay } from './on-its-way.ts';

/** The reason that an order cancelled by its client ends with. */
const REASON = 'client_cancel: cancelled on request';

/**
 * Cancels what of an entry has not filled; the legs of a group go together. The cancel is on its way as long as an order is, and
 * what fills meanwhile has filled. Cancelling what is cancelled already changes nothing and is no error.
 * @throws EngineError `unknown_order`, `order_ended` when it filled, expired or was rejected, `not_cancellable` for the exit of
 * a position and for an auction order that is being matched, `no_active_session`
 */
export async function cancelOrder(context: EngineContext, orderId: string): Promise<{ readonly sessionId: string; readonly order: StoredOrder }> {
  // An order of a session that has ended has ended too, and says so.
  const { sessionId, scope, orders, seed } = await sessionAsked(context, orderId);
  const asked = orders.get(orderId);
  if (asked?.purpose === 'entry') await onItsWay(context, seed, `cancel:${orderId}@${asked.version}`);
  const view = viewOf(await context.market.snapshot(scope), context.clock.now());
  const result = await commitDecision(context, sessionId, (account) => {
    const draft = decideCancel(account, view, orderId);
    return draft === null ? null : { draft, outcome: { orderId } };
  });
  const order = await context.ledger.order(sessionId, orderId);
  if (order === null) throw new EngineError('unknown_order', `There is no order ${orderId} in session ${sessionId}`, { orderId, sessionId });
  if (result.kind === 'committed') await context.nudge(sessionId);
  if (order.state === 'cancelled') return { sessionId, order };
  const message = `Order ${orderId} is ${order.state}: ${order.reason ?? 'no reason is recorded'}`;
  throw new EngineError('order_ended', message, { orderId, state: order.state, reason: order.reason });
}

/** The cancellation of a working entry and of the legs that go with it; null when no such order works. @throws EngineError `not_cancellable` */
function decideCancel(account: Account, view: MarketView, orderId: string): Draft | null {
  const order = account.orders.get(orderId);
  if (order === undefined) return null;
  if (order.purpose === 'exit') {
    const message = `Order ${orderId} is the exit of position ${order.positionId}: change its levels with POST positions/${order.positionId}/bracket`;
    throw new EngineError('not_cancellable', message, { orderId, positionId: order.positionId });
  }
  if (order.tradedIn === 'closing-auction' && view.phase(order.market).phase === 'closing-auction-matching') {
    throw new EngineError('not_cancellable', `Order ${orderId} is being matched in the closing auction`, { orderId });
  }
  const draft = draftOn(account, `cancel:${orderId}`);
  for (const { id } of together(account, order)) {
    draft.emit({ type: 'order-ended', atMs: view.nowMs, orderId: id, state: 'cancelled', reason: REASON });
  }
  return draft;
}

function together(account: Account, order: EntryOrder): readonly EntryOrder[] {
  if (order.groupId === null) return [order];
  return [...account.orders.values()].filter((each): each is EntryOrder => each.purpose === 'entry' && each.groupId === order.groupId);
}
