import type { ExitOrder, Order, Position } from '../contracts/journal.ts';
import { triggeredExit } from '../execution/exit-trigger.ts';
import { toNumber } from '../kernel/decimal.ts';
import { messageOf } from '../kernel/errors.ts';
import { type EpochMs, SECOND_MS } from '../kernel/time.ts';
import type { Account } from '../ledger/account.ts';
import type { Tick } from '../market/price.ts';
import { commitDecision } from './commit.ts';
import type { EngineContext } from './context.ts';
import { decideMatch, entryHeldBack, fillId, type MatchCommand } from './decide-match.ts';
import type { Desk } from './desk.ts';
import { EngineError } from './errors.ts';
import { type Lease, StoreError } from './ports.ts';
import { isOnScale, type PriceScale, scaleOf } from './price-scale.ts';

/** Best prices since their exits began to work, by order id: what trailing stops hang on. Kept with the feed's cursor. */
export type Extremes = Readonly<Record<string, number>>;

/** The paper exchange: holds the working orders of the active session and fills them. Only the lease's holder runs one. */
export interface Matcher {
  /** Looks at the orders of the tick's symbol. Returns a promise only when something must be committed. */
  readonly tick: (tick: Tick) => Promise<void> | void;
  /** Reads the account again and takes up what is new: after a nudge, and now and then for the truth's sake. */
  readonly refresh: () => Promise<void>;
  readonly extremes: () => Extremes;
  /**
   * Goes on from what a run before had kept. It had looked at every order whose latency passed before `atMs`: what did not
   * fill then waits for its symbol's next price, as it would have done.
   */
  readonly restore: (extremes: Extremes, atMs?: EpochMs) => void;
  /** Fills that could not be committed yet, and are tried again. */
  readonly waiting: () => number;
}

interface Resting {
  readonly order: ExitOrder;
  readonly direction: 'long' | 'short';
  readonly stop: number | null;
  readonly target: number | null;
  /** Prices of before a split, or of after one that the position has not been through yet, are not compared with its levels. */
  readonly scale: PriceScale;
  extreme: number;
}

const RETRY_MS = SECOND_MS;

/** `onFenced` hears that another feed has the lease: nothing is looked at any more. Without it that is thrown. */
export function createMatcher(context: EngineContext, desk: Desk, lease: () => Lease, onFenced?: (error: unknown) => void): Matcher {
  const { clock, log } = context;
  let account: Account | null = null;
  let resting = new Map<string, Resting[]>();
  /** Market orders by symbol: filled when their latency has passed and a fresh price stands. */
  let market = new Map<string, Order[]>();
  let extremes = new Map<string, number>();
  /** Triggered exits whose commit the store did not take: the trigger is not forgotten. */
  const unbooked = new Map<string, MatchCommand>();
  const scheduled = new Set<string>();
  let resumedAtMs: EpochMs = 0;
  let isFenced = false;

  const take = (next: Account | null): void => {
    if (isFenced) return;
    if (next !== null && account !== null && next.sessionId === account.sessionId && next.seq === account.seq) return;
    account = next !== null && next.scope === context.world.scope && next.status !== 'stopped' ? next : null;
    [resting, market] = [new Map(), new Map()];
    const kept = new Map<string, number>();
    for (const order of account?.orders.values() ?? []) {
      if (order.purpose === 'entry' || order.marketReason !== null) {
        group(market, order.symbol).push(order);
        scheduleWake(order);
      } else {
        const rests = restingOf(account as Account, order, extremes);
        kept.set(order.id, rests.extreme);
        group(resting, order.symbol).push(rests);
      }
    }
    extremes = kept;
    for (const id of unbooked.keys()) if (account?.orders.has(id) !== true) unbooked.delete(id);
  };

  const scheduleWake = (order: Order): void => {
    const key = `${order.id}@${order.activeFromMs}`;
    if (scheduled.has(key) || order.activeFromMs < resumedAtMs) return;
    scheduled.add(key);
    clock.at(order.activeFromMs, `5-wake-${order.id}`, async () => {
      scheduled.delete(key);
      await match({ orderId: order.id, tick: null, extreme: null });
    });
  };

  const match = async (command: MatchCommand): Promise<void> => {
    if (account === null) return;
    const { sessionId } = account;
    const { scope, epoch } = lease();
    try {
      const result = await commitDecision(context, sessionId, fillId(command.orderId, 1), (current) => {
        const draft = decideMatch(current, desk.view(clock.now()), command);
        return draft === null ? null : { draft, fence: { scope, epoch }, outcome: { fill: fillId(command.orderId, 1) } };
      });
      unbooked.delete(command.orderId);
      if (result.kind === 'repeated') await refresh();
      else take(result.account);
    } catch (error) {
      if (onFenced !== undefined && isFencedOff(error)) return giveUp(error, onFenced);
      if (!isPassing(error)) throw error;
      log('error', 'fill-not-booked', { orderId: command.orderId, code: error.code, why: messageOf(error) });
      if (!unbooked.has(command.orderId)) clock.at(clock.now() + RETRY_MS, `6-retry-${command.orderId}`, () => retry(command.orderId));
      unbooked.set(command.orderId, command);
    }
  };

  const giveUp = (error: unknown, tell: (error: unknown) => void): void => {
    take(null);
    isFenced = true;
    unbooked.clear();
    log('error', 'fill-fenced', { why: messageOf(error) });
    tell(error);
  };

  const retry = async (orderId: string): Promise<void> => {
    const command = unbooked.get(orderId);
    if (command === undefined) return;
    unbooked.delete(orderId);
    await match(command);
  };

  const fillAll = async (orders: readonly Order[], reached: readonly Resting[], tick: Tick): Promise<void> => {
    const view = desk.view(clock.now());
    for (const order of orders) {
      // An entry that is held back waits without a word to the store at every price.
      if (order.purpose === 'entry' && entryHeldBack(view, order) !== null) continue;
      await match({ orderId: order.id, tick: null, extreme: null });
    }
    for (const rests of reached) await match({ orderId: rests.order.id, tick, extreme: rests.extreme });
    advance(tick);
  };

  const advance = (tick: Tick): void => {
    for (const rests of resting.get(tick.symbol) ?? []) {
      if (!concerns(rests, tick)) continue;
      const best = rests.direction === 'long' ? Math.max(rests.extreme, tick.price) : Math.min(rests.extreme, tick.price);
      rests.extreme = best;
      extremes.set(rests.order.id, best);
    }
  };

  const tick = (tick: Tick): Promise<void> | void => {
    const due = (market.get(tick.symbol) ?? []).filter((order) => order.activeFromMs <= tick.receivedMs);
    const reached = (resting.get(tick.symbol) ?? []).filter((rests) => isReached(rests, tick));
    if (due.length > 0 || reached.length > 0) return fillAll(due, reached, tick);
    advance(tick);
  };

  const refresh = async (): Promise<void> => take(await context.accounts.active());

  context.accounts.onChange((changed) => {
    if (changed.sessionId === account?.sessionId) take(changed);
  });

  return {
    tick,
    refresh,
    extremes: () => Object.fromEntries(extremes),
    restore: (kept, atMs = 0) => {
      extremes = new Map(Object.entries(kept));
      resumedAtMs = atMs;
    },
    waiting: () => unbooked.size,
  };
}

const isFencedOff = (error: unknown): boolean => error instanceof StoreError && error.code === 'fenced';

/** A fill that was not booked is tried again, but not by a feed that has lost its lease. */
function isPassing(error: unknown): error is StoreError | EngineError {
  return error instanceof StoreError ? error.code !== 'fenced' : error instanceof EngineError && error.code === 'contention';
}

function restingOf(account: Account, order: ExitOrder, extremes: ReadonlyMap<string, number>): Resting {
  const position = account.positions.get(order.positionId);
  if (position === undefined) throw new Error(`Exit ${order.id} has no position`);
  return {
    order,
    direction: position.direction,
    stop: order.stop === null ? null : toNumber(order.stop),
    target: order.target === null ? null : toNumber(order.target),
    scale: scaleOf(position),
    extreme: extremes.get(order.id) ?? carriedOver(position, extremes) ?? toNumber(position.entryPrice),
  };
}

/** The best price that an exit of before a corporate action had seen, on the scale of now. */
function carriedOver(position: Position, extremes: ReadonlyMap<string, number>): number | null {
  let factor = 1;
  for (const { priceFactor, replacedExit } of (position.actions ?? []).toReversed()) {
    factor *= priceFactor;
    const known = extremes.get(replacedExit);
    if (known !== undefined) return known * factor;
  }
  return null;
}

/** Whether the exit looks at a tick at all. The tick that opened the position does not close it: a run that goes on from before that tick finds the exit resting already. */
function concerns({ order, scale }: Resting, tick: Tick): boolean {
  return tick.receivedMs > order.activeFromMs && isOnScale(scale, tick.exchangeMs);
}

function isReached(rests: Resting, tick: Tick): boolean {
  if (!concerns(rests, tick)) return false;
  const { order, direction, stop, target, extreme } = rests;
  return triggeredExit({ direction, stop, target, trailingShare: order.trailingShare, extreme }, tick) !== null;
}

function group<V>(map: Map<string, V[]>, key: string): V[] {
  const known = map.get(key);
  if (known !== undefined) return known;
  const made: V[] = [];
  map.set(key, made);
  return made;
}
