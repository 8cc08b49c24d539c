import type { EntryOrder, ExitOrder, Order } from '../contracts/order.ts';
import type { Trail } from '../contracts/terms.ts';
import type { Watch } from '../execution/trigger-index.ts';
import { type Decimal, toNumber } from '../kernel/decimal.ts';
import { isResting } from '../ledger/order-standing.ts';

/** The levels that wake an order, and the price at which it stands in a queue. */
export interface Levels {
  readonly watch: Watch;
  readonly limit: number | null;
}

/** How the matcher holds a working order: tried at every price of its symbol, woken by the levels that it waits for, or both. */
export interface Attention {
  readonly isDue: boolean;
  readonly levels: Levels | null;
}

/** @param extreme best price so far, where the order has a trail */
export function attentionTo(order: Order, extreme: number): Attention {
  if (order.purpose === 'entry') {
    return !isResting(order) || order.tradedIn === 'closing-auction'
      ? { isDue: true, levels: null }
      : { isDue: false, levels: entryLevels(order, extreme) };
  }
  // While a part is closed at market the bracket goes on for the rest: its trail must not forget the best price.
  const isWhole = order.atMarket !== null && order.atMarket.quantity === null;
  return { isDue: order.atMarket !== null, levels: isWhole ? null : exitLevels(order, extreme) };
}

function exitLevels({ side, stop, target, trail }: ExitOrder, extreme: number): Levels {
  const [worse, better] = [number(stop), number(target)];
  const levels = side === 'sell' ? { below: worse, above: better } : { below: better, above: worse };
  return { watch: { ...levels, trail: trailing(trail, side === 'sell' ? 'below' : 'above', extreme) }, limit: better };
}

function entryLevels({ side, instruction, triggeredMs }: EntryOrder, extreme: number): Levels {
  const isBuy = side === 'buy';
  if (instruction.type === 'limit' || (instruction.type === 'stop-limit' && triggeredMs !== null)) {
    const limit = toNumber(instruction.limit);
    return { watch: { below: isBuy ? limit : null, above: isBuy ? null : limit, trail: null }, limit };
  }
  const stop = 'stop' in instruction ? toNumber(instruction.stop) : null;
  const trail = instruction.type === 'trailing-stop' ? trailing(instruction.trail, isBuy ? 'above' : 'below', extreme) : null;
  return { watch: { below: isBuy ? null : stop, above: isBuy ? stop : null, trail }, limit: null };
}

const number = (level: Decimal | null): number | null => (level === null ? null : toNumber(level));

function trailing(trail: Trail | null, side: 'below' | 'above', extreme: number): Watch['trail'] {
  if (trail === null) return null;
  return { side, extreme, by: trail.kind === 'share' ? { kind: 'share', value: trail.share } : { kind: 'distance', value: trail.distance } };
}
