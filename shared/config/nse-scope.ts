/** Where prices of NSE come from in the live world. */
export const NSE_FEEDS = ['simulated', 'upstox', 'yahoo'] as const;
export type NseFeed = (typeof NSE_FEEDS)[number];

const LIVE = 'live';

/**
 * The scope of the live world with this source of NSE prices. Each source has a scope of its own, so that charts and
 * sessions never join made-up prices to real ones; the simulated market, which was first, has the plain name.
 */
export const liveScope = (feed: NseFeed): string => (feed === 'simulated' ? LIVE : `${LIVE}:${feed}`);

/** The source of NSE prices that a scope names; null for a scope that is not of the live world. */
export const nseFeedOf = (scope: string): NseFeed | null => NSE_FEEDS.find((feed) => liveScope(feed) === scope) ?? null;

/** Whether NSE prices of a scope are made up: in the simulated world, and beside live crypto without a source. */
export const isNseSimulated = (scope: string): boolean => scope.startsWith('simulated') || nseFeedOf(scope) === 'simulated';
