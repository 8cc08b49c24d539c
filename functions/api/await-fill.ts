import type { EngineContext } from '../../shared/engine/context.ts';
import type { StoredOrder } from '../../shared/engine/ports.ts';

/** How long a request waits for its order before it is answered 202, ms. */
const WAIT_MS = 2_000;
const POLL_MS = 25;

/**
 * The order once `isDone` says so, or as it stands after two seconds: the matcher fills, here it is only looked at.
 * Null when the store does not know the order.
 */
export async function awaitOrder(
  context: EngineContext,
  sessionId: string,
  orderId: string,
  isDone: (order: StoredOrder) => boolean,
): Promise<StoredOrder | null> {
  // Reads take time too: the wall clock ends the wait, and the count does where the pauses are virtual.
  const deadlineMs = performance.now() + WAIT_MS;
  let order = await context.ledger.order(sessionId, orderId);
  for (let waitedMs = 0; order !== null && !isDone(order) && waitedMs < WAIT_MS && performance.now() < deadlineMs; waitedMs += POLL_MS) {
    await context.sleep(POLL_MS);
    order = await context.ledger.order(sessionId, orderId);
  }
  return order;
}
