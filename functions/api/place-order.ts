import { CLIENT_ORDER_ID } from '../../shared/contracts/v8/order-request.ts';
import type { OneOrderAnswer, PlaceAnswer } from '../../shared/contracts/v8/orders.ts';
import type { EngineContext } from '../../shared/engine/context.ts';
import { viewOf } from '../../shared/engine/market-view.ts';
import { closePosition } from '../../shared/engine/orders/close-position.ts';
import { mayFillAtOnce } from '../../shared/engine/orders/may-fill.ts';
import { placeOrder } from '../../shared/engine/orders/place-order.ts';
import type { StoredOrder } from '../../shared/engine/ports.ts';
import { oneOrder, placedAnswer } from '../../shared/engine/views/placed-orders.ts';
import { digest } from '../../shared/kernel/digest.ts';
import { isWorkingState } from '../../shared/ledger/order-standing.ts';
import { awaitOrder } from './await-fill.ts';
import type { ApiRequest } from './request.ts';

/**
 * Places orders and, where they may fill at once, waits a moment for it: 200 with how they ended or that they rest, 202 while
 * they work.
 * @throws EngineError
 */
export async function place(
  context: EngineContext,
  { body, key, requestId }: ApiRequest<'place-order'>,
): Promise<{ readonly status: 200 | 202; readonly body: PlaceAnswer }> {
  const clientId = body.clientOrderId ?? key;
  const id = plainId(clientId ?? requestId);
  // Beside a client order id the key stands for the request as well: with another body it is a mistake.
  const alias = key === null || plainId(key) === id ? null : plainId(key);
  const outcome = await placeOrder(context, body, { id, isClients: clientId !== null, alias });
  const { sessionId, orderIds } = outcome;
  const view = viewOf(await context.market.snapshot(context.world.scope), context.clock.now());
  const isDone = (order: StoredOrder): boolean => !isWorkingState(order.state) || !mayFillAtOnce(order.order, view);
  const orders = await Promise.all(orderIds.map((id) => awaitOrder(context, sessionId, id, isDone)));
  const known = orders.filter((order) => order !== null);
  return { status: known.every(isDone) ? 200 : 202, body: await placedAnswer(context, outcome, known) };
}

/** Ids go into the ids of orders, which go into paths: what has other characters is known by its digest. */
const plainId = (id: string): string => (CLIENT_ORDER_ID.test(id) ? id : digest(id).slice(0, 24));

/**
 * Asks for a position to be closed and waits a moment for it: 200 once what was asked for is closed, 202 while the exit works.
 * @throws EngineError
 */
export async function close(
  context: EngineContext,
  { params, body, key }: ApiRequest<'close-position'>,
): Promise<{ readonly status: 200 | 202; readonly body: OneOrderAnswer }> {
  const { sessionId, orderId } = await closePosition(context, params.id ?? '', body, key);
  const isDone = ({ order, state }: StoredOrder): boolean => !isWorkingState(state) || (order.purpose === 'exit' && order.atMarket === null);
  const order = await awaitOrder(context, sessionId, orderId, isDone);
  if (order === null) throw new Error(`Exit ${orderId} of session ${sessionId} is not in the ledger`);
  return { status: isDone(order) ? 200 : 202, body: await oneOrder(context, sessionId, order) };
}
