import type { ExitOrder } from '../contracts/order.ts';
import type { Position } from '../contracts/position.ts';
import type { ExitReason } from '../contracts/terms.ts';
import { orderLatencyMs } from '../execution/latency.ts';
import type { Decimal } from '../kernel/decimal.ts';
import type { EpochMs } from '../kernel/time.ts';
import type { Draft } from './draft.ts';
import { cancelEntry } from './match-exit.ts';

export interface ExitRequest {
  readonly reason: ExitReason;
  /** Null for all that is held. */
  readonly quantity: Decimal | null;
  readonly nowMs: EpochMs;
}

/**
 * Makes the position's resting exit a market order and calls back what of the entry has not filled. Nothing when it is one
 * already: the first cause wins, but a request for all that is held overtakes one for a part.
 */
export function requestExit(draft: Draft, position: Position, { reason, quantity, nowMs }: ExitRequest): ExitOrder | null {
  const account = draft.account();
  const order = account.orders.get(position.exitId);
  if (order?.purpose !== 'exit') return null;
  const isAskedFor = order.atMarket !== null && (order.atMarket.quantity === null || quantity !== null);
  if (isAskedFor) return null;
  cancelEntry(draft, position, nowMs, `position_closing: ${reason}`);
  // Legs are sent together: they reach their venues as one.
  const activeFromMs = nowMs + orderLatencyMs(account.seed, position.structure?.id ?? `${order.id}@${order.version}`);
  draft.emit({ type: 'exit-requested', atMs: nowMs, orderId: order.id, reason, quantity, activeFromMs });
  return order;
}
