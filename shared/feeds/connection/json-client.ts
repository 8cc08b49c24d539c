import type { Clock } from '../../kernel/clock.ts';
import { messageOf, NightdeskError } from '../../kernel/errors.ts';
import { type EpochMs, HOUR_MS, iso, MINUTE_MS, SECOND_MS } from '../../kernel/time.ts';
import { retryAfterMs as retryAfterOf } from './venue-failure.ts';

/**
 * Why a service did not answer. `retryAfterMs` stands in the context of `rate_limited` and `unauthorized`: until then the
 * client does not ask again, whoever wants to.
 */
export class JsonClientError extends NightdeskError<
  'rate_limited' | 'unauthorized' | 'not_found' | 'bad_request' | 'server_error' | 'unreachable' | 'bad_answer'
> {}

export interface JsonClient {
  /** The answer as parsed JSON. Requests go one after the other. @throws JsonClientError */
  get(path: string): Promise<unknown>;
  /** The first instant at which a request may go out; in the past when one may go now. */
  openFromMs(): EpochMs;
}

export interface JsonClientOptions {
  /** Base URLs in order of preference: one that cannot be reached, or fails, makes way for the next. */
  readonly urls: readonly string[];
  readonly clock: Clock;
  /** Headers of each request, asked for each time: a token may have been renewed. */
  readonly headers: () => Readonly<Record<string, string>>;
  /** Least time between the starts of two requests, ms. */
  readonly gapMs: number;
  /** At most so many requests in any hour; null for no limit of ours. */
  readonly mostPerHour?: number | null;
  readonly fetch?: typeof fetch;
  readonly timeoutMs?: number;
}

const TIMEOUT_MS = 10 * SECOND_MS;
/** A 429 without Retry-After: so long the first time, then twice as long each time up to an hour. */
const FIRST_WAIT_MS = 5 * MINUTE_MS;
/** A refused token is not asked with again for this long: somebody has to renew it. */
const REFUSED_WAIT_MS = 15 * MINUTE_MS;
const SHOWN = 160;

/** A client of a JSON service that keeps its limits and stays away when it is told to. */
export function createJsonClient(options: JsonClientOptions): JsonClient {
  const { urls, clock, headers, gapMs, mostPerHour = null, timeoutMs = TIMEOUT_MS } = options;
  const request = options.fetch ?? fetch;
  let asked: EpochMs[] = [];
  let closed: { readonly untilMs: EpochMs; readonly error: JsonClientError } | null = null;
  let limitedInARow = 0;
  let preferred = 0;
  let last: Promise<unknown> = Promise.resolve();

  const sleep = (ms: number): Promise<void> => new Promise((resolve) => void clock.at(clock.now() + ms, 'json.wait', resolve));

  /** Waits for the gap, and refuses at once what would have to wait longer. */
  async function turn(): Promise<void> {
    if (closed !== null && closed.untilMs > clock.now()) {
      const { code, message, context } = closed.error;
      throw new JsonClientError(code, message, { ...context, retryAfterMs: closed.untilMs - clock.now() }, { cause: closed.error });
    }
    const roomMs = budgetMs();
    if (roomMs > clock.now()) {
      throw new JsonClientError('rate_limited', `${mostPerHour} requests an hour to ${urls[0]} are used up, the next one is due at ${iso(roomMs)}`, {
        retryAfterMs: roomMs - clock.now(),
      });
    }
    const waitMs = (asked.at(-1) ?? 0) + gapMs - clock.now();
    if (waitMs > 0) await sleep(waitMs);
    asked.push(clock.now());
  }

  function budgetMs(): EpochMs {
    asked = asked.filter((atMs) => atMs > clock.now() - HOUR_MS);
    const oldest = mostPerHour === null ? undefined : asked.at(-mostPerHour);
    return oldest === undefined ? 0 : oldest + HOUR_MS;
  }

  async function ask(path: string): Promise<unknown> {
    for (let tries = 1; ; tries++) {
      await turn();
      const url = `${urls[preferred]}${path}`;
      try {
        const answer = await askOnce(url);
        limitedInARow = 0;
        return answer;
      } catch (error) {
        if (!(error instanceof JsonClientError)) throw error;
        if (error.code === 'rate_limited' || error.code === 'unauthorized') stayAway(error);
        const isElsewhere = error.code === 'unreachable' || error.code === 'server_error';
        if (!isElsewhere || tries >= urls.length) throw error;
        preferred = (preferred + 1) % urls.length;
      }
    }
  }

  function stayAway(error: JsonClientError): void {
    closed = { untilMs: clock.now() + Number(error.context.retryAfterMs), error };
  }

  async function askOnce(url: string): Promise<unknown> {
    const response = await request(url, { headers: { ...headers() }, signal: AbortSignal.timeout(timeoutMs) }).catch((error: unknown) => {
      const cause = error instanceof Error && error.cause !== undefined ? `: ${messageOf(error.cause)}` : '';
      throw new JsonClientError('unreachable', `No answer from ${url}: ${messageOf(error)}${cause}`, { url }, { cause: error });
    });
    const body = await response.text().catch((error: unknown) => {
      throw new JsonClientError('unreachable', `The answer of ${url} broke off: ${messageOf(error)}`, { url }, { cause: error });
    });
    if (!response.ok) throw refusal(response, url, body);
    try {
      return JSON.parse(body);
    } catch (error) {
      throw new JsonClientError('bad_answer', `${url} answered with what is not JSON: ${body.slice(0, SHOWN)}`, { url }, { cause: error });
    }
  }

  function refusal({ status, headers: answered }: Response, url: string, body: string): JsonClientError {
    const said = body.slice(0, SHOWN);
    const context = { url, status };
    switch (status) {
      case 429: {
        const told = retryAfterOf(answered.get('retry-after'), clock.now());
        const retryAfterMs = told !== null && told > 0 ? told : Math.min(HOUR_MS, FIRST_WAIT_MS * 2 ** limitedInARow++);
        return new JsonClientError('rate_limited', `${url} asks to wait ${Math.round(retryAfterMs / SECOND_MS)} s (HTTP 429): ${said}`, {
          ...context,
          retryAfterMs,
        });
      }
      case 401:
      case 403:
        return new JsonClientError('unauthorized', `${url} refuses us (HTTP ${status}): ${said}`, { ...context, retryAfterMs: REFUSED_WAIT_MS });
      case 404:
        return new JsonClientError('not_found', `${url} knows nothing of it (HTTP 404): ${said}`, context);
      default:
        return new JsonClientError(status >= 500 ? 'server_error' : 'bad_request', `${url} answered HTTP ${status}: ${said}`, context);
    }
  }

  return {
    get(path) {
      const answer = last.then(() => ask(path));
      last = answer.catch(() => undefined);
      return answer;
    },
    openFromMs: () => Math.max(closed?.untilMs ?? 0, budgetMs()),
  };
}
