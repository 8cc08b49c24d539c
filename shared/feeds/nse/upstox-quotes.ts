import * as z from 'zod';
import { UPSTOX } from '../../config/nse-feed.ts';
import { NightdeskError } from '../../kernel/errors.ts';
import type { EpochMs } from '../../kernel/time.ts';
import type { JsonClient } from '../connection/json-client.ts';

class UpstoxQuotesError extends NightdeskError<'bad_answer'> {}

/** What Upstox tells of one instrument: its last price and the touch; null for what nobody offers or has traded. */
export interface UpstoxQuote {
  readonly last: number | null;
  readonly bid: number | null;
  readonly ask: number | null;
  /** Units of the underlying. */
  readonly bidSize: number | null;
  readonly askSize: number | null;
  readonly receivedMs: EpochMs;
}

export interface UpstoxQuotes {
  /**
   * The quotes of these keys, by key: those that cannot be true, and those the venue says nothing of, are left out.
   * @throws JsonClientError @throws UpstoxQuotesError `bad_answer` @throws UpstoxAccessError
   */
  fetch(keys: readonly string[]): Promise<ReadonlyMap<string, UpstoxQuote>>;
  /** Quotes left out so far, by reason. */
  refused(): Readonly<Record<string, number>>;
}

const level = z.object({ price: z.number().nonnegative(), quantity: z.number().nonnegative() });
const quoteSchema = z.object({
  instrument_token: z.string().min(1),
  last_price: z.number().nonnegative().nullish(),
  depth: z.object({ buy: z.array(level), sell: z.array(level) }).nullish(),
});
const answerSchema = z.object({ data: z.record(z.string(), z.unknown()) });

/**
 * A client of the full market quotes of Upstox: pictures of many instruments at once, as they are when they are asked for.
 * @see https://upstox.com/developer/api-documentation/get-full-market-quote
 */
export function createUpstoxQuotes(client: JsonClient, now: () => EpochMs): UpstoxQuotes {
  const refused: Record<string, number> = {};
  const refuse = (reason: string): null => {
    refused[reason] = (refused[reason] ?? 0) + 1;
    return null;
  };

  function read(row: unknown, receivedMs: EpochMs): readonly [string, UpstoxQuote] | null {
    const told = quoteSchema.safeParse(row);
    if (!told.success) return refuse('bad_quote');
    const { instrument_token: key, last_price, depth } = told.data;
    const [bid, ask] = [touch(depth?.buy[0]), touch(depth?.sell[0])];
    if (bid !== null && ask !== null && bid.price >= ask.price) return refuse('crossed');
    const last = last_price == null || last_price === 0 ? null : last_price;
    return [
      key,
      {
        last,
        bid: bid?.price ?? null,
        ask: ask?.price ?? null,
        bidSize: bid?.quantity ?? null,
        askSize: ask?.quantity ?? null,
        receivedMs,
      },
    ];
  }

  async function page(keys: readonly string[]): Promise<readonly (readonly [string, UpstoxQuote])[]> {
    const answer = answerSchema.safeParse(await client.get(`/v2/market-quote/quotes?instrument_key=${keys.map(encodeURIComponent).join(',')}`));
    if (!answer.success) {
      throw new UpstoxQuotesError('bad_answer', `Expected quotes of Upstox, received something else: ${z.prettifyError(answer.error)}`, {
        keys: keys.length,
      });
    }
    const receivedMs = now();
    const asked = new Set(keys);
    const told = Object.values(answer.data.data).flatMap((row) => {
      const quote = read(row, receivedMs);
      return quote === null ? [] : [quote];
    });
    return told.filter(([key]) => asked.has(key) || refuse('not_asked_for') !== null);
  }

  return {
    async fetch(keys) {
      const found = new Map<string, UpstoxQuote>();
      for (let from = 0; from < keys.length; from += UPSTOX.contracts.quotesPerRequest) {
        for (const [key, quote] of await page(keys.slice(from, from + UPSTOX.contracts.quotesPerRequest))) found.set(key, quote);
      }
      return found;
    },
    refused: () => ({ ...refused }),
  };
}

/** A level at which somebody offers something: the venue fills up its five with zeros. */
const touch = (best: z.infer<typeof level> | undefined): z.infer<typeof level> | null =>
  best === undefined || best.price === 0 || best.quantity === 0 ? null : best;
