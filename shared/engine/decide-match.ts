import type { Fill } from '../contracts/fill.ts';
import type { EntryOrder, ExitOrder, Order } from '../contracts/order.ts';
import type { Position } from '../contracts/position.ts';
import type { ExitReason } from '../contracts/terms.ts';
import { type TriggeredExit, triggeredExit } from '../execution/exit-trigger.ts';
import { auctionFill, limitFill, type MarketOrder, marketFill, type PricedFill } from '../execution/fill-price.ts';
import { limitReach } from '../execution/limit-reach.ts';
import { add, type Decimal, fromNumber, min, multiply, multiplyDivide, subtract, sum, text, toNumber, ZERO } from '../kernel/decimal.ts';
import { type Account, blockedCash, reserved } from '../ledger/account.ts';
import { cashChange } from '../ledger/postings.ts';
import type { Quote, Tick } from '../market/price.ts';
import { type Draft, draftOn } from './draft.ts';
import { endEntry, isImmediate, notAtOnce } from './end-entry.ts';
import { type Market, type MatchCommand, meeting, remaining } from './fill-inputs.ts';
import { entryFill, exitFill, fillId, type Met } from './fill-record.ts';
import { type HeldBack, heldBack, inAuction, isOfAuction } from './held-back.ts';
import { phaseOf } from './trading-phase.ts';
import type { MarketView } from './view.ts';

/**
 * Whether an order fills now, and the events if it does. Pure. Null when it works on: held back, no level reached, or nothing
 * of a whole lot to be had. An order that must fill at once or not at all ends here when it does not.
 */
export function decideMatch(account: Account, view: MarketView, command: MatchCommand): Draft | null {
  const order = account.orders.get(command.orderId);
  if (order === undefined) return null;
  if (order.purpose === 'entry' && order.groupId !== null) return matchGroup(account, view, command, order.groupId);
  const held = heldBack(account, view, order);
  if (held !== null && order.purpose === 'exit') return metUnfillable(account, view, order, command, held);
  const market = held === null ? marketOf(view, order, command) : null;
  if (market === null) return endedAtOnce(account, view, order);
  return order.purpose === 'exit' ? matchExit(account, order, market) : matchEntry(account, order, market);
}

/** The command that books a fill: the order's next one, so that it is booked once. */
const matchId = (account: Account, orderId: string): string => fillId(orderId, (account.orders.get(orderId)?.fills ?? 0) + 1);

/** The command that books what a stop met when nothing could be had: the name of the next fill is left to that fill. */
const triggerId = ({ id, version }: Order): string => `T:${id}@${version}`;

function marketOf(view: MarketView, order: Order, command: MatchCommand): Market | null {
  const [quote, rate] = [view.quote(order.symbol), view.rate(order.currency)];
  return quote === null || rate === null ? null : { view, quote, rate, command };
}

// --- entries

function matchEntry(account: Account, order: EntryOrder, market: Market): Draft | null {
  const { nowMs } = market.view;
  const met = entryMet(account, order, market);
  if (met === null) return endedAtOnce(account, market.view, order);
  const draft = draftOn(account, met.fill === null ? triggerId(order) : matchId(account, order.id));
  if (met.triggeredAt !== null) draft.emit({ type: 'order-triggered', atMs: nowMs, orderId: order.id, price: met.triggeredAt });
  if (met.fill === null) return draft.rows.length > 0 ? draft : endedAtOnce(account, market.view, order);
  if (order.timeInForce === 'FOK' && met.fill.made.quantity < remaining(order)) return endedAtOnce(account, market.view, order);
  const fill = entryFill(draft.account(), order, met.fill, market);
  const lack = lackOfCash(account, [order], [fill]);
  if (lack !== null) {
    // What has filled in part was taken: only the rest is given up.
    const state = order.fills > 0 ? 'cancelled' : 'rejected';
    draft.emit({ type: 'order-ended', atMs: nowMs, orderId: order.id, state, reason: lack });
    return draft;
  }
  draft.emit({ type: 'filled', atMs: nowMs, fill });
  if (order.timeInForce === 'IOC' && draft.account().orders.has(order.id)) emitEndAtOnce(draft, order, nowMs);
  return draft;
}

/** What meets an entry: a trigger of its stop, a fill, or both. */
interface EntryMet {
  /** The price that met its stop, when that is new. */
  readonly triggeredAt: number | null;
  readonly fill: Met | null;
}

function entryMet(account: Account, order: EntryOrder, market: Market): EntryMet | null {
  const meets = meeting(account, order, market, remaining(order));
  const { tick } = market.command;
  // An auction matches once: a source that connects anew tells its price again.
  if (order.tradedIn === 'closing-auction' && order.fills > 0) return null;
  if (order.tradedIn === 'closing-auction')
    return auctioned(tick, market.view, (price, volume) => inAuctionFill(order, auctionFill(meets, fromNumber(price), volume)));
  const { instruction } = order;
  switch (instruction.type) {
    case 'market':
      return filledBy(marketMet({ ...meets, met: null, limit: null }));
    case 'limit':
      return filledBy(limitMet(order, meets, instruction.limit, market));
    case 'stop':
    case 'trailing-stop': {
      if (order.triggeredMs !== null) return filledBy(marketMet({ ...meets, met: null, limit: null }));
      const stop = stopMet(order, market);
      if (stop === null) return null;
      const met = worseOf({ price: stop.base, rule: stop.rule === 'limit' ? 'gap' : stop.rule }, order.side, market.quote);
      const made = marketFill({ ...meets, met, limit: null });
      const trigger = instruction.type === 'stop' ? 'stop' : 'trailing-stop';
      return { triggeredAt: stop.base, fill: made === null ? null : { made, trigger, liquidity: 'taker' } };
    }
    case 'stop-limit': {
      if (order.triggeredMs !== null) return filledBy(limitMet(order, meets, instruction.limit, market));
      const stop = stopMet(order, market);
      // The limit order stands in the book from now on: what it meets at once is what a limit order that comes in meets.
      return stop === null ? null : { triggeredAt: stop.base, fill: crossing(order, meets, instruction.limit, market.quote) };
    }
  }
}

const filledBy = (fill: Met | null): EntryMet | null => (fill === null ? null : { triggeredAt: null, fill });

function marketMet(order: MarketOrder): Met | null {
  const made = marketFill(order);
  return made === null ? null : { made, trigger: 'market', liquidity: 'taker' };
}

/** A buy stop is met as the stop of a short is, and a sell stop as that of a long. */
function stopMet({ side, instruction }: EntryOrder, { command: { tick, extreme }, quote }: Market): TriggeredExit | null {
  if (tick === null) return null;
  const levels = {
    direction: side === 'buy' ? 'short' : 'long',
    stop: 'stop' in instruction ? toNumber(instruction.stop) : null,
    target: null,
    trail: instruction.type === 'trailing-stop' ? instruction.trail : null,
    extreme: extreme ?? quote.last,
  } as const;
  return triggeredExit(levels, tick);
}

/** A limit order: new, it takes what is offered within its limit; resting, it is last in the queue unless its place is known. */
function limitMet(order: EntryOrder, meets: ReturnType<typeof meeting>, limit: Decimal, market: Market): Met | null {
  const { tick } = market.command;
  if (tick === null) return crossing(order, meets, limit, market.quote);
  return restingMet(meets, limit, tick, market, 'limit');
}

/**
 * Whether a limit order is no resting one yet: nothing could be traded when it came, or something stands within its limit still,
 * and it takes of that what comes at its price. Pure.
 */
export function isArriving(account: Account, view: MarketView, order: Order, configVersion: string): boolean {
  const limit = order.purpose === 'entry' ? standingLimit(order) : null;
  if (limit === null) return false;
  const market = heldBack(account, view, order) === null ? marketOf(view, order, { ...LOOK, orderId: order.id, configVersion }) : null;
  if (market === null) return true;
  const { instrument } = meeting(account, order, market, remaining(order));
  // As if nothing had been taken and no volume bounded it: whether there is a price for the least that trades.
  const least = { ...meeting(account, order, market, instrument.lotStep), takings: [], minuteVolume: null };
  return crossing(order, least, limit, market.quote) !== null;
}

const LOOK = { tick: null, extreme: null, queueAhead: null } as const;

/** The limit of an order that stands in the book, or comes to it; null for all others. */
function standingLimit({ instruction, triggeredMs, tradedIn, timeInForce }: EntryOrder): Decimal | null {
  if (tradedIn !== 'continuous' || isImmediate({ timeInForce })) return null;
  if (instruction.type === 'limit') return instruction.limit;
  return instruction.type === 'stop-limit' && triggeredMs !== null ? instruction.limit : null;
}

/** What a limit order that has just come in meets: the other side within its limit, as a market order would. */
function crossing(order: Order, meets: ReturnType<typeof meeting>, limit: Decimal, quote: Quote): Met | null {
  const level = toNumber(limit);
  const opposite = (order.side === 'buy' ? quote.ask : quote.bid) ?? quote.last;
  const isCrossed = order.side === 'buy' ? opposite <= level : opposite >= level;
  return isCrossed ? marketMet({ ...meets, met: null, limit }) : null;
}

/** What a resting limit order has of a tick that reaches it. */
function restingMet(meets: ReturnType<typeof meeting>, limit: Decimal, tick: Tick, market: Market, trigger: 'limit' | 'target'): Met | null {
  const reached = limitReach(meets, toNumber(limit), tick, market.command.queueAhead);
  return reached === null ? null : maker(limitFill(meets, limit, reached), trigger);
}

const maker = (made: PricedFill | null, trigger: 'limit' | 'target'): Met | null => (made === null ? null : { made, trigger, liquidity: 'maker' });

function auctioned(tick: Tick | null, view: MarketView, fill: (price: number, volume: number | null) => EntryMet | null): EntryMet | null {
  // The one trade of an auction is its price; without a size nobody knows how much was traded there.
  if (tick === null || !inAuction(view.phase('NSE').phase) || !isOfAuction(tick)) return null;
  return fill(tick.price, tick.quantity > 0 ? tick.quantity : null);
}

function inAuctionFill({ instruction, side }: EntryOrder, made: PricedFill | null): EntryMet | null {
  if (made === null) return null;
  const limit = instruction.type === 'limit' ? instruction.limit : null;
  const isWithin = limit === null || (side === 'buy' ? made.price <= limit : made.price >= limit);
  return isWithin ? { triggeredAt: null, fill: { made, trigger: 'auction', liquidity: 'maker' } } : null;
}

/** IOC and FOK end when they have been looked at once at the venue. Null for every other order, and before. */
function endedAtOnce(account: Account, view: MarketView, order: Order): Draft | null {
  if (order.purpose !== 'entry' || view.nowMs < order.activeFromMs) return null;
  if (!isImmediate(order)) return null;
  const draft = draftOn(account, matchId(account, order.id));
  emitEndAtOnce(draft, order, view.nowMs, heldBack(account, view, order)?.why);
  return draft;
}

function emitEndAtOnce(draft: Draft, order: EntryOrder, nowMs: number, because?: string): void {
  endEntry(draft, order, { state: 'cancelled', reason: notAtOnce(order, because) }, nowMs);
}

/** Why the free cash does not carry these fills, or null when it does. Their orders give back what they reserved. */
function lackOfCash(account: Account, orders: readonly EntryOrder[], fills: readonly Fill[]): string | null {
  const ownReserve = sum(orders.map((order) => order.reserved));
  const free = subtract(subtract(account.cash, subtract(reserved(account), ownReserve)), blockedCash(account));
  const needed = sum(
    fills.map((fill) =>
      cashNeeded(
        fill,
        orders.find(({ id }) => id === fill.orderId),
      ),
    ),
  );
  return needed > free ? `insufficient_cash: the fill needs ${text(needed)} USD, free are ${text(free)}` : null;
}

/** A short brings its proceeds, less what it is charged, and blocks them and as much again; a contract blocks its margin. */
function cashNeeded({ side, quantity, price, rate, postings }: Fill, order: EntryOrder | undefined): Decimal {
  if (order?.margin !== undefined) return subtract(multiplyDivide(order.margin, quantity, order.quantity), cashChange(postings));
  const proceeds = multiply(multiply(quantity, price), rate.value);
  return subtract(side === 'buy' ? ZERO : add(proceeds, proceeds), cashChange(postings));
}

// --- all legs or none

/** The legs of a group fill in one step, each whole, or wait together. */
function matchGroup(account: Account, view: MarketView, command: MatchCommand, groupId: string): Draft | null {
  const legs = [...account.orders.values()].filter((order): order is EntryOrder => order.purpose === 'entry' && order.groupId === groupId);
  const draft = draftOn(account, `F:${groupId}:1`);
  const fills: Fill[] = [];
  for (const leg of legs) {
    const market = heldBack(account, view, leg) === null ? marketOf(view, leg, { ...command, orderId: leg.id, tick: null }) : null;
    const met = market === null ? null : marketMet({ ...meeting(draft.account(), leg, market, remaining(leg)), met: null, limit: null });
    if (market === null || met === null || met.made.quantity < remaining(leg)) return null;
    const fill = entryFill(draft.account(), leg, met, market);
    fills.push(fill);
    draft.emit({ type: 'filled', atMs: view.nowMs, fill });
  }
  const lack = lackOfCash(account, legs, fills);
  return lack === null ? draft : rejectedGroup(account, view, legs, lack, groupId);
}

function rejectedGroup(account: Account, view: MarketView, legs: readonly EntryOrder[], reason: string, groupId: string): Draft {
  const draft = draftOn(account, `F:${groupId}:1`);
  for (const leg of legs) draft.emit({ type: 'order-ended', atMs: view.nowMs, orderId: leg.id, state: 'rejected', reason });
  return draft;
}

// --- exits

function matchExit(account: Account, order: ExitOrder, market: Market): Draft | null {
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
function metUnfillable(account: Account, view: MarketView, order: ExitOrder, { tick, extreme }: MatchCommand, held: HeldBack): Draft | null {
  const position = account.positions.get(order.positionId);
  if (position === undefined || tick === null || !UNFILLABLE.has(held.code)) return null;
  const stop = triggeredExit(levelsOf(order, position, extreme), tick);
  if (stop === null || stop.trigger === 'target' || isAllAtMarket(order) || inAuction(phaseOf(view, order).phase)) return null;
  const draft = draftOn(account, triggerId(order));
  cancelEntry(draft, position, view.nowMs, MET);
  draft.emit({ type: 'exit-requested', atMs: view.nowMs, orderId: order.id, reason: stop.trigger, quantity: null, activeFromMs: view.nowMs });
  return draft;
}

const MET = 'position_closing: an exit of its position was met';

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

// A print at the stop or through it may stand better than the book behind it: the first tradable price is the worse of the two.
function worseOf(met: NonNullable<MarketOrder['met']>, side: Order['side'], quote: Quote): MarketOrder['met'] {
  if (quote.bid === null || quote.ask === null) return met;
  const isBookWorse = side === 'sell' ? quote.bid <= met.price : quote.ask >= met.price;
  return isBookWorse ? null : met;
}
