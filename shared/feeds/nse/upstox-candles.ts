import * as z from 'zod';
import { UPSTOX } from '../../config/nse-feed.ts';
import type { Clock } from '../../kernel/clock.ts';
import { NightdeskError } from '../../kernel/errors.ts';
import { DAY_MS, type EpochMs, MINUTE_MS } from '../../kernel/time.ts';
import { istDate, istDayOf, istMidnight } from '../../market/ist.ts';
import type { Candle } from '../../market/price.ts';
import { candleFault } from '../bars/candle-fault.ts';
import { createJsonClient } from '../connection/json-client.ts';
import type { UpstoxAccess } from './upstox-access.ts';

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

export interface UpstoxCandles {
  /**
   * The closed candles of the range, oldest first; those that cannot be true are left out.
   * @throws JsonClientError @throws UpstoxAccessError @throws UpstoxCandlesError `bad_answer`
   */
  fetchCandles(query: UpstoxCandleQuery): AsyncGenerator<Candle>;
  /** Candles left out so far. */
  refused(): number;
}

export interface UpstoxCandlesOptions {
  readonly access: UpstoxAccess;
  readonly clock: Clock;
  /** Least time between the starts of two requests, ms. */
  readonly gapMs?: number | undefined;
  readonly fetch?: typeof fetch | undefined;
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
export function createUpstoxCandles({ access, clock, gapMs = UPSTOX.requestGapMs, fetch: request }: UpstoxCandlesOptions): UpstoxCandles {
  const client = createJsonClient({
    urls: access.rest,
    clock,
    headers: () => ({ Accept: 'application/json', Authorization: `Bearer ${access.token()}` }),
    gapMs,
    ...(request === undefined ? {} : { fetch: request }),
  });
  let refused = 0;

  async function page(path: string, { minutes, fromMs, toMs }: UpstoxCandleQuery): Promise<readonly Candle[]> {
    const answer = answerSchema.safeParse(await client.get(path));
    if (!answer.success) {
      throw new UpstoxCandlesError('bad_answer', `Expected candles of Upstox, received something else: ${z.prettifyError(answer.error)}`, { path });
    }
    const spanMs = minutes * MINUTE_MS;
    const candles = answer.data.data.candles.map(([at, open, high, low, close, volume]) => ({
      openMs: Date.parse(at),
      open,
      high,
      low,
      close,
      volume,
    }));
    const good = candles.filter((candle) => candleFault(candle, spanMs) === null);
    refused += candles.length - good.length;
    return good.filter(({ openMs }) => openMs >= fromMs && openMs < toMs && openMs + spanMs <= clock.now()).sort((a, b) => a.openMs - b.openMs);
  }

  async function* fetchCandles(query: UpstoxCandleQuery): AsyncGenerator<Candle> {
    const { key, minutes, fromMs, toMs } = query;
    if (fromMs >= toMs) return;
    const name = encodeURIComponent(key);
    const todayMs = istMidnight(istDayOf(clock.now()));
    const spanMs = UPSTOX.daysPerCandleRequest * DAY_MS;
    const pastMs = Math.min(toMs, todayMs);
    for (let startMs = istMidnight(istDayOf(fromMs)); startMs < pastMs; startMs += spanMs) {
      const lastMs = Math.min(startMs + spanMs, pastMs) - 1;
      // Both dates belong to the range.
      yield* await page(`/v3/historical-candle/${name}/minutes/${minutes}/${istDate(lastMs)}/${istDate(startMs)}`, query);
    }
    if (toMs > todayMs) yield* await page(`/v3/historical-candle/intraday/${name}/minutes/${minutes}`, query);
  }

  return { fetchCandles, refused: () => refused };
}
