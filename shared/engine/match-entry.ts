import type { Fill } from '../contracts/fill.ts';
import type { EntryOrder, Order } from '../contracts/order.ts';
import { type TriggeredExit, triggeredExit } from '../execution/exit-trigger.ts';
import { auctionFill, marketFill, type PricedFill } from '../execution/fill-price.ts';
import { add, type Decimal, fromNumber, multiply, multiplyDivide, subtract, sum, text, toNumber, ZERO } from '../kernel/decimal.ts';
import { type Account, blockedCash, reserved } from '../ledger/account.ts';
import { cashChange } from '../ledger/postings.ts';
import type { Tick } from '../market/price.ts';
import { type Draft, draftOn } from './draft.ts';
import { endEntry, isImmediate, notAtOnce } from './end-entry.ts';
import { type Market, type MatchCommand, meeting, remaining } from './fill-inputs.ts';
import { entryFill, type Met } from './fill-record.ts';
import { heldBack, inAuction, isOfAuction } from './held-back.ts';
import { crossing, marketMet, marketOf, matchId, restingMet, triggerId, worseOf } from './match-common.ts';
import type { MarketView } from './view.ts';

/** Whether an entry fills now, and the events if it does. */
export function matchEntry(account: Account, order: EntryOrder, market: Market): Draft | null {
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
export function endedAtOnce(account: Account, view: MarketView, order: Order): Draft | null {
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
export function matchGroup(account: Account, view: MarketView, command: MatchCommand, groupId: string): Draft | null {
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
