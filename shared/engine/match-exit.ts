import type { ExitOrder } from '../contracts/order.ts';
import type { Position } from '../contracts/position.ts';
import type { ExitReason } from '../contracts/terms.ts';
import { type TriggeredExit, triggeredExit } from '../execution/exit-trigger.ts';
import { auctionFill, marketFill } from '../execution/fill-price.ts';
import { fromNumber, min, toNumber } from '../kernel/decimal.ts';
import type { Account } from '../ledger/account.ts';
import type { Tick } from '../market/price.ts';
import { type Draft, draftOn } from './draft.ts';
import { type Market, type MatchCommand, meeting, remaining } from './fill-inputs.ts';
import { exitFill, type Met } from './fill-record.ts';
import { type HeldBack, inAuction, isOfAuction } from './held-back.ts';
import { marketMet, matchId, restingMet, triggerId, worseOf } from './match-common.ts';
import { phaseOf } from './trading-phase.ts';
import type { MarketView } from './view.ts';

/** Whether an exit fills now, and the events if it does. */
export function matchExit(account: Account, order: ExitOrder, market: Market): Draft | null {
  const position = account.positions.get(order.positionId);
  if (position === undefined) return null;
  const { tick, extreme } = market.command;
  const reached = tick === null ? null : triggeredExit(levelsOf(order, position, extreme), tick);
  const stop = reached?.trigger === 'target' ? null : reached;
  if (order.atMarket !== null && !isOvertaken(order.atMarket, stop, market, order))
    return exitAtMarket(account, order, position, market, order.atMarket);
  if (tick === null) return null;
  if (stop === null) return exitAtTarget(account, order, position, market, tick);
  const met = worseOf({ price: stop.base, rule: stop.rule === 'limit' ? 'gap' : stop.rule }, order.side, market.quote);
  const made = marketFill({ ...meeting(account, order, market, remaining(order)), met, limit: null });
  return exited(account, order, position, market, stop.trigger, made === null ? null : { made, trigger: stop.trigger, liquidity: 'taker' });
}

/** What keeps an order from filling although a true price was told: a trade at a stop has met it all the same. */
const UNFILLABLE: ReadonlySet<string> = new Set(['one_sided_quote', 'crossed_quote', 'no_rate']);

/**
 * A stop that is met while nothing can be filled: all that is held is at market from now on, and waits there, of which the
 * monitor tells. A stop that was passed over would rest without a word.
 */
export function metUnfillable(account: Account, view: MarketView, order: ExitOrder, { tick, extreme }: MatchCommand, held: HeldBack): Draft | null {
  const position = account.positions.get(order.positionId);
  if (position === undefined || tick === null || !UNFILLABLE.has(held.code)) return null;
  const stop = triggeredExit(levelsOf(order, position, extreme), tick);
  if (stop === null || stop.trigger === 'target' || isAllAtMarket(order) || inAuction(phaseOf(view, order).phase)) return null;
  const draft = draftOn(account, triggerId(order));
  cancelEntry(draft, position, view.nowMs, MET);
  draft.emit({ type: 'exit-requested', atMs: view.nowMs, orderId: order.id, reason: stop.trigger, quantity: null, activeFromMs: view.nowMs });
  return draft;
}

/** What an entry's rest is called back for. */
export const MET = 'position_closing: an exit of its position was met';

const isAllAtMarket = ({ atMarket }: ExitOrder): boolean => atMarket !== null && atMarket.quantity === null;

/** A part that is to be closed leaves its stop to the rest, and a stop closes all that is held; an auction knows no stops. */
function isOvertaken({ quantity }: NonNullable<ExitOrder['atMarket']>, stop: TriggeredExit | null, { view }: Market, order: ExitOrder): boolean {
  return quantity !== null && stop !== null && !inAuction(phaseOf(view, order).phase);
}

function levelsOf(order: ExitOrder, position: Position, extreme: number | null): Parameters<typeof triggeredExit>[0] {
  return {
    direction: position.direction,
    stop: order.stop === null ? null : toNumber(order.stop),
    target: order.target === null ? null : toNumber(order.target),
    trail: order.trail,
    extreme: extreme ?? toNumber(position.entryPrice),
  };
}

function exitAtMarket(
  account: Account,
  order: ExitOrder,
  position: Position,
  market: Market,
  { reason, quantity }: NonNullable<ExitOrder['atMarket']>,
): Draft | null {
  const meets = meeting(account, order, market, quantity === null ? remaining(order) : min(quantity, remaining(order)));
  const { view, command } = market;
  if (inAuction(phaseOf(view, order).phase)) {
    if (command.tick === null || !isOfAuction(command.tick)) return null;
    const made = auctionFill(meets, fromNumber(command.tick.price), command.tick.quantity > 0 ? command.tick.quantity : null);
    return made === null ? null : exited(account, order, position, market, reason, { made, trigger: 'auction', liquidity: 'maker' });
  }
  const met = marketMet({ ...meets, met: null, limit: null });
  return met === null ? null : exited(account, order, position, market, reason, met);
}

function exitAtTarget(account: Account, order: ExitOrder, position: Position, market: Market, tick: Tick): Draft | null {
  if (order.target === null) return null;
  const met = restingMet(meeting(account, order, market, remaining(order)), order.target, tick, market, 'target');
  return met === null ? null : exited(account, order, position, market, 'target', met);
}

/**
 * The events of an exit that is met. What of its entry has not filled is called back first. When a stop finds no more than a
 * part the rest is a market order from now on, as a triggered stop is.
 */
function exited(account: Account, order: ExitOrder, position: Position, market: Market, reason: ExitReason, met: Met | null): Draft | null {
  const draft = draftOn(account, met === null ? triggerId(order) : matchId(account, order.id));
  const { nowMs } = market.view;
  cancelEntry(draft, position, nowMs, MET);
  if (met !== null) draft.emit({ type: 'filled', atMs: nowMs, fill: exitFill(draft.account(), order, position, reason, met, market) });
  const left = draft.account().orders.get(order.id);
  if (left?.purpose === 'exit' && isStopReason(reason) && !isAllAtMarket(left)) {
    draft.emit({ type: 'exit-requested', atMs: nowMs, orderId: order.id, reason, quantity: null, activeFromMs: nowMs });
  }
  return draft.rows.length === 0 ? null : draft;
}

const isStopReason = (reason: ExitReason): boolean => reason === 'stop' || reason === 'trailing-stop';

/** Calls back what of a position's entry has not filled. */
export function cancelEntry(draft: Draft, position: Position, nowMs: number, reason: string): void {
  if (draft.account().orders.has(position.entryOrderId)) {
    draft.emit({ type: 'order-ended', atMs: nowMs, orderId: position.entryOrderId, state: 'cancelled', reason });
  }
}
