import * as z from 'zod';
import { decimalSchema } from '../../contracts/terms.ts';
import type { Clock } from '../../kernel/clock.ts';
import type { Decimal } from '../../kernel/decimal.ts';
import { messageOf, NightdeskError } from '../../kernel/errors.ts';
import type { Log } from '../../kernel/log.ts';
import { type EpochMs, iso, MINUTE_MS, minuteOf, SECOND_MS } from '../../kernel/time.ts';
import type { Candle } from '../../market/price.ts';
import { TIMEFRAME_MS, type Timeframe } from '../../market/timeframe.ts';
import { candleFault } from '../bars/candle-fault.ts';
import { refusalOf } from '../connection/venue-failure.ts';
import { decimalText } from '../intake/decimal-text.ts';
import { shown } from '../intake/shown.ts';
import { BINANCE_LIMITS } from './binance-endpoints.ts';

/** `retryAfterMs` stands in the context of `rate_limited` and `banned`: until then the client asks nothing, whoever wants to. */
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
  /**
   * What exchangeInfo says of the symbols now, those that the venue does not know left out.
   * @throws BinanceRestError as for klines; `bad_answer` for rules that cannot be true
   */
  fetchListings(symbols: readonly string[]): Promise<readonly VenueListing[]>;
}

/** A symbol of exchangeInfo: status and the filters PRICE_FILTER, LOT_SIZE and NOTIONAL. */
export interface VenueListing {
  /** The venue's name: BTCUSDT. */
  readonly symbol: string;
  readonly status: string;
  readonly tickSize: Decimal;
  readonly lotStep: Decimal;
  readonly minNotional: Decimal;
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
/** Our clock may run ahead of the venue's by this much: its newest bar is over for sure this long after its end, or when a later one is there. */
const SETTLED_MS = 5 * SECOND_MS;

/**
 * A client of Binance spot's public REST data. Endpoints are tried in order; one that is blocked or unreachable makes way for
 * the next. Keeps within the venue's request weight a minute, by its own count and by the one that answers carry, and stays away
 * altogether while the venue asks it to (429) or has banned it (418): both follow the address, not the endpoint.
 * @see binance-spot-api-docs, rest-api.md
 */
export function createBinanceRest(options: BinanceRestOptions): BinanceRest {
  const { urls, clock, log, timeoutMs = TIMEOUT_MS, longestWaitMs = LONGEST_WAIT_MS } = options;
  const request = options.fetch ?? fetch;
  let used = { minuteMs: minuteOf(clock.now()), weight: 0 };
  let preferred = 0;
  let closed: { readonly untilMs: EpochMs; readonly error: BinanceRestError } | null = null;

  const sleep = (ms: number): Promise<void> => new Promise((resolve) => void clock.at(clock.now() + ms, 'binance.wait', resolve));

  /** Waits while the venue asks to, and for the next minute of its clock when this one's weight is used up. */
  async function spend(weight: number): Promise<void> {
    for (;;) {
      const waitMs = closedForMs() || fullForMs(weight);
      if (waitMs <= 0) break;
      await sleep(waitMs);
    }
    used = { ...used, weight: used.weight + weight };
  }

  /** How long the venue asks to wait from now on. @throws BinanceRestError when that is longer than it is worth */
  function closedForMs(): number {
    const waitMs = (closed?.untilMs ?? 0) - clock.now();
    if (closed === null || waitMs <= 0) return 0;
    const { code, message, context } = closed.error;
    if (code !== 'banned' && waitMs <= longestWaitMs) return waitMs;
    throw new BinanceRestError(code, `Not asked before ${iso(closed.untilMs)}: ${message}`, { ...context, retryAfterMs: waitMs });
  }

  function fullForMs(weight: number): number {
    const minuteMs = minuteOf(clock.now());
    if (used.minuteMs !== minuteMs) used = { minuteMs, weight: 0 };
    return used.weight + weight > BINANCE_LIMITS.weightPerMinute * OWN_SHARE ? minuteMs + MINUTE_MS - clock.now() : 0;
  }

  async function ask(path: string, weight: number): Promise<unknown> {
    const failed = new Set<string>();
    for (let tries = 1; ; tries++) {
      await spend(weight);
      const base = endpointFor(failed);
      try {
        return await askOnce(`${base}${path}`);
      } catch (error) {
        if (!(error instanceof BinanceRestError)) throw error;
        recover(error, tries, base, failed);
      }
    }
  }

  /** Prepares the next try, or throws the error when there is none. */
  function recover(error: BinanceRestError, tries: number, base: string, failed: Set<string>): void {
    switch (error.code) {
      case 'rate_limited':
      case 'banned': {
        const waitMs = Number(error.context.retryAfterMs);
        closed = { untilMs: Math.max(closed?.untilMs ?? 0, clock.now() + waitMs), error };
        if (error.code === 'banned' || tries >= MOST_TRIES || waitMs > longestWaitMs) throw error;
        log('warn', 'binance.rate_limited', { waitMs });
        break;
      }
      case 'bad_request':
      case 'bad_answer':
        throw error;
      default:
        goElsewhere(error, base, failed);
    }
  }

  const endpointFor = (failed: ReadonlySet<string>): string =>
    [urls[preferred], ...urls].find((url) => url !== undefined && !failed.has(url)) ?? (urls[0] as string);

  /** Requests run beside each other: each tries every endpoint once, and only the first that one fails moves the others on. */
  function goElsewhere(error: BinanceRestError, base: string, failed: Set<string>): void {
    failed.add(base);
    if (urls.every((url) => failed.has(url))) throw error;
    if (urls[preferred] === base) preferred = urls.indexOf(endpointFor(failed));
    log('info', 'binance.rest_fallback', { reason: error.code, detail: error.message, next: endpointFor(failed) });
  }

  async function askOnce(url: string): Promise<unknown> {
    const response = await request(url, { signal: AbortSignal.timeout(timeoutMs) }).catch((error: unknown) => {
      const cause = error instanceof Error && error.cause !== undefined ? `: ${messageOf(error.cause)}` : '';
      throw new BinanceRestError('unreachable', `No answer from ${url}: ${messageOf(error)}${cause}`, { url }, { cause: error });
    });
    const told = Number(response.headers.get('x-mbx-used-weight-1m') ?? Number.NaN);
    if (Number.isFinite(told)) used = { ...used, weight: Math.max(used.weight, told) };
    const body = await response.text().catch((error: unknown) => {
      throw new BinanceRestError('unreachable', `The answer of ${url} broke off: ${messageOf(error)}`, { url }, { cause: error });
    });
    if (!response.ok) throw refusal(response, url, body, clock.now());
    try {
      return JSON.parse(body);
    } catch (error) {
      throw new BinanceRestError('bad_answer', `${url} answered with what is not JSON: ${body.slice(0, 120)}`, { url }, { cause: error });
    }
  }

  /** One page: the rows of the venue from an instant on, at most `klinesPerRequest`. */
  async function page({ symbol, interval, toMs }: KlineQuery, fromMs: EpochMs): Promise<readonly unknown[]> {
    const limit = String(BINANCE_LIMITS.klinesPerRequest);
    // One bar more than wanted: it tells that those before it are over.
    const endTime = String(toMs - 1 + TIMEFRAME_MS[interval]);
    const query = new URLSearchParams({ symbol, interval, startTime: String(fromMs), endTime, limit });
    const rows = await ask(`/api/v3/klines?${query}`, BINANCE_LIMITS.klinesWeight);
    if (!Array.isArray(rows)) {
      throw new BinanceRestError('bad_answer', `Expected a list of klines, received ${shown(rows)}`, { symbol });
    }
    return rows;
  }

  /** The closed bars of a page from an instant on; rows that cannot be true are left out and logged. */
  function closedBars(rows: readonly unknown[], { symbol, interval, toMs }: KlineQuery, fromMs: EpochMs): readonly Candle[] {
    const spanMs = TIMEFRAME_MS[interval];
    const newestMs = rows.length === 0 ? 0 : lastOpenMs(rows);
    const isOver = (openMs: EpochMs): boolean => openMs + spanMs <= clock.now() - (openMs < newestMs ? 0 : SETTLED_MS);
    return rows.flatMap((row) => {
      const candle = candleOf(row, spanMs);
      if (candle === null) log('warn', 'binance.kline_refused', { symbol, interval, row: shown(row) });
      return candle === null || candle.openMs < fromMs || candle.openMs >= toMs || !isOver(candle.openMs) ? [] : candle;
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

  async function fetchListings(symbols: readonly string[]): Promise<readonly VenueListing[]> {
    const query = new URLSearchParams({ symbols: JSON.stringify(symbols) });
    try {
      return listingsOf(await ask(`/api/v3/exchangeInfo?${query}`, BINANCE_LIMITS.exchangeInfoWeight));
    } catch (error) {
      // One symbol that the venue does not know fails the request for all.
      if (!(error instanceof BinanceRestError) || error.code !== 'bad_request') throw error;
      if (symbols.length === 1) {
        log('warn', 'binance.symbol_not_listed', { symbol: symbols[0], why: error.message });
        return [];
      }
    }
    const each: VenueListing[] = [];
    for (const symbol of symbols) each.push(...(await fetchListings([symbol])));
    return each;
  }

  return { fetchKlines, fetchListings };
}

const positive = decimalSchema.refine((value) => value > 0n, 'Expected a positive decimal');
const filterSchema = z.union([
  z.object({ filterType: z.literal('PRICE_FILTER'), tickSize: positive }),
  z.object({ filterType: z.literal('LOT_SIZE'), stepSize: positive }),
  // Until 2023 the filter had the other name.
  z.object({ filterType: z.enum(['NOTIONAL', 'MIN_NOTIONAL']), minNotional: positive }),
  z.object({ filterType: z.string().regex(/^(?!PRICE_FILTER$|LOT_SIZE$|NOTIONAL$|MIN_NOTIONAL$)/) }),
]);
const listingSchema = z
  .object({ symbol: z.string(), status: z.string().min(1), filters: z.array(filterSchema) })
  .transform(({ symbol, status, filters }, context): VenueListing => {
    const tickSize = filters.find((filter) => 'tickSize' in filter)?.tickSize;
    const lotStep = filters.find((filter) => 'stepSize' in filter)?.stepSize;
    const minNotional = filters.find((filter) => 'minNotional' in filter)?.minNotional;
    if (tickSize !== undefined && lotStep !== undefined && minNotional !== undefined) return { symbol, status, tickSize, lotStep, minNotional };
    context.addIssue({ code: 'custom', message: `${symbol} lacks one of the filters PRICE_FILTER, LOT_SIZE and NOTIONAL` });
    return z.NEVER;
  });
const exchangeInfoSchema = z.object({ symbols: z.array(listingSchema) });

function listingsOf(answer: unknown): readonly VenueListing[] {
  const read = exchangeInfoSchema.safeParse(answer);
  if (read.success) return read.data.symbols;
  throw new BinanceRestError('bad_answer', `exchangeInfo is not as expected: ${z.prettifyError(read.error)}`, {}, { cause: read.error });
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
  return stamps.reduce((newest, stamp) => Math.max(newest, stamp));
}

function refusal(response: Response, url: string, body: string, nowMs: EpochMs): BinanceRestError {
  const { status } = response;
  const { retryAfterMs } = refusalOf({ status, text: response.statusText, retryAfter: response.headers.get('retry-after') }, nowMs);
  const context = { url, status, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) };
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
