import { BINANCE_LIMITS } from './binance-endpoints.ts';

export interface StreamChoice {
  readonly trades?: 'trade' | 'aggTrade';
  /** Also the best 20 levels of each book, ten times a second. */
  readonly depth?: boolean;
  /** For long lists: last prices of all symbols of the venue in one stream, once a second, instead of trades and books of each. */
  readonly wide?: boolean;
}

const ALL_MINI_TICKERS = '!miniTicker@arr';

/**
 * The streams of venue symbols (BTCUSDT), one list for each connection that it takes: trades, best bid and ask and 1-minute bars
 * of each symbol. No list is longer than the venue's limit, and the streams of one symbol are in one list, so that its trades and
 * bars come in their order.
 */
export function streamPlan(symbols: readonly string[], choice: StreamChoice = {}): readonly (readonly string[])[] {
  const plan: string[][] = [];
  let list: string[] = choice.wide === true ? [ALL_MINI_TICKERS] : [];
  for (const symbol of symbols) {
    const streams = streamsOf(symbol.toLowerCase(), choice);
    if (list.length + streams.length > BINANCE_LIMITS.streamsPerConnection) {
      plan.push(list);
      list = [];
    }
    list.push(...streams);
  }
  if (list.length > 0) plan.push(list);
  return plan;
}

function streamsOf(symbol: string, { trades = 'trade', depth = false, wide = false }: StreamChoice): readonly string[] {
  const prices = wide ? [] : [`${symbol}@${trades}`, `${symbol}@bookTicker`];
  return [...prices, `${symbol}@kline_1m`, ...(depth ? [`${symbol}@depth20@100ms`] : [])];
}

/** The combined stream of a list below a base URL. */
export const combinedUrl = (base: string, streams: readonly string[]): string => `${base}/stream?streams=${encodeURIComponent(streams.join('/'))}`;

/** How a list of streams is asked for: what fits the URL is named there, the rest is subscribed to when the connection is open. */
export interface StreamRequest {
  readonly inUrl: readonly string[];
  /** One list for each SUBSCRIBE message. */
  readonly subscriptions: readonly (readonly string[])[];
}

/** Assumption: longer request lines are cut or refused on the way. */
const LONGEST_URL = 8_192;
const STREAMS_A_MESSAGE = 200;
/** Room for the longest base URL. */
const LONGEST_BASE = 256;

export function streamRequest(streams: readonly string[]): StreamRequest {
  if (LONGEST_BASE + combinedUrl('', streams).length <= LONGEST_URL) return { inUrl: streams, subscriptions: [] };
  const subscriptions: (readonly string[])[] = [];
  for (let from = STREAMS_A_MESSAGE; from < streams.length; from += STREAMS_A_MESSAGE) {
    subscriptions.push(streams.slice(from, from + STREAMS_A_MESSAGE));
  }
  return { inUrl: streams.slice(0, STREAMS_A_MESSAGE), subscriptions };
}
