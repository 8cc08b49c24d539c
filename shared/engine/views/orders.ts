import type { EntryOrder, Order } from '../../contracts/order.ts';
import type { OrderAnswer, OrdersAnswer } from '../../contracts/v8/orders.ts';
import { type Decimal, text } from '../../kernel/decimal.ts';
import { iso } from '../../kernel/time.ts';
import type { Account } from '../../ledger/account.ts';
import { isWorkingState } from '../../ledger/order-standing.ts';
import type { EngineContext } from '../context.ts';
import { viewOf } from '../market-view.ts';
import type { StoredOrder } from '../ports.ts';
import type { MarketView } from '../view.ts';
import { waitingFor } from '../waiting-for.ts';
import { isoOrNull } from './instants.ts';
import { shownSession } from './shown-session.ts';
import type { PageQuery } from './trades.ts';

/**
 * Working orders and those that ended, newest first; each that works says what it waits for.
 * @throws EngineError `unknown_session`; StoreError `bad_cursor`
 */
export async function orders(context: EngineContext, { limit, cursor, session }: PageQuery): Promise<OrdersAnswer> {
  const { account, sessionId, isActive, reason } = await shownSession(context, session);
  const page = sessionId === null ? { items: [], next: null } : await context.ledger.orders(sessionId, { limit, cursor: cursor ?? null });
  const view = viewOf(account === null ? null : await context.market.snapshot(account.scope), context.clock.now());
  const answers = page.items.map((stored) => orderAnswer(stored, account, view));
  return { sessionId, isActive, reason, orders: answers, next: page.next, timestamp: iso(context.clock.now()) };
}

/** An order with where it stands and what it waits for, as the API shows it. `account` is the one it belongs to. */
export function orderAnswer({ order, state, reason, endedMs }: StoredOrder, account: Account | null, view: MarketView): OrderAnswer {
  const levels = order.purpose === 'entry' ? order.bracket : order;
  return {
    id: order.id,
    purpose: order.purpose,
    type: typeOf(order),
    state,
    reason,
    waiting: account !== null && isWorkingState(state) ? waitingFor(account, view, order) : null,
    positionId: order.positionId,
    strategy: order.strategy,
    symbol: order.symbol,
    market: order.market,
    product: order.product,
    side: order.side,
    quantity: text(order.quantity),
    filledQuantity: text(order.filledQuantity),
    currency: order.currency,
    ...(order.purpose === 'entry' ? ownTerms(order) : NO_TERMS),
    stop: textOrNull(levels.stop),
    target: textOrNull(levels.target),
    bracketTrail: levels.trail,
    marketReason: order.purpose === 'exit' ? (order.atMarket?.reason ?? null) : null,
    marketQuantity: order.purpose === 'exit' ? textOrNull(order.atMarket?.quantity ?? null) : null,
    reserved: order.purpose === 'entry' ? text(order.reserved) : null,
    evidence: order.purpose === 'entry' ? order.intent.quote.evidence : null,
    acceptedAt: iso(order.acceptedMs),
    activeFrom: iso(order.activeFromMs),
    endedAt: isoOrNull(endedMs),
  };
}

function typeOf(order: Order): OrderAnswer['type'] {
  if (order.purpose === 'entry') return order.instruction.type;
  return order.atMarket === null ? 'bracket' : 'market';
}

type Terms = Pick<
  OrderAnswer,
  'limitPrice' | 'stopPrice' | 'trail' | 'timeInForce' | 'tradedIn' | 'triggeredAt' | 'groupId' | 'clientOrderId' | 'expiresAt'
>;

/** An exit has no terms of its own: it works until its position is closed. */
const NO_TERMS: Terms = {
  limitPrice: null,
  stopPrice: null,
  trail: null,
  timeInForce: 'GTC',
  tradedIn: 'continuous',
  triggeredAt: null,
  groupId: null,
  clientOrderId: null,
  expiresAt: null,
};

function ownTerms({ instruction, timeInForce, tradedIn, triggeredMs, groupId, clientOrderId, expiresMs }: EntryOrder): Terms {
  return {
    limitPrice: 'limit' in instruction ? text(instruction.limit) : null,
    stopPrice: 'stop' in instruction ? text(instruction.stop) : null,
    trail: instruction.type === 'trailing-stop' ? instruction.trail : null,
    timeInForce,
    tradedIn,
    triggeredAt: isoOrNull(triggeredMs),
    groupId,
    clientOrderId,
    expiresAt: isoOrNull(expiresMs),
  };
}

export const textOrNull = (value: Decimal | null): string | null => (value === null ? null : text(value));
