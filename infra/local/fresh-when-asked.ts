import type { HttpHandler } from '../../functions/middleware/http-function.ts';
import { API_BASE_PATH } from '../../shared/contracts/routes.ts';
import type { FeedService } from '../../shared/engine/feed-service.ts';
import { SECOND_MS } from '../../shared/kernel/time.ts';

/** What is judged by the price of this moment. */
const JUDGED_BY_PRICE = ['execute-strategy', 'orders', 'positions'].map((first) => `${API_BASE_PATH}/${first}`);

/**
 * The feed repeats what the store does not take until it is taken, which may be long: a request is not for that to wait for. It goes
 * on with the prices that are stored, and is told so where they are too old for it. Longer than a publication takes on a busy
 * machine.
 */
const MOST_WAIT_MS = SECOND_MS;

/**
 * Under a virtual clock prices are published with the minute; somebody who asks a strategy, or places an order, in between must not
 * be refused for their age. Asked for by a person only, so that a replay that nobody talks to stays the same to the bit.
 */
export function freshWhenAsked(api: HttpHandler, feed: Pick<FeedService, 'publish'>): HttpHandler {
  return async (event, context) => {
    const isJudged = JUDGED_BY_PRICE.some((path) => event.rawPath === path || event.rawPath.startsWith(`${path}/`));
    if (isJudged && event.requestContext.http.method === 'POST') await atMost(MOST_WAIT_MS, feed.publish());
    return api(event, context);
  };
}

/** Waits for something, but no longer than so; it goes on by itself. */
async function atMost(ms: number, something: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const over = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  await Promise.race([something, over]).finally(() => clearTimeout(timer));
}
