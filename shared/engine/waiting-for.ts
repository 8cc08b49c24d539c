import type { EntryOrder, ExitOrder, Order } from '../contracts/order.ts';
import type { Trail } from '../contracts/terms.ts';
import { text } from '../kernel/decimal.ts';
import type { Account } from '../ledger/account.ts';
import { isResting } from '../ledger/order-standing.ts';
import { type HeldBack, heldBack } from './held-back.ts';
import { mayFillAtOnce } from './orders/may-fill.ts';
import type { MarketView } from './view.ts';

/** What a working order waits for, so that none stays without a word: what holds it back, or the level that has not come. */
export function waitingFor(account: Account, view: MarketView, order: Order): HeldBack {
  const held = heldBack(account, view, order);
  if (held !== null) return held;
  const last = view.quote(order.symbol)?.last;
  const now = last === undefined ? '' : `, the last price is ${last}`;
  if (!isResting(order)) return { code: 'awaits_fill', why: `it fills when the next price finds enough to trade${now}` };
  return order.purpose === 'exit' ? bracket(order, now) : level(order, view, now);
}

function bracket({ stop, target, trail }: ExitOrder, now: string): HeldBack {
  const levels = [
    ...(stop === null ? [] : [`its stop ${text(stop)}`]),
    ...(target === null ? [] : [`its target ${text(target)}`]),
    ...(trail === null ? [] : [trailText(trail)]),
  ];
  if (levels.length === 0) return { code: 'no_levels', why: 'it has neither stop nor target: it waits to be asked for' };
  return { code: 'level_not_reached', why: `it waits for ${levels.join(' or ')}${now}` };
}

function level(order: EntryOrder, view: MarketView, now: string): HeldBack {
  const { side, instruction, triggeredMs, tradedIn } = order;
  const code = 'level_not_reached';
  if (tradedIn === 'closing-auction') return { code: 'awaits_auction', why: 'it waits for the price of the closing auction' };
  if (mayFillAtOnce(order, view)) {
    const why = `what stood within its limit is taken, or its share of the volume: it goes on with what comes${now}`;
    return { code: 'awaits_fill', why };
  }
  const [through, away] = side === 'buy' ? ['below', 'above'] : ['above', 'below'];
  if (instruction.type === 'limit' || (instruction.type === 'stop-limit' && triggeredMs !== null)) {
    return { code, why: `it waits for a trade ${through} its limit ${text(instruction.limit)}, or for its turn at it${now}` };
  }
  if (instruction.type === 'trailing-stop') return { code, why: `it waits for ${trailText(instruction.trail)}${now}` };
  return { code, why: `it waits for a trade at or ${away} its stop ${'stop' in instruction ? text(instruction.stop) : ''}${now}` };
}

const trailText = (trail: Trail): string =>
  trail.kind === 'share'
    ? `a turn of ${(trail.share * 100).toFixed(2)} % from the best price`
    : `a turn of ${trail.distance} (${trail.basis}) from the best price`;
