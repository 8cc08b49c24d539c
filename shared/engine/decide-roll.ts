import { VALUE_AT_RISK } from '../config/risk.ts';
import { type Decimal, fromNumber } from '../kernel/decimal.ts';
import { type Account, equity } from '../ledger/account.ts';
import type { DayRoll } from '../market/calendar.ts';
import { exposuresOf, type OptionTermsOf } from '../risk/exposures.ts';
import { bookOutcomes, gateValueAtRisk } from '../risk/var/book.ts';
import type { RiskModel } from '../risk/var/risk-model.ts';
import { type Draft, draftOn } from './draft.ts';
import { marksOf, ratesOf } from './valuation.ts';
import type { MarketView } from './view.ts';

/** A roll's view has how prices move together besides. */
export interface RollView extends MarketView {
  readonly risk?: RiskModel | null;
  /** How the options that are held are worth what they are. */
  readonly optionTermsOf?: OptionTermsOf;
}

/**
 * Opens or closes the day's books. The close writes the day's report, and the next day begins with its equity: the daily
 * loss limit counts from there. Positions and orders are untouched: crypto trades across it.
 */
export function decideRoll(account: Account, view: RollView, roll: DayRoll, nextDate: string, commandId: string): Draft {
  const draft = draftOn(account, commandId);
  const now = equity(account, marksOf(view), ratesOf(view));
  if (roll.kind === 'open') {
    draft.emit({ type: 'day-opened', atMs: view.nowMs, date: roll.date, equity: now });
    return draft;
  }
  const { date, openedMs, startEquity, openEquity, realised, charges, trades, wins, valueAtRisk } = account.day;
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
    ...(valueAtRisk === undefined ? {} : { valueAtRisk }),
    ...toldRisk(account, view),
  };
  draft.emit({ type: 'day-closed', atMs: roll.atMs, report, nextDate });
  return draft;
}

/**
 * What the book may lose in the day that begins, where every underlying of it has a history: only that can be held against the day. What
 * is assumed of a currency without a history is left out: an assumption beside a measured risk would make it look too good.
 */
function toldRisk(account: Account, view: RollView): { readonly nextValueAtRisk?: Decimal } {
  if (!view.risk || account.positions.size === 0) return {};
  const outcomes = bookOutcomes(view.risk, exposuresOf(account, marksOf(view), ratesOf(view), view.optionTermsOf));
  if (outcomes.unknown.length > 0 || outcomes.historical === null) return {};
  return { nextValueAtRisk: fromNumber(gateValueAtRisk({ ...outcomes, assumedByCurrency: new Map() }, VALUE_AT_RISK.level)) };
}
