import { instrumentsOf } from '../config/instruments.ts';
import { NSE_CALENDAR } from '../config/nse-calendar.ts';
import type { EpochMs } from '../kernel/time.ts';
import { istDayOf } from '../market/ist.ts';
import type { Evidence, Quote } from '../market/price.ts';
import { tradingDaysSince } from '../market/trading-days.ts';
import { hasActionBetween } from './price-scale.ts';

/** The last price of a symbol that is known of a day in India. */
export interface DayClose {
  readonly price: number;
  /** When it was told, by the exchange's clock. */
  readonly atMs: EpochMs;
  readonly evidence: Evidence;
}

/** Older than so many sessions of the exchange, a close tells nothing of the bands of today. */
const MOST_SESSIONS = 5;
/** Five sessions never lie in more days than this, and days that the calendar does not know have none. */
const MOST_DAYS = 14;

const OF_NSE: ReadonlySet<string> = new Set(instrumentsOf('NSE').map(({ symbol }) => symbol));

/** Whether a symbol's day ends: crypto has no session, and so no close before it. */
export const hasSessions = (symbol: string): boolean => OF_NSE.has(symbol);

/** The close that a quote will have been when its day is over. */
export const closeOf = ({ last, exchangeMs, evidence }: Pick<Quote, 'last' | 'exchangeMs' | 'evidence'>): DayClose => ({
  price: last,
  atMs: exchangeMs,
  evidence,
});

/**
 * The last price of a symbol before the day, in India, of an instant: what its price band is counted from. Null where none is
 * known, where the newest one is older than five sessions, and where a corporate action since has changed what a price means.
 * @param closes  in any order; those of the instant's own day are passed over
 */
export function previousCloseAt(symbol: string, closes: readonly DayClose[], nowMs: EpochMs): number | null {
  if (!hasSessions(symbol)) return null;
  const today = istDayOf(nowMs);
  let newest: DayClose | null = null;
  for (const close of closes) if (istDayOf(close.atMs) < today && (newest === null || close.atMs > newest.atMs)) newest = close;
  if (newest === null || isOutdated(newest.atMs, nowMs)) return null;
  return hasActionBetween(symbol, newest.evidence, newest.atMs, nowMs) ? null : newest.price;
}

function isOutdated(atMs: EpochMs, nowMs: EpochMs): boolean {
  if (istDayOf(nowMs) - istDayOf(atMs) > MOST_DAYS) return true;
  return tradingDaysSince(NSE_CALENDAR, atMs, nowMs, MOST_SESSIONS + 1) > MOST_SESSIONS;
}

/** Closes with one more, oldest first: the newest of each day, and of the two newest days, for the one under way may be over already. */
export function withClose(closes: readonly DayClose[], close: DayClose): readonly DayClose[] {
  const day = istDayOf(close.atMs);
  const isReplaced = ({ atMs }: DayClose): boolean => istDayOf(atMs) === day && atMs <= close.atMs;
  const others = closes.filter((known) => !isReplaced(known));
  if (others.some(({ atMs }) => istDayOf(atMs) === day)) return closes;
  return [...others, close].sort((a, b) => a.atMs - b.atMs).slice(-2);
}
