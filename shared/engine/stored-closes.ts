import { NSE_CALENDAR } from '../config/nse-calendar.ts';
import { DAY_MS, type EpochMs, HOUR_MS } from '../kernel/time.ts';
import { type SessionDay, tradingDay } from '../market/calendar.ts';
import { dateOfDay, istDayOf } from '../market/ist.ts';
import type { Evidence } from '../market/price.ts';
import type { StoredHistory } from './adjusted-history.ts';
import { dayOf } from './history-packs.ts';
import type { MarketStore } from './ports.ts';
import { type DayClose, hasSessions } from './previous-close.ts';

/** Holidays in a row are fewer. */
const MOST_DAYS_BACK = 14;

/**
 * Closes of the last session of NSE before the day of an instant, and of the day's own when it is over, from stored history: what a feed
 * that starts anew has not seen itself. A symbol of which nothing is stored is left out.
 * @param evidence  of the source of NSE's prices: packed candles do not tell it
 */
export async function storedCloses(
  market: Pick<MarketStore, 'bars' | 'dayCandles'>,
  scope: string,
  nowMs: EpochMs,
  evidence: Evidence,
): Promise<readonly (readonly [symbol: string, close: DayClose])[]> {
  const closes = await Promise.all(
    endedSessions(nowMs).map(async (session) => {
      const { lastHour, day } = spansOf(session);
      const [bars, days] = await Promise.all([market.bars(scope, lastHour.fromMs, lastHour.toMs), market.dayCandles(scope, day.fromMs, day.toMs)]);
      return closesOf({ bars, days }, evidence);
    }),
  );
  return closes.flatMap((ofSession) => [...ofSession]);
}

/** The same from history that is at hand. */
export function closesIn(history: StoredHistory, nowMs: EpochMs, evidence: Evidence): readonly (readonly [symbol: string, close: DayClose])[] {
  return endedSessions(nowMs).flatMap((session) => {
    const { lastHour, day } = spansOf(session);
    return [...closesOf({ bars: within(history.bars, lastHour), days: within(history.days, day) }, evidence)];
  });
}

interface Span {
  readonly fromMs: EpochMs;
  readonly toMs: EpochMs;
}

function within<C extends { readonly openMs: EpochMs }>(
  known: ReadonlyMap<string, readonly C[]>,
  { fromMs, toMs }: Span,
): ReadonlyMap<string, readonly C[]> {
  return new Map([...known].map(([symbol, candles]) => [symbol, candles.filter(({ openMs }) => openMs >= fromMs && openMs < toMs)]));
}

const spansOf = ({ openMs, lastPriceMs }: SessionDay): { readonly lastHour: Span; readonly day: Span } => ({
  lastHour: { fromMs: lastPriceMs - HOUR_MS, toMs: lastPriceMs },
  day: { fromMs: dayOf(openMs), toMs: dayOf(openMs) + DAY_MS },
});

/** The last session before the day, and the day's own when its last price is set. */
function endedSessions(nowMs: EpochMs): readonly SessionDay[] {
  const today = istDayOf(nowMs);
  const sessionOn = (day: number): readonly SessionDay[] => {
    const known = tradingDay(NSE_CALENDAR, dateOfDay(day));
    return known.kind === 'session' && known.lastPriceMs <= nowMs ? [known] : [];
  };
  for (let day = today - 1; day >= today - MOST_DAYS_BACK; day--) {
    const [before] = sessionOn(day);
    if (before !== undefined) return [before, ...sessionOn(today)];
  }
  return sessionOn(today);
}

/** From the packed candles of the session's day, and for symbols that they lack from the minutes of its last hour. */
function closesOf({ bars: lastHour, days }: StoredHistory, evidence: Evidence): ReadonlyMap<string, DayClose> {
  const closes = new Map<string, DayClose>();
  for (const [symbol, bars] of lastHour) {
    const last = bars.findLast(({ origin }) => origin !== 'missing');
    if (last !== undefined && hasSessions(symbol)) closes.set(symbol, { price: last.close, atMs: last.openMs, evidence: last.evidence });
  }
  for (const [symbol, candles] of days) {
    const last = candles.at(-1);
    if (last !== undefined && hasSessions(symbol)) closes.set(symbol, { price: last.close, atMs: last.openMs, evidence });
  }
  return closes;
}
