import { describe, expect, it } from 'vitest';
import { divergedAlerts, feedAlerts } from '../../../shared/alerts/feed-alerts.ts';
import type { Alert, WatchState } from '../../../shared/contracts/alert.ts';
import type { FeedState } from '../../../shared/contracts/market-snapshot.ts';
import { quoteOf, snapshotAt } from '../../support/api-fixture.ts';
import { checkOf, startedAccount } from '../../support/engine-fixtures.ts';
import { START_MS } from '../../support/ledger-fixtures.ts';

const account = startedAccount();
const [UP] = snapshotAt(START_MS).feeds as [FeedState];
const second = (count: number): number => START_MS + count * 1_000;

/** Looks at one feed after the other; each look is a second of time and a state. */
function watched(...looks: readonly (readonly [atSecond: number, feed: Partial<FeedState>])[]): {
  readonly alerts: readonly Alert[];
  readonly state: WatchState['feeds'];
} {
  let state: WatchState['feeds'] = {};
  const alerts: Alert[] = [];
  for (const [at, feed] of looks) {
    const found = feedAlerts(account, [{ ...UP, source: 'binance', ...feed }], state, { nowMs: second(at), feedAwayMs: 60_000 });
    alerts.push(...found.alerts);
    state = found.state;
  }
  return { alerts, state };
}
const down = (sinceSecond: number): Partial<FeedState> => ({ status: 'down', detail: 'socket closed', sinceMs: second(sinceSecond) });

describe('a feed that positions are traded on', () => {
  it('is told of when it has been away for a minute, once, and when it is back', () => {
    const { alerts } = watched([0, {}], [30, down(10)], [69, down(10)], [70, down(10)], [130, down(10)], [190, {}], [250, {}]);
    expect(alerts.map(({ kind, severity, title }) => [kind, severity, title])).toEqual([
      ['feed-down', 'critical', 'Feed binance is down'],
      ['feed-back', 'info', 'Feed binance is back'],
    ]);
    expect(alerts[0]?.text).toBe('No prices of CRYPTO and NSE for 60 s (socket closed): nothing is opened on them, and exits wait');
    expect(alerts[1]?.text).toBe('It was away for 180 s');
  });

  it('is not told of for a short break', () => {
    expect(watched([0, {}], [10, down(5)], [55, down(5)], [64, {}], [120, {}]).alerts).toEqual([]);
  });

  it('is away all the time while it tries to connect again and again', () => {
    const { alerts } = watched(
      [0, down(0)],
      [30, { status: 'connecting', sinceMs: second(29) }],
      [60, down(59)],
      [90, { status: 'connecting', sinceMs: second(89) }],
    );
    expect(alerts.map(({ facts }) => facts.awaySeconds)).toEqual([60]);
  });

  it('is another cause when it goes down again', () => {
    const { alerts } = watched([0, down(0)], [60, down(0)], [70, {}], [80, down(80)], [140, down(80)]);
    expect(alerts.map(({ id }) => id)).toEqual(['feed-down:session:binance:1', 'feed-back:session:binance:1', 'feed-down:session:binance:2']);
  });

  it('is seen again under the same id when the look that told of it was forgotten', () => {
    const { state } = watched([0, down(0)], [59, down(0)]);
    const look = (at: number): readonly Alert[] =>
      feedAlerts(account, [{ ...UP, source: 'binance', ...down(0) }], state, { nowMs: second(at), feedAwayMs: 60_000 }).alerts;
    expect(look(120).map(({ id }) => id)).toEqual(look(60).map(({ id }) => id));
    expect(look(60)).toHaveLength(1);
  });

  it('is not away while its market is closed, or its recording has ended', () => {
    for (const status of ['waiting', 'ended'] as const) expect(watched([0, { status }], [600, { status }]).alerts).toEqual([]);
  });

  it('is another thing than one that only confirms prices', () => {
    expect(watched([0, { ...down(0), markets: [] }], [600, { ...down(0), markets: [] }])).toEqual({ alerts: [], state: {} });
  });
});

describe('a price that other venues contradict', () => {
  const quotes = (sinceMs: number) => [
    quoteOf('BTC', 100, START_MS, { check: checkOf('diverged', { sinceMs }) }),
    quoteOf('ETH', 100, START_MS, { check: checkOf('agreed') }),
    quoteOf('SOL', 100, START_MS),
  ];

  it('is told with how far it is off, and from whom', () => {
    expect(divergedAlerts(account, quotes(START_MS), START_MS)).toEqual([
      expect.objectContaining({
        kind: 'feed-diverged',
        severity: 'warning',
        symbol: 'BTC',
        text: expect.stringMatching(/^120 bps from coinbase and kraken/),
      }),
    ]);
  });

  it('is one cause as long as it lasts, and another when it comes back', () => {
    const idOf = (sinceMs: number, atMs: number): string | undefined => divergedAlerts(account, quotes(sinceMs), atMs)[0]?.id;
    expect(idOf(START_MS, START_MS + 60_000)).toBe(idOf(START_MS, START_MS));
    expect(idOf(START_MS + 1, START_MS + 60_000)).not.toBe(idOf(START_MS, START_MS));
  });
});
