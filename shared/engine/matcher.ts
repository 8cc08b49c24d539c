import type { Order } from '../contracts/order.ts';
import type { Position } from '../contracts/position.ts';
import { createTriggerIndex, type TriggerIndex, type Watch } from '../execution/trigger-index.ts';
import { toNumber } from '../kernel/decimal.ts';
import { messageOf } from '../kernel/errors.ts';
import { type EpochMs, SECOND_MS } from '../kernel/time.ts';
import type { Account } from '../ledger/account.ts';
import { parseContractSymbol } from '../market/contract-symbol.ts';
import type { Tick } from '../market/price.ts';
import { commitDecision } from './commit.ts';
import type { EngineContext } from './context.ts';
import { withContracts } from './contracts/contracts-view.ts';
import { decideMatch } from './decide-match.ts';
import type { Desk } from './desk.ts';
import { EngineError } from './errors.ts';
import type { MatchCommand } from './fill-inputs.ts';
import { scaleOfOrder } from './held-back.ts';
import { isArriving } from './match-entry.ts';
import type { PastTick } from './missed-bars.ts';
import { type ChainSource, type Commit, type Lease, StoreError } from './ports.ts';
import { isOnScale } from './price-scale.ts';
import { afterTrade, type QueuePlaces, standingAt } from './queue-places.ts';
import { type CommitStep, perform, type Steps } from './steps.ts';
import type { MarketView } from './view.ts';
import { attentionTo } from './watches.ts';

/** Best prices since their orders began to work, by order id: what trails hang on. Kept with the feed's cursor. */
export type Extremes = Readonly<Record<string, number>>;

/** The paper exchange: holds the working orders of the active session and fills them. Only the lease's holder runs one. */
export interface Matcher extends Exchange {
  /** Looks at the orders that the tick may reach. Returns a promise only when something may have to be committed. */
  readonly tick: (tick: Tick) => Promise<void> | void;
  /** See `Exchange.missedSteps`. */
  readonly missed: (past: Iterable<PastTick>) => Promise<void>;
  /** Reads the account again and takes up what is new: after a nudge, and now and then for the truth's sake. */
  readonly refresh: () => Promise<void>;
}

/** Looks at orders, which pauses at each fill: the answer is the account as it stands then. */
export type Matching = Steps<void, Account | null>;

/** The rules of the paper exchange, whoever keeps the books. */
export interface Exchange {
  /** Takes up what is new in an account; null when none is active. */
  readonly take: (account: Account | null) => void;
  /** The session whose orders it holds. */
  readonly sessionId: () => string | null;
  /**
   * Whether prices within a range mean nothing to the orders that it holds of a symbol: none is looked at with every price, no level
   * lies there and no trail would move. Cheap, and asked before anything is made of a price: most mean nothing.
   */
  readonly ignores: (symbol: string, low: number, high: number) => boolean;
  /** What a tick may reach is looked at; null when there is nothing. */
  readonly tickSteps: (tick: Tick) => Matching | null;
  /**
   * Looks at the working orders with what was traded while no feed ran, as their venue would have done: see `missed-bars.ts`. An
   * order meets the bars that began after it worked, and fills at their time.
   */
  readonly missedSteps: (past: Iterable<PastTick>) => Matching;
  /** The contracts that its orders are in: what is held has an exit here. */
  readonly contracts: () => ReadonlySet<string>;
  readonly extremes: () => Extremes;
  readonly queues: () => QueuePlaces;
  /** Limit orders that take what comes within their limits, and have not come to rest. */
  readonly arriving: () => readonly string[];
  /**
   * Goes on from what a run before had kept. It had looked at every order whose latency passed before `atMs`: what did not
   * fill then waits for its symbol's next price, as it would have done.
   */
  readonly restore: (
    kept: { readonly extremes: Extremes; readonly queues?: QueuePlaces; readonly arriving?: readonly string[] },
    atMs?: EpochMs,
  ) => void;
  /** Fills that could not be committed yet, and are tried again. */
  readonly waiting: () => number;
}

/** What a paper exchange works with. */
export interface ExchangeParts extends Pick<EngineContext, 'clock' | 'log'> {
  readonly scope: string;
  readonly configVersion: string;
  readonly desk: Pick<Desk, 'view' | 'touch'>;
  /** What fills are fenced by; null where there is nobody else. */
  readonly fence: () => Commit['fence'];
  /** Goes through a look at orders under the clock. */
  readonly run: (steps: Matching) => Promise<void> | void;
  /** Hears that another feed has the lease: nothing is looked at any more. Without it that is thrown. */
  readonly onFenced: ((error: unknown) => void) | null;
}

/** The working orders of one symbol. */
interface Pit {
  /** Looked at with every price: market orders, what an auction is to fill. */
  readonly due: Map<string, Order>;
  /** Woken by their levels. */
  readonly index: TriggerIndex;
  /** Prices at which limit orders rest. */
  readonly limits: Map<string, number>;
  /** Those of them that are looked at with every price as orders that come in. */
  readonly arriving: Set<string>;
}

/** A tick and the market that it meets. */
interface Look {
  readonly tick: Tick;
  readonly view: MarketView;
  /** Whether an order works that takes any price. */
  readonly isActive: (order: Order) => boolean;
  /** Whether an order has stood there long enough for the tick to reach its level. */
  readonly isEarlier: (order: Order) => boolean;
}

const RETRY_MS = SECOND_MS;
const NOTHING: readonly MatchCommand[] = [];

/** A desk with what chains say: of a contract that nobody has asked for until now it is told within the second only. */
export function deskWithChains(desk: ExchangeParts['desk'], chains: ChainSource): ExchangeParts['desk'] {
  const view = (nowMs: EpochMs): MarketView => withContracts(desk.view(nowMs), chains);
  return {
    view,
    touch: (symbol, nowMs) => (parseContractSymbol(symbol) === null ? desk.touch(symbol, nowMs) : (view(nowMs).quote(symbol) ?? NO_TOUCH)),
  };
}

const NO_TOUCH = { bid: null, ask: null } as const;

const contractsIn = (account: Account | null): ReadonlySet<string> =>
  new Set([...(account?.orders.values() ?? [])].flatMap(({ symbol }) => (parseContractSymbol(symbol) === null ? [] : symbol)));

/** The paper exchange over a store. `onFenced`: see `ExchangeParts`. */
export function createMatcher(context: EngineContext, desk: Desk, lease: () => Lease, onFenced?: (error: unknown) => void): Matcher {
  const { clock, log, world, settings } = context;
  const commit = async ({ sessionId, decide }: CommitStep): Promise<Account | null> => {
    const result = await commitDecision(context, sessionId, decide);
    return result.kind === 'repeated' ? context.accounts.active() : result.account;
  };
  const run = (steps: Matching): Promise<void> => perform(steps, commit);
  const fence = (): Commit['fence'] => {
    const { scope, epoch } = lease();
    return { scope, epoch };
  };
  const seen = context.chains === null ? desk : deskWithChains(desk, context.chains);
  const parts = { clock, log, scope: world.scope, configVersion: settings.configVersion, desk: seen, fence, run, onFenced: onFenced ?? null };
  const exchange = createExchange(parts);
  context.accounts.onChange((changed) => {
    if (changed.sessionId === exchange.sessionId()) exchange.take(changed);
  });
  return {
    ...exchange,
    tick: (tick) => {
      const steps = exchange.tickSteps(tick);
      return steps === null ? undefined : run(steps);
    },
    missed: (past) => run(exchange.missedSteps(past)),
    refresh: async () => exchange.take(await context.accounts.active()),
  };
}

/** A paper exchange that holds no orders yet. */
export function createExchange({ clock, log, scope, configVersion, desk, fence, run, onFenced }: ExchangeParts): Exchange {
  let account: Account | null = null;
  const pits = new Map<string, Pit>();
  /** What a run before had kept, of orders that are not taken up yet. */
  let kept: { extremes: Map<string, number>; queues: Map<string, number>; arriving: Set<string> } = {
    extremes: new Map(),
    queues: new Map(),
    arriving: new Set(),
  };
  /** Units that stand before a limit order; absent where nobody knows. */
  const queues = new Map<string, number>();
  /** Met orders whose commit the store did not take: what met them is not forgotten. */
  const unbooked = new Map<string, MatchCommand>();
  /** Orders that were looked at, or will be, when their latency has passed: once each. */
  const woken = new Set<string>();
  let contractsHeld: { readonly account: Account | null; readonly symbols: ReadonlySet<string> } = { account: null, symbols: new Set() };
  let resumedAtMs: EpochMs = 0;
  let isFenced = false;

  const take = (next: Account | null): void => {
    if (isFenced || isTheSame(next, account)) return;
    const before = account;
    account = next !== null && isOurs(next) ? next : null;
    // A mark of equity, a limit that was set: nothing is new to orders.
    if (account !== null && account.orders === before?.orders && account.sessionId === before.sessionId) return;
    // New ones first: a replaced exit hands its best price on.
    if (account !== null) takeUpAll(before, account);
    for (const order of goneOrders(before, account)) drop(order);
    for (const id of unbooked.keys()) if (account?.orders.has(id) !== true) unbooked.delete(id);
  };

  const isOurs = (of: Account): boolean => of.scope === scope && of.status !== 'stopped';

  const takeUpAll = (before: Account | null, now: Account): void => {
    for (const order of changedOrders(before?.sessionId === now.sessionId ? before : null, now)) takeUp(now, order);
  };

  const takeUp = (of: Account, order: Order): void => {
    if (clock.now() < order.activeFromMs) wakeAt(order);
    else if (!hold(of, order)) wakeAt(order);
  };

  /** Puts an active order where it is looked at. False for one that is due by itself and has to be woken once. */
  const hold = (of: Account, order: Order): boolean => {
    const pit = pitOf(order.symbol);
    const { isDue, levels } = attentionTo(order, extremeOf(of, order, pit));
    if (isDue) pit.due.set(order.id, order);
    else pit.due.delete(order.id);
    if (levels === null) forget(pit, order.id);
    else {
      const isTriggered = order.purpose === 'entry' && levels.limit !== null && pit.index.has(order.id) && !pit.limits.has(order.id);
      if (isTriggered || kept.arriving.has(order.id)) pit.arriving.add(order.id);
      pit.index.put(order.id, levels.watch);
      joinQueue(pit, order, levels.limit);
    }
    // Taken up once: an order that is changed later has another place, and another trail.
    kept.extremes.delete(order.id);
    kept.queues.delete(order.id);
    kept.arriving.delete(order.id);
    return !isDue && (order.purpose === 'exit' || levels?.limit === null);
  };

  const joinQueue = (pit: Pit, order: Order, limit: number | null): void => {
    if (limit !== null && pit.limits.get(order.id) !== limit) queueUp(pit, order, limit, desk.view(clock.now()));
  };

  const queueUp = (pit: Pit, order: Order, limit: number, view: MarketView): void => {
    pit.limits.set(order.id, limit);
    const ahead = kept.queues.get(order.id) ?? standingAt(view, order.symbol, order.side, limit);
    if (ahead === null) queues.delete(order.id);
    else queues.set(order.id, ahead);
  };

  const extremeOf = (of: Account, order: Order, pit: Pit): number => {
    const known = pit.index.extreme(order.id) ?? kept.extremes.get(order.id);
    if (known !== undefined) return known;
    const position = of.positions.get(order.positionId);
    if (order.purpose === 'entry') return order.intent.quote.last;
    // A trail that is added to an exit later follows from the price that stands then.
    const standing = pit.index.has(order.id) ? desk.view(clock.now()).quote(order.symbol) : null;
    if (standing !== null) return standing.last;
    if (position === undefined) throw new Error(`Exit ${order.id} has no position`);
    return carriedOver(position) ?? toNumber(position.entryPrice);
  };

  /** The best price that an exit of before a corporate action had seen, on the scale of now. */
  const carriedOver = (position: Position): number | null => {
    let factor = 1;
    for (const { priceFactor, replacedExit } of (position.actions ?? []).toReversed()) {
      factor *= priceFactor;
      const known = [...pits.values()].map(({ index }) => index.extreme(replacedExit)).find((extreme) => extreme !== null);
      const extreme = known ?? kept.extremes.get(replacedExit);
      if (extreme !== undefined) return extreme * factor;
    }
    return null;
  };

  const drop = (order: Order): void => {
    const pit = pits.get(order.symbol);
    if (pit === undefined) return;
    pit.due.delete(order.id);
    forget(pit, order.id);
    woken.delete(wakeKey(order));
    kept.extremes.delete(order.id);
    kept.queues.delete(order.id);
    kept.arriving.delete(order.id);
  };

  const forget = (pit: Pit, id: string): void => {
    pit.index.remove(id);
    pit.limits.delete(id);
    pit.arriving.delete(id);
    queues.delete(id);
  };

  const pitOf = (symbol: string): Pit => {
    const known = pits.get(symbol);
    if (known !== undefined) return known;
    const made: Pit = { due: new Map(), index: createTriggerIndex(), limits: new Map(), arriving: new Set() };
    pits.set(symbol, made);
    return made;
  };

  const wakeAt = (order: Order): void => {
    const key = wakeKey(order);
    // By a clock that was set back an order may be on its way yet that the run before would have looked at.
    const isLookedAt = order.activeFromMs < resumedAtMs && order.activeFromMs <= clock.now();
    if (woken.has(key) || isLookedAt) return;
    woken.add(key);
    arrive(order);
    clock.at(order.activeFromMs, `5-wake-${order.id}`, () => run(wake(order)));
  };

  function* wake({ id }: Order): Matching {
    const now = account?.orders.get(id);
    if (account === null || now === undefined || now.activeFromMs > clock.now()) return;
    hold(account, now);
    arrive(now);
    yield* comeIn(now, () => desk.view(clock.now()));
  }

  /** Until it has been looked at a limit order that the venue has is none that rests there. */
  const arrive = ({ id, purpose, symbol }: Order): void => {
    const pit = pitOf(symbol);
    if (purpose === 'entry' && pit.limits.has(id)) pit.arriving.add(id);
  };

  /** Looks at an order that comes in. A limit order of which something is left rests once nothing is to be had within its limit. */
  function* comeIn({ id, symbol }: Order, viewNow: () => MarketView): Matching {
    const pit = pitOf(symbol);
    yield* match({ orderId: id, tick: null, extreme: null, queueAhead: null, configVersion }, viewNow);
    const order = account?.orders.get(id);
    const limit = pit.limits.get(id);
    if (account === null || order === undefined || limit === undefined) return;
    if (isArriving(account, viewNow(), order, configVersion)) pit.arriving.add(id);
    else if (pit.arriving.delete(id)) queueUp(pit, order, limit, viewNow());
  }

  function* match(command: MatchCommand, viewNow = (): MarketView => desk.view(clock.now())): Matching {
    if (account === null) return;
    const seen = { account, atMs: clock.now() };
    // Most looks end here, without a word to the store.
    const found = decideMatch(account, viewNow(), command);
    if (found === null) return;
    const { sessionId } = account;
    const held = fence();
    try {
      const after = yield {
        sessionId,
        decide: (current) => {
          // Of the same account at the same instant the same comes: a store that is elsewhere has both move on.
          const isSame = current === seen.account && clock.now() === seen.atMs;
          const draft = isSame ? found : decideMatch(current, viewNow(), command);
          return draft === null ? null : { draft, fence: held, outcome: { match: draft.commandId } };
        },
      };
      unbooked.delete(command.orderId);
      take(after);
    } catch (error) {
      if (onFenced !== null && isFencedOff(error)) return giveUp(error, onFenced);
      if (!isPassing(error)) throw error;
      log('error', 'fill-not-booked', { orderId: command.orderId, code: error.code, why: messageOf(error) });
      if (!unbooked.has(command.orderId)) clock.at(clock.now() + RETRY_MS, `6-retry-${command.orderId}`, () => run(retry(command.orderId)));
      unbooked.set(command.orderId, command);
    }
  }

  const giveUp = (error: unknown, tell: (error: unknown) => void): void => {
    take(null);
    isFenced = true;
    unbooked.clear();
    log('error', 'fill-fenced', { why: messageOf(error) });
    tell(error);
  };

  function* retry(orderId: string): Matching {
    const command = unbooked.get(orderId);
    if (command === undefined) return;
    unbooked.delete(orderId);
    yield* match(command);
  }

  function* comeInAt(pit: Pit, isActive: Look['isActive'], viewNow = (): MarketView => desk.view(clock.now())): Matching {
    for (const id of [...pit.arriving]) {
      const order = account?.orders.get(id);
      if (order !== undefined && isActive(order)) yield* comeIn(order, viewNow);
    }
  }

  function* matchAll(commands: readonly MatchCommand[]): Matching {
    for (const command of commands) {
      yield* match(command);
      // What was ours of a trade has been had, or has passed: the next one at this price is all ours.
      if (command.queueAhead !== null && command.queueAhead < 0 && queues.has(command.orderId)) queues.set(command.orderId, 0);
    }
  }

  const ignores = (symbol: string, low: number, high: number): boolean => {
    const pit = pits.get(symbol);
    if (pit === undefined || account === null) return true;
    if (pit.due.size + pit.arriving.size > 0) return false;
    if (pit.index.size === 0) return true;
    const { bid, ask } = desk.touch(symbol, clock.now());
    return !pit.index.isTouched(Math.min(low, ask ?? low), Math.max(high, bid ?? high));
  };

  const tickSteps = (tick: Tick): Matching | null => {
    const pit = pits.get(tick.symbol);
    if (pit === undefined || account === null || ignores(tick.symbol, tick.price, tick.price)) return null;
    const isActive = ({ activeFromMs }: Order): boolean => activeFromMs <= tick.receivedMs;
    // The tick that opened a position does not close it: a run that goes on from before that tick finds the exit resting already.
    const isEarlier = ({ activeFromMs }: Order): boolean => activeFromMs < tick.receivedMs;
    const commands = metBy(account, pit, { tick, view: desk.view(clock.now()), isActive, isEarlier });
    return commands.length + pit.arriving.size === 0 ? null : meet(pit, isEarlier, commands);
  };

  function* meet(pit: Pit, isEarlier: Look['isEarlier'], commands: readonly MatchCommand[]): Matching {
    yield* comeInAt(pit, isEarlier);
    yield* matchAll(commands);
  }

  function* missedSteps(past: Iterable<PastTick>): Matching {
    for (const { tick, view, barMs, isPartlyHeard } of past) {
      const pit = pits.get(tick.symbol);
      if (pit === undefined || account === null) continue;
      // Of a bar that was heard in part nobody knows whether its extremes came before the best price that a trail hangs on.
      const isTold = ({ id }: Order): boolean => !isPartlyHeard || pit.index.extreme(id) === null;
      const isEarlier = (order: Order): boolean => worksFromMs(order) <= barMs && isTold(order);
      const later = laterTrails(account, pit, barMs);
      const commands = metBy(account, pit, { tick, view, isActive: isEarlier, isEarlier });
      for (const [id, watch] of later) pit.index.put(id, watch);
      yield* comeInAt(pit, isEarlier, () => view);
      for (const command of commands) yield* match(command, () => view);
    }
  }

  /** The trails of orders that began to work after the start of a bar, as they stand: its prices move them not. */
  const laterTrails = (of: Account, pit: Pit, barMs: EpochMs): readonly (readonly [string, Watch])[] =>
    [...of.orders.values()].flatMap((order) => {
      const extreme = worksFromMs(order) > barMs ? pit.index.extreme(order.id) : null;
      const watch = extreme === null ? undefined : attentionTo(order, extreme).levels?.watch;
      return watch === undefined ? [] : [[order.id, watch] as const];
    });

  /** What is to be looked at with a tick; trails move with it. */
  const metBy = (of: Account, pit: Pit, look: Look): readonly MatchCommand[] => {
    const reached = reachedBy(of, pit, look);
    const due = dueAt(pit, look);
    // Before anything is filled: what begins to work with this price has not seen it.
    if (pit.index.size > 0 && isOfScale(of, look.tick)) pit.index.advance(look.tick.price);
    if (reached.length === 0) return due;
    // A part that is due and whose stop is reached is looked at once, with what the stop knows.
    return [...due.filter(({ orderId }) => !reached.some((each) => each.orderId === orderId)), ...reached];
  };

  const dueAt = (pit: Pit, { tick, isActive }: Look): readonly MatchCommand[] => {
    if (pit.due.size === 0) return NOTHING;
    const active = [...pit.due.values()].filter(isActive);
    return active.map((order) => ({ orderId: order.id, tick, extreme: null, queueAhead: null, configVersion }));
  };

  const reachedBy = (of: Account, pit: Pit, { tick, view, isEarlier }: Look): readonly MatchCommand[] => {
    if (pit.index.size === 0) return NOTHING;
    const quote = view.quote(tick.symbol);
    const range = { low: Math.min(tick.price, quote?.ask ?? tick.price), high: Math.max(tick.price, quote?.bid ?? tick.price) };
    const ids = pit.index.reached(tick.price, range);
    if (ids.length === 0) return NOTHING;
    return ids.flatMap((id) => {
      const order = of.orders.get(id);
      if (order === undefined || !isEarlier(order) || pit.arriving.has(id)) return [];
      const queueAhead = pit.limits.get(id) === tick.price ? served(view, order, tick) : null;
      return [{ orderId: id, tick, extreme: pit.index.extreme(id), queueAhead, configVersion }];
    });
  };

  /** Moves an order up in its queue by a trade at its price. */
  const served = (view: ReturnType<Desk['view']>, order: Order, tick: Tick): number | null => {
    const ahead = afterTrade(queues.get(order.id) ?? null, standingAt(view, order.symbol, order.side, tick.price), tick);
    if (ahead !== null) queues.set(order.id, ahead);
    return ahead;
  };

  /** Prices of before a split, or of after one that a position has not been through yet, move no trail. */
  const isOfScale = (of: Account, tick: Tick): boolean => {
    for (const position of of.positions.values()) {
      const exit = position.symbol === tick.symbol ? of.orders.get(position.exitId) : undefined;
      if (exit !== undefined && !isOnScale(scaleOfOrder(of, exit), tick.exchangeMs)) return false;
    }
    return true;
  };

  const told = (value: (pit: Pit, id: string) => number | null): Readonly<Record<string, number>> => {
    const all: Record<string, number> = {};
    for (const order of account?.orders.values() ?? []) {
      const pit = pits.get(order.symbol);
      const known = pit === undefined ? null : value(pit, order.id);
      if (known !== null) all[order.id] = known;
    }
    return all;
  };

  /** Asked every second: the same until the account is another one. */
  const contracts = (): ReadonlySet<string> => {
    if (contractsHeld.account !== account) contractsHeld = { account, symbols: contractsIn(account) };
    return contractsHeld.symbols;
  };

  return {
    take,
    sessionId: () => account?.sessionId ?? null,
    ignores,
    tickSteps,
    missedSteps,
    contracts,
    extremes: () => told((pit, id) => pit.index.extreme(id)),
    queues: () => told((_, id) => queues.get(id) ?? null),
    arriving: () =>
      [...(account?.orders.values() ?? [])].flatMap(({ id, symbol }) =>
        pits.get(symbol)?.arriving.has(id) === true || kept.arriving.has(id) ? [id] : [],
      ),
    restore: ({ extremes, queues: places = {}, arriving = [] }, atMs = 0) => {
      kept = { extremes: new Map(Object.entries(extremes)), queues: new Map(Object.entries(places)), arriving: new Set(arriving) };
      resumedAtMs = atMs;
    },
    waiting: () => unbooked.size,
  };
}

const isTheSame = (a: Account | null, b: Account | null): boolean => a !== null && a.sessionId === b?.sessionId && a.seq === b.seq;

const changedOrders = (before: Account | null, { orders }: Account): readonly Order[] =>
  [...orders.values()].filter((order) => before?.orders.get(order.id) !== order);

const goneOrders = (before: Account | null, after: Account | null): readonly Order[] =>
  [...(before?.orders.values() ?? [])].filter(({ id }) => after?.orders.has(id) !== true);

/** Since when an order waits for what it waits for now. */
const worksFromMs = (order: Order): EpochMs => Math.max(order.activeFromMs, order.purpose === 'entry' ? (order.triggeredMs ?? 0) : 0);

const wakeKey = ({ id, activeFromMs }: Order): string => `${id}@${activeFromMs}`;

const isFencedOff = (error: unknown): boolean => error instanceof StoreError && error.code === 'fenced';

/** A fill that was not booked is tried again, but not by a feed that has lost its lease. */
function isPassing(error: unknown): error is StoreError | EngineError {
  return error instanceof StoreError ? error.code !== 'fenced' : error instanceof EngineError && error.code === 'contention';
}
