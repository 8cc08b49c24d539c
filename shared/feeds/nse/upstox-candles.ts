import * as z from 'zod';
import { UPSTOX } from '../../config/nse-feed.ts';
import type { Clock } from '../../kernel/clock.ts';
import { NightdeskError } from '../../kernel/errors.ts';
import { DAY_MS, type EpochMs, MINUTE_MS } from '../../kernel/time.ts';
import { istDate, istDayOf, istMidnight } from '../../market/ist.ts';
import type { Candle } from '../../market/price.ts';
import { candleFault } from '../bars/candle-fault.ts';
import type { JsonClient } from '../connection/json-client.ts';

class UpstoxCandlesError extends NightdeskError<'bad_answer'> {}

export interface UpstoxCandleQuery {
  /** `NSE_EQ|INE002A01018` */
  readonly key: string;
  readonly minutes: 1 | 15;
  /** Open time of the first candle wanted. */
  readonly fromMs: EpochMs;
  /** Candles that open at or after this instant are not wanted. */
  readonly toMs: EpochMs;
}

interface DaysQuery extends Pick<UpstoxCandleQuery, 'key' | 'fromMs' | 'toMs'> {
  /** The session of the day that is under way has ended: its candle is asked for too. */
  readonly isTodayOver?: boolean;
}

interface Range extends Pick<UpstoxCandleQuery, 'fromMs' | 'toMs'> {
  readonly spanMs: number;
  /** Candles that end by then are closed; now unless given. */
  readonly knownMs?: number;
}

export interface UpstoxCandles {
  /**
   * The closed candles of the range, oldest first; those that cannot be true are left out.
   * @throws JsonClientError @throws UpstoxAccessError @throws UpstoxCandlesError `bad_answer`
   */
  fetchCandles(query: UpstoxCandleQuery): AsyncGenerator<Candle>;
  /**
   * The candles of days that are over, oldest first, each open at midnight in India; at most ten years.
   * @throws JsonClientError @throws UpstoxAccessError @throws UpstoxCandlesError `bad_answer`
   */
  fetchDays(query: DaysQuery): Promise<readonly Candle[]>;
  /** Candles left out so far. */
  refused(): number;
}

/** A row is `[start as ISO time, open, high, low, close, volume, open interest]`; the newest comes first. */
const answerSchema = z.object({
  data: z.object({
    candles: z.array(z.tuple([z.string(), z.number(), z.number(), z.number(), z.number(), z.number()], z.unknown())),
  }),
});

/**
 * A client of the candle history of Upstox, version 3. Days that are over come from the historical service, a month a request;
 * the day in India that is under way comes from the intraday service.
 * @see https://upstox.com/developer/api-documentation/v3/get-historical-candle-data
 * @see https://upstox.com/developer/api-documentation/v3/get-intra-day-candle-data
 */
export function createUpstoxCandles(client: JsonClient, clock: Pick<Clock, 'now'>): UpstoxCandles {
  let refused = 0;

  async function page(path: string, { spanMs, fromMs, toMs, knownMs = clock.now() }: Range): Promise<readonly Candle[]> {
    const answer = answerSchema.safeParse(await client.get(path));
    if (!answer.success) {
      throw new UpstoxCandlesError('bad_answer', `Expected candles of Upstox, received something else: ${z.prettifyError(answer.error)}`, { path });
    }
    const candles = answer.data.data.candles.map(([at, open, high, low, close, volume]) => ({
      openMs: Date.parse(at),
      open,
      high,
      low,
      close,
      volume,
    }));
    // A day begins at midnight in India, which is on the grid of minutes.
    const good = candles.filter((candle) => candleFault(candle, spanMs === DAY_MS ? MINUTE_MS : spanMs) === null);
    refused += candles.length - good.length;
    return good.filter(({ openMs }) => openMs >= fromMs && openMs < toMs && openMs + spanMs <= knownMs).sort((a, b) => a.openMs - b.openMs);
  }

  async function* fetchCandles(query: UpstoxCandleQuery): AsyncGenerator<Candle> {
    const { key, minutes, fromMs, toMs } = query;
    if (fromMs >= toMs) return;
    const name = encodeURIComponent(key);
    const todayMs = istMidnight(istDayOf(clock.now()));
    const pageMs = UPSTOX.daysPerCandleRequest * DAY_MS;
    const range = { spanMs: minutes * MINUTE_MS, fromMs, toMs };
    const pastMs = Math.min(toMs, todayMs);
    for (let startMs = istMidnight(istDayOf(fromMs)); startMs < pastMs; startMs += pageMs) {
      const lastMs = Math.min(startMs + pageMs, pastMs) - 1;
      // Both dates belong to the range.
      yield* await page(`/v3/historical-candle/${name}/minutes/${minutes}/${istDate(lastMs)}/${istDate(startMs)}`, range);
    }
    if (toMs > todayMs) yield* await page(`/v3/historical-candle/intraday/${name}/minutes/${minutes}`, range);
  }

  async function fetchDays({ key, fromMs, toMs, isTodayOver = false }: DaysQuery): Promise<readonly Candle[]> {
    const name = encodeURIComponent(key);
    const startMs = istMidnight(istDayOf(fromMs));
    const todayMs = istMidnight(istDayOf(clock.now()));
    const endMs = Math.min(toMs, todayMs);
    const range = { spanMs: DAY_MS, fromMs: startMs, toMs };
    const past =
      startMs < endMs ? await page(`/v3/historical-candle/${name}/days/1/${istDate(endMs - 1)}/${istDate(startMs)}`, { ...range, toMs: endMs }) : [];
    if (!isTodayOver || toMs <= todayMs) return past;
    const today = await page(`/v3/historical-candle/intraday/${name}/days/1`, { ...range, fromMs: todayMs, knownMs: todayMs + DAY_MS });
    return [...past, ...today];
  }

  return { fetchCandles, fetchDays, refused: () => refused };
}
