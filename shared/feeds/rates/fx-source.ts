import { FX, type FxService } from '../../config/fx.ts';
import type { FeedState } from '../../contracts/market-snapshot.ts';
import type { MarketSource } from '../../engine/market-source.ts';
import type { Cancel, Clock } from '../../kernel/clock.ts';
import { messageOf } from '../../kernel/errors.ts';
import type { Log } from '../../kernel/log.ts';
import { type EpochMs, iso } from '../../kernel/time.ts';
import { rateFactor } from '../../risk/var/book.ts';
import { urlsFromEnvironment } from '../connection/endpoint-urls.ts';
import { createJsonClient, type JsonClient, JsonClientError } from '../connection/json-client.ts';
import { readCursor } from '../replay/price-player.ts';
import { SourceError } from '../source-error.ts';
import { assertFresh, assertNear, assertPlausible, FxError, type FxRate, fxRateSchema, isNear, readFxAnswer, readFxHistory } from './fx-answers.ts';
import { inrRate } from './rates.ts';

export interface FxSourceOptions {
  readonly clock: Clock;
  readonly log: Log;
  /** Base URLs that stand in for those of every service (`fxUrls`); null for the services themselves. */
  readonly urls?: readonly string[] | null;
  readonly fetch?: typeof fetch;
  readonly timeoutMs?: number;
}

const SOURCE = 'fx';

/**
 * Base URLs of `NIGHTDESK_FX_URLS`, comma separated: a mirror that answers the paths of all services; null where it is not set.
 * @throws EndpointError `bad_url`
 */
export const fxUrls = (env: Readonly<Record<string, string | undefined>>): readonly string[] | null =>
  urlsFromEnvironment(env, 'NIGHTDESK_FX_URLS', ['http:', 'https:']);

const dateOf = (ms: EpochMs): string => iso(ms).slice(0, 10);

interface Service {
  readonly name: FxService['name'];
  readonly path: string;
  readonly client: JsonClient;
}

/**
 * Rupees a dollar, a source of no prices: fetched at the start and every few hours from the first service that tells a rate
 * that can be true and is young enough. While none does it is tried again with growing pauses, and the last known rate stands
 * with its age. The cursor is that rate, so it outlives the process.
 */
export function fxSource({ clock, log, urls = null, fetch: request, timeoutMs = FX.timeoutMs }: FxSourceOptions): MarketSource {
  const services = FX.services.map(
    ({ name, url, path }): Service => ({
      name,
      path,
      client: createJsonClient({
        urls: urls ?? [url],
        clock,
        headers: () => ({ 'User-Agent': FX.userAgent, Accept: 'application/json' }),
        gapMs: 0,
        timeoutMs,
        ...(request === undefined ? {} : { fetch: request }),
      }),
    }),
  );
  const refused: Record<string, number> = {};
  let known: FxRate | null = null;
  let accepted = 0;
  let status: FeedState['status'] = 'connecting';
  let sinceMs = clock.now();
  let failures: readonly string[] = [];
  let failedInARow = 0;
  let next: { readonly atMs: EpochMs; readonly cancel: Cancel } | null = null;
  /** Counts starts and stops: what was asked for before one of them is nobody's when it comes. */
  let run = 0;

  const moveTo = (to: FeedState['status']): void => {
    if (status !== to) sinceMs = clock.now();
    status = to;
  };

  /** A service's rate when it is one to trade on. What is too old for that is kept as the last known, where it is the newest. */
  async function ask({ name, path, client }: Service, doubted: FxRate[], isMine: () => boolean): Promise<boolean> {
    const rate = readFxAnswer(name, await client.get(path));
    if (!isMine()) return false;
    assertPlausible(rate, clock.now());
    try {
      assertNear(rate, known, doubted);
    } catch (error) {
      doubted.push(rate);
      throw error;
    }
    if (known === null || rate.asOfMs >= known.asOfMs || !isNear(rate, known)) known = rate;
    assertFresh(rate, clock.now());
    return true;
  }

  async function fetchRate(): Promise<void> {
    const mine = run;
    const faults: string[] = [];
    const doubted: FxRate[] = [];
    for (const service of services) {
      try {
        if (await ask(service, doubted, () => mine === run)) return succeeded();
      } catch (error) {
        faults.push(faultOf(error));
      }
      if (mine !== run) return;
    }
    failed(faults);
  }

  /** Whatever it is, it is a fault of this service at this time: the next one is asked, and all of them again later. */
  function faultOf(error: unknown): string {
    const isForeseen = error instanceof FxError || error instanceof JsonClientError;
    const code = isForeseen ? error.code : 'unexpected';
    const why = messageOf(error);
    refused[code] = (refused[code] ?? 0) + 1;
    log(isForeseen ? 'warn' : 'error', 'fx.refused', { code, why });
    return why;
  }

  function succeeded(): void {
    accepted += 1;
    failedInARow = 0;
    failures = [];
    moveTo('up');
    again(FX.refreshMs);
  }

  function failed(faults: readonly string[]): void {
    failures = faults;
    moveTo('down');
    again(Math.min(FX.retry.longestMs, FX.retry.firstMs * 2 ** failedInARow));
    failedInARow += 1;
  }

  /** Programs start at all times of day, so that their fetches are spread without a jitter. */
  function again(waitMs: number): void {
    const atMs = clock.now() + waitMs;
    next = { atMs, cancel: clock.at(atMs, '7-fx', fetchRate) };
  }

  function detail(): string {
    const rate = known === null ? 'No rate yet' : `${known.usdInr} INR a USD of ${iso(known.asOfMs)} from ${known.source}`;
    const asked = next === null ? '' : `; asked again at ${iso(next.atMs)}`;
    return `${rate}${failures.length === 0 ? '' : `; ${failures.join('; ')}`}${asked}`;
  }

  return {
    name: SOURCE,
    markets: [],
    evidence: 'delayed',
    async start(_sink, cursor) {
      if (next !== null) throw new SourceError('already_started', 'The rates are fetched already');
      run += 1;
      known = readCursor(fxRateSchema, cursor) ?? known;
      moveTo('connecting');
      again(0);
    },
    async stop() {
      run += 1;
      next?.cancel();
      next = null;
    },
    closeMinute: () => [],
    cursor: () => known,
    states: () => [{ source: SOURCE, markets: [], evidence: 'delayed', status, detail: detail(), sinceMs, accepted, refused, reconnects: 0 }],
    rates: () => (known === null ? [] : [inrRate(known.usdInr, known.source, known.asOfMs)]),
    async *minutes() {},
    quarters: async () => new Map(),
    async dailies(fromMs, toMs) {
      const service = services.find(({ name }) => name === FX.history.service);
      const path = FX.history.path.replace('{from}', dateOf(fromMs)).replace('{to}', dateOf(toMs));
      return new Map([[rateFactor('INR'), readFxHistory(await service?.client.get(path), fromMs, toMs)]]);
    },
  };
}
