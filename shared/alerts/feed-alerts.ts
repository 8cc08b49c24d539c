import type { AlertRules } from '../config/alerts.ts';
import type { Alert, WatchState } from '../contracts/alert.ts';
import type { FeedState, SnapshotQuote } from '../contracts/market-snapshot.ts';
import { type EpochMs, SECOND_MS } from '../kernel/time.ts';
import { labelled, type ToldAccount } from './told-account.ts';

type FeedWatch = WatchState['feeds'][string];

const UNKNOWN: FeedWatch = { told: 0, awaySinceMs: null, isTold: false };

/** Alerts, and what is to be remembered until the next look. */
export interface Watched<State> {
  readonly alerts: readonly Alert[];
  readonly state: State;
}

/**
 * Feeds that positions are traded on and that are not up: told when one has been away for a while, and when one that was told of
 * is back. One that tries to connect again and again is away all the time.
 */
export function feedAlerts(
  account: ToldAccount,
  feeds: readonly FeedState[],
  before: WatchState['feeds'],
  { nowMs, feedAwayMs }: { readonly nowMs: EpochMs } & Pick<AlertRules, 'feedAwayMs'>,
): Watched<WatchState['feeds']> {
  const alerts: Alert[] = [];
  const state: Record<string, FeedWatch> = { ...before };
  for (const feed of feeds.filter(({ markets }) => markets.length > 0)) {
    const known = before[feed.source] ?? UNKNOWN;
    const isAway = feed.status === 'down' || feed.status === 'connecting';
    if (!isAway) {
      if (known.isTold) alerts.push(backAlert(account, feed, known, nowMs));
      if (known.awaySinceMs !== null) state[feed.source] = { told: known.told, awaySinceMs: null, isTold: false };
      continue;
    }
    const awaySinceMs = known.awaySinceMs ?? Math.min(feed.sinceMs, nowMs);
    const isDue = !known.isTold && nowMs - awaySinceMs >= feedAwayMs;
    state[feed.source] = { told: known.told + (isDue ? 1 : 0), awaySinceMs, isTold: known.isTold || isDue };
    if (isDue) alerts.push(awayAlert(account, feed, { ...known, awaySinceMs }, nowMs));
  }
  return { alerts, state };
}

function awayAlert(account: ToldAccount, { source, markets, detail }: FeedState, { told, awaySinceMs }: FeedWatch, nowMs: EpochMs): Alert {
  const seconds = Math.round((nowMs - (awaySinceMs ?? nowMs)) / SECOND_MS);
  return labelled(account, {
    id: `feed-down:${account.sessionId}:${source}:${told + 1}`,
    kind: 'feed-down',
    severity: 'critical',
    atMs: nowMs,
    symbol: null,
    title: `Feed ${source} is down`,
    text: `No prices of ${markets.join(' and ')} for ${seconds} s (${detail}): nothing is opened on them, and exits wait`,
    facts: { source, awaySeconds: seconds },
  });
}

function backAlert(account: ToldAccount, { source }: FeedState, { told, awaySinceMs }: FeedWatch, nowMs: EpochMs): Alert {
  const seconds = Math.round((nowMs - (awaySinceMs ?? nowMs)) / SECOND_MS);
  return labelled(account, {
    id: `feed-back:${account.sessionId}:${source}:${told}`,
    kind: 'feed-back',
    severity: 'info',
    atMs: nowMs,
    symbol: null,
    title: `Feed ${source} is back`,
    text: `It was away for ${seconds} s`,
    facts: { source, awaySeconds: seconds },
  });
}

/** Prices that other venues contradict, each divergence once: the check itself says when one began and when it is over. */
export function divergedAlerts(account: ToldAccount, quotes: readonly SnapshotQuote[], nowMs: EpochMs): readonly Alert[] {
  return quotes.flatMap(({ symbol, check }) => {
    if (check?.state !== 'diverged') return [];
    const { spreadBps, against, sinceMs } = check;
    return labelled(account, {
      id: `feed-diverged:${account.sessionId}:${symbol}:${sinceMs}`,
      kind: 'feed-diverged',
      severity: 'warning',
      atMs: nowMs,
      symbol,
      title: `${symbol}: other venues tell another price`,
      text: `${spreadBps} bps from ${against.join(' and ')}: nothing is opened on it, and exits fill and are flagged`,
      facts: { spreadBps, against: against.join(',') },
    });
  });
}
