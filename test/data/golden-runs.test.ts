import { describe, expect, it } from 'vitest';
import { type Golden, goldenFiles, goldenRuns } from '../support/golden.ts';
import { NO_RECORDED_DATA } from '../support/recorded-data.ts';
import long from './golden/long.json' with { type: 'json' };
import { LONG, SHORT } from './golden/periods.ts';
import short from './golden/short.json' with { type: 'json' };

const isHere = goldenFiles(SHORT.symbols).length === SHORT.symbols.length;

describe('golden runs', () => {
  it.skipIf(!isHere)(`decide and book over recorded days what they did when they were kept${isHere ? '' : `: ${NO_RECORDED_DATA}`}`, async () => {
    const runs: readonly Golden[] = await goldenRuns(SHORT);
    // A change that is meant is written with npm run golden -- --write, and explained in its commit.
    expect(runs).toEqual(short);
  });

  it('are kept for each strategy that trades the recorded coins, with trades in each', () => {
    for (const [period, kept] of [
      [SHORT, short],
      [LONG, long],
    ] as const) {
      expect(kept.map(({ strategy, from, to }) => [strategy, from, to])).toEqual(period.strategies.map((name) => [name, period.from, period.to]));
      expect(kept.every(({ trades, hash }) => trades > 0 && /^[0-9a-f]{64}$/.test(hash))).toBe(true);
    }
  });
});
