import { CORPORATE_ACTIONS } from '../config/corporate-actions.ts';
import type { Position } from '../contracts/position.ts';
import type { EpochMs } from '../kernel/time.ts';
import { actionsOf, type CorporateAction, priceFactorOf } from '../market/corporate-actions.ts';
import { dayOfDate, istDate, istDayOf, istMidnight } from '../market/ist.ts';
import type { Evidence } from '../market/price.ts';

/** What is asked about corporate actions: a position, or an order that has not filled. */
export type Held = Pick<Position, 'symbol' | 'evidence' | 'openedMs' | 'actions'>;

const NONE: readonly CorporateAction[] = [];
const FOREVER = '9999-12-31';

/**
 * The corporate actions that a holding has still to go through up to an instant, in order. A simulated market has none:
 * its companies do not split.
 */
export function dueActions(held: Held, untilMs: EpochMs | null): readonly CorporateAction[] {
  if (held.evidence === 'simulated' || !CORPORATE_ACTIONS.symbols.has(held.symbol)) return NONE;
  const done = new Set((held.actions ?? []).map(({ id }) => id));
  return actionsOf(CORPORATE_ACTIONS, held.symbol, istDate(held.openedMs), untilMs === null ? FOREVER : istDate(untilMs), done);
}

/** The span of exchange time whose prices mean what a holding's own figures mean: from its last action to its next, exclusive. */
export interface PriceScale {
  readonly fromMs: EpochMs;
  readonly toMs: EpochMs;
}

/** The scale of a holding; everything for one whose shares nothing ever happens to. */
export function scaleOf(held: Held): PriceScale {
  const last = held.actions?.at(-1);
  const next = dueActions(held, null)[0];
  return { fromMs: last === undefined ? 0 : exMsOf(last), toMs: next?.exMs ?? Number.POSITIVE_INFINITY };
}

export const isOnScale = ({ fromMs, toMs }: PriceScale, exchangeMs: EpochMs): boolean => exchangeMs >= fromMs && exchangeMs < toMs;

/**
 * What a price of the holding's symbol, told at `exchangeMs`, is multiplied by to be one of the holding's own scale: before
 * the first trade of an ex-date the last price is yesterday's.
 */
export function toScale(held: Held, exchangeMs: EpochMs): number {
  const older = (held.actions ?? []).filter((action) => exMsOf(action) > exchangeMs && action.kind !== 'merger');
  const newer = dueActions(held, exchangeMs);
  return older.reduce((factor, { priceFactor }) => factor * priceFactor, 1) / newer.reduce((factor, action) => factor * priceFactorOf(action), 1);
}

/** Whether prices of a symbol mean something else at the later instant than at the earlier. */
export function hasActionBetween(symbol: string, evidence: Evidence, fromMs: EpochMs, toMs: EpochMs): boolean {
  return istDayOf(fromMs) < istDayOf(toMs) && dueActions({ symbol, evidence, openedMs: fromMs }, toMs).length > 0;
}

const exMsOf = ({ exDate }: { readonly exDate: string }): EpochMs => istMidnight(dayOfDate(exDate));
