import type { FeedState, MarketSnapshot } from '../../contracts/market-snapshot.ts';
import type { Component } from '../../contracts/v8/status.ts';
import { type EpochMs, SECOND_MS } from '../../kernel/time.ts';
import { ageAt } from './instants.ts';

/** A feed publishes at least once a minute, a replay too; one and a half without a word is silence. */
const FEED_SILENT_MS = 90 * SECOND_MS;

/** The feeds as they stand now: one that says it is up and has published nothing for too long is down. */
export function feedsNow(snapshot: MarketSnapshot | null, nowMs: EpochMs): readonly FeedState[] {
  if (snapshot === null) return [];
  const silentMs = ageAt(nowMs, snapshot.atMs);
  if (silentMs <= FEED_SILENT_MS) return snapshot.feeds;
  return snapshot.feeds.map((feed) => {
    if (feed.status !== 'up' && feed.status !== 'connecting') return feed;
    const detail = `Nothing published for ${Math.round(silentMs / SECOND_MS)} s; last known: ${feed.status}, ${feed.detail}`;
    return { ...feed, status: 'down', detail, sinceMs: snapshot.atMs };
  });
}

/** All feeds in one word: the worst of them. One that nothing is traded on may be away while another trades. */
export function feedComponent(feeds: readonly FeedState[], scope: string): Component {
  if (feeds.length === 0) return { status: 'waiting', detail: `No feed has published prices of ${scope} yet` };
  const traded = feeds.filter(({ markets }) => markets.length > 0);
  const worst = traded.find(({ status }) => status === 'down') ?? traded.find(({ status }) => status !== 'up');
  if (worst === undefined) return { status: 'up', detail: feeds.map(({ source }) => source).join(', ') };
  return { status: worst.status === 'down' ? 'down' : 'waiting', detail: `${worst.source}: ${worst.status}, ${worst.detail}` };
}
