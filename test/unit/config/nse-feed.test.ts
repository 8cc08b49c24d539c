import { describe, expect, it } from 'vitest';
import { readEnvironment } from '../../../shared/config/environment.ts';
import { EnvironmentError } from '../../../shared/config/environment-error.ts';
import { liveScope, NSE_FEEDS, nseFeedOf } from '../../../shared/config/nse-scope.ts';

const env = (world: string) => ({
  NIGHTDESK_LEDGER_TABLE: 'ledger',
  NIGHTDESK_MARKET_TABLE: 'market',
  NIGHTDESK_NUDGE_QUEUE_URL: 'https://sqs.ap-south-1.amazonaws.com/1/nudges',
  NIGHTDESK_WORLD: world,
  NIGHTDESK_MARKETS: 'switch',
  NIGHTDESK_NSE_HOURS: 'none',
  NIGHTDESK_SYMBOLS: 'all',
  NIGHTDESK_AUTO_START: '{}',
});

describe('the source of NSE prices', () => {
  it('has a scope of its own in the live world, so that made-up prices never join real ones', () => {
    expect(NSE_FEEDS.map(liveScope)).toEqual(['live', 'live:upstox', 'live:yahoo']);
    expect(NSE_FEEDS.map((feed) => nseFeedOf(liveScope(feed)))).toEqual([...NSE_FEEDS]);
    expect(['simulated:1', 'replay:ab', 'live:kite'].map(nseFeedOf)).toEqual([null, null, null]);
  });

  it.each(['live', 'live:upstox', 'live:yahoo', 'simulated:7', 'replay:0af3'])('may be named by a world: %s', (world) => {
    expect(readEnvironment(env(world)).world).toBe(world);
  });

  it.each(['live:kite', 'lively', 'simulated:', ''])('is refused in a world that is none: %j', (world) => {
    expect(() => readEnvironment(env(world))).toThrow(EnvironmentError);
  });
});
