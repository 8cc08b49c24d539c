import type { Clock } from '../kernel/clock.ts';
import { messageOf, NightdeskError } from '../kernel/errors.ts';
import type { Log } from '../kernel/log.ts';
import { type EpochMs, MINUTE_MS, minuteOf, SECOND_MS } from '../kernel/time.ts';
import type { Candle } from '../market/price.ts';
import { TIMEFRAME_MS, type Timeframe } from '../market/timeframe.ts';
import { BINANCE_LIMITS } from './binance-endpoints.ts';
import { candleFault } from './candle-fault.ts';
import { decimalText } from './decimal-text.ts';

/** `retryAfterMs` stands in the context of `rate_limited` and `banned`. */
class BinanceRestError extends NightdeskError<
  'rate_limited' | 'banned' | 'geo_blocked' | 'forbidden' | 'bad_request' | 'server_error' | 'unreachable' | 'bad_answer'
> {}

export interface KlineQuery {
  /** The venue's name: BTCUSDT. */
  readonly symbol: string;
  readonly interval: Timeframe;
  /** Open time of the first bar wanted. */
  readonly fromMs: EpochMs;
  /** Bars that open at or after this instant are not wanted. */
  readonly toMs: EpochMs;
}

export interface BinanceRest {
  /**
   * The closed bars of the range, oldest first, page after page; a bar that has not ended yet is left out.
   * @throws BinanceRestError when no endpoint answers, or the venue refuses for longer than it is worth to wait
   */
  fetchKlines(query: KlineQuery): AsyncGenerator<Candle>;
}

export interface BinanceRestOptions {
  readonly urls: readonly string[];
  readonly clock: Clock;
  readonly log: Log;
  readonly fetch?: typeof fetch;
  readonly timeoutMs?: number;
  /** A Retry-After longer than this is an error instead of a wait. */
  readonly longestWaitMs?: number;
}

const TIMEOUT_MS = 10 * SECOND_MS;
const LONGEST_WAIT_MS = 2 * MINUTE_MS;
/** The venue's own count may include requests of others behind the same address: a fifth is left to them. */
const OWN_SHARE = 0.8;
const MOST_TRIES = 5;
const UNKNOWN_WAIT_MS = MINUTE_MS;

/**
 * A client of Binance spot's public REST data. Endpoints are tried in order; one that is blocked or unreachable makes way for
 * the next. Keeps within the venue's request weight a minute, by its own count and by the one that answers carry.
 * @see binance-spot-api-docs, rest-api.md
 */
export function createBinanceRest(options: BinanceRestOptions): BinanceRest {
  const { urls, clock, log, timeoutMs = TIMEOUT_MS, longestWaitMs = LONGEST_WAIT_MS } = options;
  const request = options.fetch ?? fetch;
  let used = { minuteMs: minuteOf(clock.now()), weight: 0 };
  let preferred = 0;

  const sleep = (ms: number): Promise<void> => new Promise((resolve) => void clock.at(clock.now() + ms, 'binance.wait', resolve));

  /** Waits for the next minute of the venue's clock when this one's weight is used up. */
  async function spend(weight: number): Promise<void> {
    const minuteMs = minuteOf(clock.now());
    if (used.minuteMs !== minuteMs) used = { minuteMs, weight: 0 };
    if (used.weight + weight > BINANCE_LIMITS.weightPerMinute * OWN_SHARE) {
      await sleep(minuteMs + MINUTE_MS - clock.now());
      used = { minuteMs: minuteOf(clock.now()), weight: 0 };
    }
    used = { ...used, weight: used.weight + weight };
  }

  async function ask(path: string, weight: number): Promise<unknown> {
    for (let tries = 1; ; tries++) {
      await spend(weight);
      try {
        return await askOnce(path);
      } catch (error) {
        if (!(error instanceof BinanceRestError)) throw error;
        await recover(error, tries);
      }
    }
  }

  /** Prepares the next try, or throws the error when there is none. */
  async function recover(error: BinanceRestError, tries: number): Promise<void> {
    if (error.code === 'rate_limited') {
      const waitMs = Number(error.context.retryAfterMs);
      if (tries >= MOST_TRIES || waitMs > longestWaitMs) throw error;
      log('warn', 'binance.rate_limited', { waitMs });
      await sleep(waitMs);
      return;
    }
    // A ban follows the address, not the endpoint: asking elsewhere would lengthen it.
    if (error.code === 'banned' || error.code === 'bad_request' || error.code === 'bad_answer' || tries >= urls.length) throw error;
    preferred = (preferred + 1) % urls.length;
    log('warn', 'binance.rest_fallback', { reason: error.code, detail: error.message, next: urls[preferred] });
  }

  async function askOnce(path: string): Promise<unknown> {
    const url = `${urls[preferred]}${path}`;
    const response = await request(url, { signal: AbortSignal.timeout(timeoutMs) }).catch((error: unknown) => {
      const cause = error instanceof Error && error.cause !== undefined ? `: ${messageOf(error.cause)}` : '';
      throw new BinanceRestError('unreachable', `No answer from ${url}: ${messageOf(error)}${cause}`, { url }, { cause: error });
    });
    const told = Number(response.headers.get('x-mbx-used-weight-1m') ?? Number.NaN);
    if (Number.isFinite(told)) used = { ...used, weight: Math.max(used.weight, told) };
    const body = await response.text().catch((error: unknown) => {
      throw new BinanceRestError('unreachable', `The answer of ${url} broke off: ${messageOf(error)}`, { url }, { cause: error });
    });
    if (!response.ok) throw refusal(response, url, body);
    try {
      return JSON.parse(body);
    } catch (error) {
      throw new BinanceRestError('bad_answer', `${url} answered with what is not JSON: ${body.slice(0, 120)}`, { url }, { cause: error });
    }
  }

  /** One page: the rows of the venue from an instant on, at most `klinesPerRequest`. */
  async function page({ symbol, interval, toMs }: KlineQuery, fromMs: EpochMs): Promise<readonly unknown[]> {
    const limit = String(BINANCE_LIMITS.klinesPerRequest);
    const query = new URLSearchParams({ symbol, interval, startTime: String(fromMs), endTime: String(toMs - 1), limit });
    const rows = await ask(`/api/v3/klines?${query}`, BINANCE_LIMITS.klinesWeight);
    if (!Array.isArray(rows)) {
      throw new BinanceRestError('bad_answer', `Expected a list of klines, received ${JSON.stringify(rows).slice(0, 120)}`, { symbol });
    }
    return rows;
  }

  /** The closed bars of a page from an instant on; rows that cannot be true are left out and logged. */
  function closedBars(rows: readonly unknown[], { symbol, interval, toMs }: KlineQuery, fromMs: EpochMs): readonly Candle[] {
    const spanMs = TIMEFRAME_MS[interval];
    return rows.flatMap((row) => {
      const candle = candleOf(row, spanMs);
      if (candle === null) log('warn', 'binance.kline_refused', { symbol, interval, row });
      return candle === null || candle.openMs < fromMs || candle.openMs >= toMs || candle.openMs + spanMs > clock.now() ? [] : candle;
    });
  }

  async function* fetchKlines(query: KlineQuery): AsyncGenerator<Candle> {
    const spanMs = TIMEFRAME_MS[query.interval];
    let nextMs = Math.ceil(query.fromMs / spanMs) * spanMs;
    while (nextMs < query.toMs) {
      const rows = await page(query, nextMs);
      yield* closedBars(rows, query, nextMs);
      if (rows.length < BINANCE_LIMITS.klinesPerRequest) return;
      const endMs = lastOpenMs(rows) + spanMs;
      if (endMs <= nextMs)
        throw new BinanceRestError('bad_answer', `Asked for klines from ${nextMs}, received a page that ends at ${endMs}`, { ...query });
      nextMs = endMs;
    }
  }

  return { fetchKlines };
}

/** A kline row of the venue, or null where it cannot be true. */
function candleOf(row: unknown, spanMs: number): Candle | null {
  if (!Array.isArray(row) || typeof row[0] !== 'number') return null;
  const [openMs, open, high, low, close, volume] = row;
  const candle = {
    openMs,
    open: decimalText(open),
    high: decimalText(high),
    low: decimalText(low),
    close: decimalText(close),
    volume: decimalText(volume),
  };
  return candleFault(candle, spanMs) === null ? candle : null;
}

/** Where the next page begins, even when the last rows of this one were refused. */
function lastOpenMs(rows: readonly unknown[]): EpochMs {
  const stamps = rows.map((row) => (Array.isArray(row) ? row[0] : null)).filter((stamp) => Number.isSafeInteger(stamp));
  if (stamps.length === 0) throw new BinanceRestError('bad_answer', `A page of ${rows.length} klines without one open time`, { rows: rows.length });
  return Math.max(...stamps);
}

function refusal(response: Response, url: string, body: string): BinanceRestError {
  const { status } = response;
  const told = Number(response.headers.get('retry-after') ?? Number.NaN);
  const retryAfterMs = Number.isFinite(told) && told >= 0 ? told * SECOND_MS : UNKNOWN_WAIT_MS;
  const context = { url, status, retryAfterMs };
  const said = body.slice(0, 160);
  switch (status) {
    case 429:
      return new BinanceRestError('rate_limited', `${url} asks to wait ${retryAfterMs} ms (HTTP 429): ${said}`, context);
    case 418:
      return new BinanceRestError('banned', `This address is banned from ${url} for ${retryAfterMs} ms (HTTP 418): ${said}`, context);
    case 451:
      return new BinanceRestError('geo_blocked', `${url} does not serve this region (HTTP 451): ${said}`, context);
    case 403:
      return new BinanceRestError('forbidden', `${url} refuses this client (HTTP 403, the web firewall): ${said}`, context);
    default:
      return new BinanceRestError(status >= 500 ? 'server_error' : 'bad_request', `${url} answered HTTP ${status}: ${said}`, context);
  }
}
