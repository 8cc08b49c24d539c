import { describe, expect, it } from 'vitest';
import { STRATEGY_NAMES } from '../../shared/strategies/strategy.ts';
import { type Golden, type GoldenPeriod, goldenFiles, goldenRuns } from '../support/golden.ts';
import { NO_RECORDED_DATA } from '../support/recorded-data.ts';
import basis from './golden/basis.json' with { type: 'json' };
import chains from './golden/chains.json' with { type: 'json' };
import long from './golden/long.json' with { type: 'json' };
import { BASIS, CHAINS, LONG, SHARES, SHORT } from './golden/periods.ts';
import shares from './golden/shares.json' with { type: 'json' };
import short from './golden/short.json' with { type: 'json' };

const PLAYED: readonly (readonly [string, GoldenPeriod, unknown])[] = [
  ['coins', SHORT, short],
  ['shares of NSE', SHARES, shares],
  ['chains of options', CHAINS, chains],
  ['spot and its perpetual', BASIS, basis],
];

describe('golden runs', () => {
  for (const [what, period, kept] of PLAYED) {
    const isHere = goldenFiles(period).length > 0;
    it.skipIf(!isHere)(`decide and book over recorded days of ${what} what they did when they were kept${isHere ? '' : `: ${NO_RECORDED_DATA}`}`, async () => {
      const runs: readonly Golden[] = await goldenRuns(period);
      // A change that is meant is written with npm run golden -- --write, and explained in its commit.
      expect(runs).toEqual(kept);
    });
  }

  it('are kept for each strategy, with trades in each but for the arbitrage that recorded prices do not leave', () => {
    for (const [period, kept] of [
      [SHORT, short],
      [SHARES, shares],
      [CHAINS, chains],
      [BASIS, basis],
      [LONG, long],
    ] as const) {
      expect(kept.map(({ strategy, from, to }) => [strategy, from, to])).toEqual(period.strategies.map((name) => [name, period.from, period.to]));
      expect(kept.every(({ strategy, trades, hash }) => (trades > 0 || strategy === 'fo_arbitrage') && /^[0-9a-f]{64}$/.test(hash))).toBe(true);
    }
    expect(new Set(PLAYED.flatMap(([, { strategies }]) => strategies))).toEqual(new Set(STRATEGY_NAMES));
  });
});
