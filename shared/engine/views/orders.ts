import type { OrderAnswer, OrdersAnswer } from '../../contracts/v8/orders.ts';
import { type Decimal, text } from '../../kernel/decimal.ts';
import { iso } from '../../kernel/time.ts';
import type { EngineContext } from '../context.ts';
import type { StoredOrder } from '../ports.ts';
import { isoOrNull } from './instants.ts';
import { shownSession } from './shown-session.ts';
import type { PageQuery } from './trades.ts';

/**
 * Working orders and those that ended, newest first.
 * @throws EngineError `unknown_session`; StoreError `bad_cursor`
 */
export async function orders(context: EngineContext, { limit, cursor, session }: PageQuery): Promise<OrdersAnswer> {
  const { sessionId, isActive, reason } = await shownSession(context, session);
  const page = sessionId === null ? { items: [], next: null } : await context.ledger.orders(sessionId, { limit, cursor: cursor ?? null });
  return { sessionId, isActive, reason, orders: page.items.map(orderAnswer), next: page.next, timestamp: iso(context.clock.now()) };
}

/** An order with where it stands, as the API shows it. */
export function orderAnswer({ order, state, reason, endedMs }: StoredOrder): OrderAnswer {
  const levels = order.purpose === 'entry' ? order.bracket : order;
  return {
    id: order.id,
    purpose: order.purpose,
    state,
    reason,
    positionId: order.positionId,
    strategy: order.strategy,
    symbol: order.symbol,
    market: order.market,
    product: order.product,
    side: order.side,
    quantity: text(order.quantity),
    filledQuantity: text(order.filledQuantity),
    currency: order.currency,
    stop: textOrNull(levels.stop),
    target: textOrNull(levels.target),
    trailingShare: levels.trailingShare,
    marketReason: order.purpose === 'exit' ? order.marketReason : null,
    reserved: order.purpose === 'entry' ? text(order.reserved) : null,
    evidence: order.purpose === 'entry' ? order.intent.quote.evidence : null,
    acceptedAt: iso(order.acceptedMs),
    activeFrom: iso(order.activeFromMs),
    endedAt: isoOrNull(endedMs),
  };
}

const textOrNull = (value: Decimal | null): string | null => (value === null ? null : text(value));
