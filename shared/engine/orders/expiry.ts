import { NSE_CALENDAR } from '../../config/nse-calendar.ts';
import type { EntryOrder } from '../../contracts/order.ts';
import { DAY_MS, type EpochMs } from '../../kernel/time.ts';
import { tradingDay } from '../../market/calendar.ts';
import type { Instrument } from '../../market/instrument.ts';
import { dateOfDay, istDayOf } from '../../market/ist.ts';
import { groupOf } from '../trading-phase.ts';

/** How far ahead a session is looked for: longer than any run of holidays. */
const LOOK_AHEAD_DAYS = 14;

/**
 * When an order that is good for the day ends. Shares: with the continuous trading of the session that it is for, today's or the
 * next one; auction orders with that day's last price; those of the day only with its square-off, as brokers end them: what they
 * opened later would have to be closed at once. Crypto has no close: its days end at midnight UTC, as Binance's do.
 * Null when the calendar knows no such session.
 */
export function endOfDay(
  instrument: Pick<Instrument, 'symbol' | 'market'>,
  { tradedIn, product }: Pick<EntryOrder, 'tradedIn' | 'product'>,
  nowMs: EpochMs,
): EpochMs | null {
  if (instrument.market === 'CRYPTO') return (Math.floor(nowMs / DAY_MS) + 1) * DAY_MS;
  for (let ahead = 0; ahead <= LOOK_AHEAD_DAYS; ahead++) {
    const day = tradingDay(NSE_CALENDAR, dateOfDay(istDayOf(nowMs) + ahead), groupOf(instrument));
    const closeMs = product === 'intraday' ? day.squareOffMs : day.continuousCloseMs;
    const endMs = tradedIn === 'continuous' ? closeMs : day.lastPriceMs;
    if (endMs !== null && endMs > nowMs) return endMs;
  }
  return null;
}
