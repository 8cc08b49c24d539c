import type { EntryOrder } from '../contracts/order.ts';
import type { EpochMs } from '../kernel/time.ts';
import type { Draft } from './draft.ts';

/** How a working entry ends without filling in full. */
export interface Ending {
  readonly state: 'cancelled' | 'expired';
  readonly reason: string;
}

/** Ends a working entry, and with it the other legs of its group: none of them may be left to fill alone. */
export function endEntry(draft: Draft, entry: EntryOrder, { state, reason }: Ending, nowMs: EpochMs): void {
  draft.emit({ type: 'order-ended', atMs: nowMs, orderId: entry.id, state, reason });
  if (entry.groupId === null) return;
  for (const leg of draft.account().orders.values()) {
    if (leg.purpose !== 'entry' || leg.groupId !== entry.groupId) continue;
    draft.emit({ type: 'order-ended', atMs: nowMs, orderId: leg.id, state, reason: `group: a leg ended, ${entry.id}` });
  }
}

/** Whether an order fills at once or not at all. */
export const isImmediate = ({ timeInForce }: Pick<EntryOrder, 'timeInForce'>): boolean => timeInForce === 'IOC' || timeInForce === 'FOK';

/** What is told of an order that was to fill at once, and of what held it back when something did. */
export function notAtOnce({ timeInForce }: EntryOrder, because?: string): string {
  const told =
    timeInForce === 'FOK' ? 'fill_or_kill: not all of it could be filled at once' : 'immediate_or_cancel: the rest could not be filled at once';
  return because === undefined ? told : `${told}: ${because}`;
}
