import type { HttpHandler } from '../../functions/middleware/http-function.ts';
import { API_BASE_PATH } from '../../shared/contracts/routes.ts';
import type { FeedService } from '../../shared/engine/feed-service.ts';

/** What is judged by the price of this moment. */
const JUDGED_BY_PRICE = ['execute-strategy', 'orders', 'positions'].map((first) => `${API_BASE_PATH}/${first}`);

/**
 * Under a virtual clock prices are published with the minute; somebody who asks a strategy, or places an order, in between must not
 * be refused for their age. Asked for by a person only, so that a replay that nobody talks to stays the same to the bit.
 */
export function freshWhenAsked(api: HttpHandler, feed: Pick<FeedService, 'publish'>): HttpHandler {
  return async (event, context) => {
    const isJudged = JUDGED_BY_PRICE.some((path) => event.rawPath === path || event.rawPath.startsWith(`${path}/`));
    if (isJudged && event.requestContext.http.method === 'POST') await feed.publish();
    return api(event, context);
  };
}
