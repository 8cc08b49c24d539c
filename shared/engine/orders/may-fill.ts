import type { Order } from '../../contracts/order.ts';
import { toNumber } from '../../kernel/decimal.ts';
import { isResting } from '../../ledger/order-standing.ts';
import type { MarketView } from '../view.ts';

/** Whether an order could trade on the price that stands: a market order, or a limit order that crosses it. */
export function mayFillAtOnce(order: Order, view: MarketView): boolean {
  if (!isResting(order)) return true;
  if (order.purpose === 'exit' || order.instruction.type !== 'limit' || order.tradedIn !== 'continuous') return false;
  const quote = view.quote(order.symbol);
  if (quote === null) return false;
  const limit = toNumber(order.instruction.limit);
  return order.side === 'buy' ? (quote.ask ?? quote.last) <= limit : (quote.bid ?? quote.last) >= limit;
}
