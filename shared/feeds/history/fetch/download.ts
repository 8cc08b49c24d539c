import type { Clock } from '../../../kernel/clock.ts';
import { messageOf } from '../../../kernel/errors.ts';
import { rng } from '../../../kernel/rng.ts';
import { MINUTE_MS, SECOND_MS } from '../../../kernel/time.ts';
import { HistoryError } from '../history-error.ts';

/** Fetches whole files, politely. */
export interface Downloader {
  /**
   * The bytes at an address; null when the server says that there is no such file (404).
   * @throws HistoryError `unreachable` after the last try, `refused` when the server does not want this client
   */
  readonly get: (url: string) => Promise<Uint8Array | null>;
}

export interface DownloadOptions {
  readonly clock: Clock;
  readonly fetch?: typeof fetch;
  /** Exchanges turn clients away that do not look like a browser. */
  readonly userAgent?: string;
  /** Least time between the starts of two requests. */
  readonly spacingMs?: number;
  readonly timeoutMs?: number;
  readonly mostTries?: number;
  readonly onRetry?: (url: string, why: string, waitMs: number) => void;
}

const TIMEOUT_MS = 2 * MINUTE_MS;
const MOST_TRIES = 5;
/** Nobody waits long for a network that never answered. */
const MOST_FIRST_TRIES = 3;
const FIRST_WAIT_MS = SECOND_MS;
const LONGEST_WAIT_MS = MINUTE_MS;

/** A failure that a later try may not meet. */
class Passing extends Error {
  readonly retryAfterMs: number | null;
  constructor(message: string, retryAfterMs: number | null, options?: ErrorOptions) {
    super(message, options);
    this.retryAfterMs = retryAfterMs;
  }
}

/** Tries again after 429, 5xx, a broken connection or a body that is cut off: 1, 2, 4 ... seconds, or as long as the server asks, with jitter. */
export function createDownloader(options: DownloadOptions): Downloader {
  const { clock, userAgent, spacingMs = 0, timeoutMs = TIMEOUT_MS, mostTries = MOST_TRIES, onRetry = () => undefined } = options;
  const request = options.fetch ?? fetch;
  let nextStartMs = 0;
  let hasAnswered = false;

  const sleep = (ms: number): Promise<void> => new Promise((resolve) => void clock.at(clock.now() + ms, 'history.wait', resolve));

  async function turn(): Promise<void> {
    const startMs = Math.max(clock.now(), nextStartMs);
    nextStartMs = startMs + spacingMs;
    if (startMs > clock.now()) await sleep(startMs - clock.now());
  }

  async function getOnce(url: string): Promise<Uint8Array | null> {
    const headers = userAgent === undefined ? {} : { 'user-agent': userAgent, accept: '*/*', 'accept-language': 'en-US,en;q=0.9' };
    const response = await request(url, { headers, signal: AbortSignal.timeout(timeoutMs) }).catch((error: unknown) => {
      throw new Passing(`no answer: ${reasonOf(error)}`, null, { cause: error });
    });
    hasAnswered = true;
    const { status } = response;
    if (response.ok) return bodyOf(response);
    await response.body?.cancel();
    if (status === 404) return null;
    if (status === 429 || status >= 500) throw new Passing(`HTTP ${status}`, retryAfterOf(response));
    throw new HistoryError('refused', `${url} refuses this client (HTTP ${status})`, { url, status });
  }

  return {
    async get(url) {
      for (let tries = 1; ; tries++) {
        await turn();
        try {
          return await getOnce(url);
        } catch (error) {
          if (!(error instanceof Passing)) throw error;
          if (tries >= (hasAnswered ? mostTries : Math.min(mostTries, MOST_FIRST_TRIES)))
            throw new HistoryError('unreachable', `${url}: ${error.message}, after ${tries} tries`, { url, tries }, { cause: error });
          const waitMs = error.retryAfterMs ?? waitBefore(tries, url);
          onRetry(url, error.message, waitMs);
          await sleep(waitMs);
        }
      }
    },
  };
}

/** Twice as long after each try, and up to half as long again: many clients that failed together do not come back together. */
const waitBefore = (tries: number, url: string): number => FIRST_WAIT_MS * 2 ** (tries - 1) * (1 + rng('history.retry', url, tries).next() / 2);

async function bodyOf(response: Response): Promise<Uint8Array> {
  const bytes = await response.arrayBuffer().catch((error: unknown) => {
    throw new Passing(`the answer broke off: ${reasonOf(error)}`, null, { cause: error });
  });
  return new Uint8Array(bytes);
}

function retryAfterOf({ headers }: Response): number | null {
  const seconds = Number(headers.get('retry-after') ?? Number.NaN);
  return Number.isFinite(seconds) && seconds >= 0 ? Math.min(seconds * SECOND_MS, LONGEST_WAIT_MS) : null;
}

function reasonOf(error: unknown): string {
  const cause = error instanceof Error && error.cause !== undefined ? ` (${messageOf(error.cause)})` : '';
  return `${messageOf(error)}${cause}`;
}

/** Does the tasks, at most so many at a time, in their order; the first failure ends it, tasks under way are waited for. */
export async function inParallel<Item>(items: readonly Item[], atOnce: number, task: (item: Item) => Promise<void>): Promise<void> {
  let next = 0;
  let failure: { readonly error: unknown } | null = null;
  async function work(): Promise<void> {
    while (failure === null) {
      const item = items[next++];
      if (item === undefined) return;
      try {
        await task(item);
      } catch (error) {
        failure ??= { error };
      }
    }
  }
  await Promise.all(Array.from({ length: Math.max(1, Math.min(atOnce, items.length)) }, work));
  if (failure !== null) throw (failure as { readonly error: unknown }).error;
}
