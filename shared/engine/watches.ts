import type { EntryOrder, ExitOrder, Order } from '../contracts/order.ts';
import type { Trail } from '../contracts/terms.ts';
import type { Watch } from '../execution/trigger-index.ts';
import { type Decimal, toNumber } from '../kernel/decimal.ts';
import { isResting } from '../ledger/order-standing.ts';

/** How the matcher holds a working order: tried at every price of its symbol, or woken by the levels that it waits for. */
export type Attention = { readonly kind: 'every-price' } | { readonly kind: 'levels'; readonly watch: Watch; readonly limit: number | null };

/** @param extreme best price so far, where the order has a trail */
export function attentionTo(order: Order, extreme: number): Attention {
  if (!isResting(order) || (order.purpose === 'entry' && order.tradedIn === 'closing-auction')) return { kind: 'every-price' };
  return order.purpose === 'exit' ? exitLevels(order, extreme) : entryLevels(order, extreme);
}

function exitLevels({ side, stop, target, trail }: ExitOrder, extreme: number): Attention {
  const [worse, better] = [number(stop), number(target)];
  const levels = side === 'sell' ? { below: worse, above: better } : { below: better, above: worse };
  return { kind: 'levels', watch: { ...levels, trail: trailing(trail, side === 'sell' ? 'below' : 'above', extreme) }, limit: better };
}

function entryLevels({ side, instruction, triggeredMs }: EntryOrder, extreme: number): Attention {
  const isBuy = side === 'buy';
  if (instruction.type === 'limit' || (instruction.type === 'stop-limit' && triggeredMs !== null)) {
    const limit = toNumber(instruction.limit);
    return { kind: 'levels', watch: { below: isBuy ? limit : null, above: isBuy ? null : limit, trail: null }, limit };
  }
  const stop = 'stop' in instruction ? toNumber(instruction.stop) : null;
  const trail = instruction.type === 'trailing-stop' ? trailing(instruction.trail, isBuy ? 'above' : 'below', extreme) : null;
  return { kind: 'levels', watch: { below: isBuy ? null : stop, above: isBuy ? stop : null, trail }, limit: null };
}

const number = (level: Decimal | null): number | null => (level === null ? null : toNumber(level));

function trailing(trail: Trail | null, side: 'below' | 'above', extreme: number): Watch['trail'] {
  if (trail === null) return null;
  return { side, extreme, by: trail.kind === 'share' ? { kind: 'share', value: trail.share } : { kind: 'distance', value: trail.distance } };
}
