import * as z from 'zod';
import { NightdeskError } from '../../kernel/errors.ts';
import type { JsonClient } from '../connection/json-client.ts';

class UpstoxDaysError extends NightdeskError<'bad_answer'> {}

/** The close of a trading day in India. */
export interface DayClose {
  readonly date: string;
  readonly close: number;
}

export interface UpstoxDays {
  /**
   * The closes of the trading days `from` to `to`, `YYYY-MM-DD`, both included, oldest first. The day that is `today` comes from the intraday service.
   * @throws JsonClientError @throws UpstoxDaysError `bad_answer`
   */
  closes(key: string, from: string, to: string, today: string): Promise<readonly DayClose[]>;
}

/** A row is `[start as ISO time in India, open, high, low, close, volume, open interest]`. */
const answerSchema = z.object({
  data: z.object({ candles: z.array(z.tuple([z.string(), z.number(), z.number(), z.number(), z.number().positive()], z.unknown())) }),
});

/**
 * Daily closes from the candle history of Upstox, version 3: of a share its price of the closing auction, of an index its closing value.
 * @see https://upstox.com/developer/api-documentation/v3/get-historical-candle-data
 * @see https://upstox.com/developer/api-documentation/v3/get-intra-day-candle-data
 */
export function createUpstoxDays(client: JsonClient): UpstoxDays {
  async function page(path: string): Promise<readonly DayClose[]> {
    const answer = answerSchema.safeParse(await client.get(path));
    if (!answer.success) {
      throw new UpstoxDaysError('bad_answer', `Expected daily candles of Upstox, received something else: ${z.prettifyError(answer.error)}`, {
        path,
      });
    }
    return answer.data.data.candles.map(([at, , , , close]) => ({ date: at.slice(0, 10), close }));
  }

  return {
    async closes(key, from, to, today) {
      const name = encodeURIComponent(key);
      const past = await page(`/v3/historical-candle/${name}/days/1/${to}/${from}`);
      const now = to === today ? await page(`/v3/historical-candle/intraday/${name}/days/1`) : [];
      const byDate = new Map([...past, ...now].map((day) => [day.date, day]));
      return [...byDate.values()].filter(({ date }) => date >= from && date <= to).sort((a, b) => (a.date < b.date ? -1 : 1));
    },
  };
}
