import { ENTRY_EXPIRY_MS, EXIT_OVERDUE_MS } from '../config/execution.ts';
import { instrumentBySymbol } from '../config/instruments.ts';
import type { EntryOrder, Order } from '../contracts/order.ts';
import type { Position } from '../contracts/position.ts';
import type { ExitReason } from '../contracts/terms.ts';
import { sum, toNumber } from '../kernel/decimal.ts';
import { type EpochMs, MINUTE_MS } from '../kernel/time.ts';
import { type Account, equity, exposure } from '../ledger/account.ts';
import { isResting } from '../ledger/order-standing.ts';
import { istDayOf } from '../market/ist.ts';
import { type LegOnMargin, maintenanceOf } from './contracts/contract-margin.ts';
import type { ContractsView } from './contracts/contracts-view.ts';
import { dueDeliveryMargins, squaredOffBeforeDelivery } from './contracts/delivery-watch.ts';
import { type HeldStructure, heldStructures, structureExit } from './contracts/structure-exits.ts';
import { type Draft, draftOn } from './draft.ts';
import { type Ending, endEntry, isImmediate, notAtOnce } from './end-entry.ts';
import { heldBack, scaleOfOrder } from './held-back.ts';
import { untilFull } from './parts-of-commits.ts';
import { isOnScale } from './price-scale.ts';
import { requestExit } from './request-exit.ts';
import { phaseOf } from './trading-phase.ts';
import { marksOf, ratesOf } from './valuation.ts';
import type { MarketView } from './view.ts';

/** Equity is marked in the journal at multiples of this: the grain of drawdown and exposure time. */
export const MARK_EVERY_MS = 15 * MINUTE_MS;

export interface MonitorCommand {
  readonly id: string;
  readonly minuteMs: EpochMs;
  /** When intraday positions of NSE must be closed today; null on a day without a session of known hours. */
  readonly squareOffMs: EpochMs | null;
}

/**
 * Whether a sweep may find anything to do in an account. It never says no where there is something: it asks of each order and
 * position only whether time alone can bring it anything, and most minutes nothing can.
 */
export const mayBeSwept = (account: Account, nowMs: EpochMs, minuteMs: EpochMs): boolean =>
  minuteMs % MARK_EVERY_MS === 0 || mayBeDue(account, nowMs);

/** Whether time alone may bring anything to an account but a mark of its equity. */
function mayBeDue(account: Account, nowMs: EpochMs): boolean {
  if (account.status !== 'active') return true;
  for (const order of account.orders.values()) if (order.purpose === 'entry' || order.atMarket !== null || order.waiting !== null) return true;
  for (const { product, exitByMs, margin, structure } of account.positions.values()) {
    // Within the day there is a time to be out; contracts are paid for, called and settled; legs leave together.
    if ((product !== 'spot' && product !== 'delivery') || margin !== undefined || structure !== undefined) return true;
    if (exitByMs !== null && nowMs >= exitByMs) return true;
  }
  return false;
}

/**
 * The minute's sweep over an account: orders whose time is over end, time exits and the square-off become market exits, what
 * should have filled and has not is told of, equity is marked, a stopping session that is flat stops. No rows when there is
 * nothing to do. A draft that is full has left the rest to the next one: see `commitInParts`.
 */
export function decideMonitor(account: Account, view: ContractsView, command: MonitorCommand): Draft {
  const draft = draftOn(account, command.id);
  if (mayBeDue(account, view.nowMs) && !isSwept(draft, view, command)) return draft;
  if (command.minuteMs % MARK_EVERY_MS === 0 && command.minuteMs > account.curve.lastMarkMs) markEquity(draft, view, command.minuteMs);
  const after = draft.account();
  if (after.status === 'stopping' && after.positions.size === 0 && after.orders.size === 0) draft.emit({ type: 'session-stopped', atMs: view.nowMs });
  return draft;
}

/** Sweeps orders and positions. Returns whether there was room in the draft for all of them. */
function isSwept(draft: Draft, view: ContractsView, command: MonitorCommand): boolean {
  const account = draft.account();
  return (
    untilFull(draft, account.orders.values(), (order) => {
      // A leg may have ended with another of its group.
      const ending = order.purpose === 'entry' && draft.account().orders.has(order.id) ? dueEnd(account, view, order) : null;
      if (order.purpose === 'entry' && ending !== null) endEntry(draft, order, ending, view.nowMs);
    }) &&
    untilFull(draft, account.positions.values(), (position) => {
      const reason = dueExit(account, position, view.nowMs, command.squareOffMs);
      if (reason !== null) requestExit(draft, position, { reason, quantity: null, nowMs: view.nowMs });
    }) &&
    untilFull(draft, heldStructures(draft.account()), (held) => closeStructure(draft, view, held)) &&
    untilFull(draft, calledPositions(draft.account(), view), (position) => {
      requestExit(draft, position, { reason: 'margin-call', quantity: null, nowMs: view.nowMs });
    }) &&
    untilFull(draft, dueDeliveryMargins(draft.account(), view), (due) => {
      if ('raised' in due) draft.emit(due.raised);
      else requestExit(draft, due.unpaid, { reason: 'margin-call', quantity: null, nowMs: view.nowMs });
    }) &&
    untilFull(draft, squaredOffBeforeDelivery(draft.account(), view), (position) => {
      requestExit(draft, position, { reason: 'square-off', quantity: null, nowMs: view.nowMs });
    }) &&
    untilFull(draft, draft.account().orders.values(), (order) => tellOfWaiting(draft, view, order))
  );
}

/** All legs of a structure at once: one that is being closed takes the others along. */
function closeStructure(draft: Draft, view: ContractsView, held: HeldStructure): void {
  const closing = held.legs
    .map(({ exitId }) => draft.account().orders.get(exitId))
    .flatMap((order) => (order?.purpose === 'exit' ? (order.atMarket ?? []) : []));
  const reason = closing[0]?.reason ?? structureExit(draft.account(), held, view);
  if (reason === null) return;
  for (const leg of held.legs) requestExit(draft, leg, { reason, quantity: null, nowMs: view.nowMs });
}

/** The positions in contracts, all of them, when equity no longer carries what must stay behind them; none while it does. */
function calledPositions(account: Account, view: ContractsView): readonly Position[] {
  const margined = [...account.positions.values()].filter(({ margin }) => margin !== undefined && margin > 0n);
  if (margined.length === 0) return [];
  const least = sum(underlyingsOf(margined).map((legs) => maintenanceOf(legs, view)));
  return equity(account, marksOf(view), ratesOf(view)) < least ? margined : [];

  /** Legs by underlying, at their marks. */
  function underlyingsOf(held: readonly Position[]): readonly (readonly LegOnMargin[])[] {
    const legs = held.flatMap((position): readonly LegOnMargin[] => {
      const instrument = instrumentBySymbol(position.symbol, view.nowMs);
      const price = view.quote(position.symbol)?.last ?? toNumber(position.entryPrice);
      return [{ instrument, direction: position.direction, quantity: position.quantity, price }];
    });
    return [...Map.groupBy(legs, ({ instrument }) => instrument.contract?.underlying).values()];
  }
}

/** How an entry ends by time, by the venue's timetable or because its levels have lost their meaning; null while it works on. */
function dueEnd(account: Account, view: MarketView, order: EntryOrder): Ending | null {
  const { nowMs } = view;
  if (order.expiresMs !== null && nowMs >= order.expiresMs) return { state: 'expired', reason: endOfDay(order) };
  if (!isOnScale(scaleOfOrder(account, order), nowMs)) {
    return { state: 'cancelled', reason: 'corporate_action: its price means something else since the ex-date' };
  }
  const { phase, reason } = phaseOf(view, order);
  if (phase === 'reference-price' && isStop(order) && order.triggeredMs === null) {
    return { state: 'cancelled', reason: `reference_price_window: ${reason}, untriggered stops are cancelled` };
  }
  if (nowMs - Math.max(order.activeFromMs, order.triggeredMs ?? 0) <= ENTRY_EXPIRY_MS) return null;
  // The matcher ends these at its first look; one that it never had, as over a restart, must not rest.
  if (isImmediate(order)) return { state: 'cancelled', reason: notAtOnce(order, heldBack(account, view, order)?.why) };
  if (isResting(order)) return null;
  const { code, why } = heldBack(account, view, order) ?? { code: 'no_volume', why: 'nothing more could be had' };
  return { state: 'expired', reason: `${code}: ${why}, not filled within ${ENTRY_EXPIRY_MS / 1000} s` };
}

function endOfDay({ tradedIn, product }: EntryOrder): string {
  if (tradedIn === 'closing-auction') return 'auction_over: the closing auction did not fill it';
  return product === 'intraday' ? 'square_off: intraday positions are closed, and none is opened any more' : "day_over: the day's trading has ended";
}

const isStop = ({ instruction: { type } }: EntryOrder): boolean => type === 'stop' || type === 'stop-limit' || type === 'trailing-stop';

/** An exit at market that has not filled for half a minute says why, once for each reason; one that goes on says that too. */
function tellOfWaiting(draft: Draft, view: MarketView, order: Order): void {
  const isOverdue = order.purpose === 'exit' && order.atMarket !== null && view.nowMs - order.activeFromMs > EXIT_OVERDUE_MS;
  const held = isOverdue ? (heldBack(draft.account(), view, order) ?? { code: 'no_volume', why: 'nothing more can be had at the moment' }) : null;
  if (held?.code === order.waiting?.code) return;
  const waiting = held === null ? null : { ...held, sinceMs: view.nowMs };
  draft.emit({ type: 'order-waiting', atMs: view.nowMs, orderId: order.id, waiting });
}

function dueExit(account: Account, position: Position, nowMs: EpochMs, squareOffMs: EpochMs | null): ExitReason | null {
  if (account.status === 'stopping') return 'session-stop';
  if (position.exitByMs !== null && nowMs >= position.exitByMs) return position.strategy === 'btst' ? 'next-session' : 'time';
  if (position.product !== 'intraday') return null;
  // A position of an earlier day is late already, whatever today's hours are.
  const isLate = istDayOf(position.openedMs) < istDayOf(nowMs) || (squareOffMs !== null && nowMs >= squareOffMs);
  return isLate ? 'square-off' : null;
}

function markEquity(draft: Draft, view: MarketView, minuteMs: EpochMs): void {
  const account = draft.account();
  const [marks, rates] = [marksOf(view), ratesOf(view)];
  draft.emit({ type: 'equity-marked', atMs: minuteMs, equity: equity(account, marks, rates), exposure: exposure(account, marks, rates) });
}
