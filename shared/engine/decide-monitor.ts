import { ENTRY_EXPIRY_MS } from '../config/execution.ts';
import type { ExitOrder, ExitReason, Position } from '../contracts/journal.ts';
import { orderLatencyMs } from '../execution/latency.ts';
import { type EpochMs, MINUTE_MS } from '../kernel/time.ts';
import { type Account, equity, exposure } from '../ledger/account.ts';
import { exitId } from '../ledger/apply.ts';
import { istDayOf } from '../market/ist.ts';
import { entryHeldBack } from './decide-match.ts';
import { type Draft, draftOn } from './draft.ts';
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
 * The minute's sweep over an account: time exits and the square-off become market exits, entries that found no price to
 * fill at expire, equity is marked, a stopping session that is flat stops. No rows when there is nothing to do.
 */
export function decideMonitor(account: Account, view: MarketView, command: MonitorCommand): Draft {
  const draft = draftOn(account, command.id);
  for (const order of account.orders.values()) {
    if (order.purpose === 'entry' && view.nowMs - order.activeFromMs > ENTRY_EXPIRY_MS) {
      const { code, why } = entryHeldBack(view, order) ?? { code: 'no_fresh_price', why: 'nothing to fill on' };
      const reason = `${code}: ${why}, not filled within ${ENTRY_EXPIRY_MS / 1000} s`;
      draft.emit({ type: 'order-ended', atMs: view.nowMs, orderId: order.id, state: 'expired', reason });
    }
  }
  for (const position of account.positions.values()) {
    const reason = dueExit(account, position, view.nowMs, command.squareOffMs);
    if (reason !== null) requestExit(draft, position, reason, view.nowMs);
  }
  if (command.minuteMs % MARK_EVERY_MS === 0 && command.minuteMs > account.curve.lastMarkMs) markEquity(draft, view, command.minuteMs);
  const after = draft.account();
  if (after.status === 'stopping' && after.positions.size === 0 && after.orders.size === 0) draft.emit({ type: 'session-stopped', atMs: view.nowMs });
  return draft;
}

function dueExit(account: Account, position: Position, nowMs: EpochMs, squareOffMs: EpochMs | null): ExitReason | null {
  if (account.status === 'stopping') return 'session-stop';
  if (nowMs >= position.exitByMs) return 'time';
  if (position.product !== 'intraday') return null;
  // A position of an earlier day is late already, whatever today's hours are.
  const isLate = istDayOf(position.openedMs) < istDayOf(nowMs) || (squareOffMs !== null && nowMs >= squareOffMs);
  return isLate ? 'square-off' : null;
}

/** Makes the position's resting exit a market order; nothing when it is one already. */
export function requestExit(draft: Draft, position: Position, reason: ExitReason, nowMs: EpochMs): ExitOrder | null {
  const account = draft.account();
  const order = account.orders.get(exitId(position.id, position.version));
  if (order?.purpose !== 'exit' || order.marketReason !== null) return null;
  draft.emit({ type: 'exit-requested', atMs: nowMs, orderId: order.id, reason, activeFromMs: nowMs + orderLatencyMs(account.seed, order.id) });
  return order;
}

function markEquity(draft: Draft, view: MarketView, minuteMs: EpochMs): void {
  const account = draft.account();
  const [marks, rates] = [marksOf(view), ratesOf(view)];
  draft.emit({ type: 'equity-marked', atMs: minuteMs, equity: equity(account, marks, rates), exposure: exposure(account, marks, rates) });
}
