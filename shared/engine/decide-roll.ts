import { type Account, equity } from '../ledger/account.ts';
import type { DayRoll } from '../market/calendar.ts';
import { type Draft, draftOn } from './draft.ts';
import { marksOf, ratesOf } from './valuation.ts';
import type { MarketView } from './view.ts';

/**
 * Opens or closes the day's books. The close writes the day's report, and the next day begins with its equity: the daily
 * loss limit counts from there. Positions and orders are untouched: crypto trades across it.
 */
export function decideRoll(account: Account, view: MarketView, roll: DayRoll, nextDate: string, commandId: string): Draft {
  const draft = draftOn(account, commandId);
  const now = equity(account, marksOf(view), ratesOf(view));
  if (roll.kind === 'open') {
    draft.emit({ type: 'day-opened', atMs: view.nowMs, date: roll.date, equity: now });
    return draft;
  }
  const { date, openedMs, startEquity, openEquity, realised, charges, trades, wins } = account.day;
  const report = {
    date,
    openedMs,
    closedMs: roll.atMs,
    startEquity,
    openEquity,
    endEquity: now,
    realised,
    charges,
    trades,
    wins,
    openPositions: account.positions.size,
  };
  draft.emit({ type: 'day-closed', atMs: roll.atMs, report, nextDate });
  return draft;
}
