import { describe, expect, it } from 'vitest';
import { MINUTE_MS } from '../../shared/kernel/time.ts';
import { FAULT_KINDS, type FaultKind, faultPlan } from './feed/faults.ts';
import { boundsOf, runFeedSoak } from './feed/soak.ts';

const FAULTS = 40;
const FOR_MS = 24 * MINUTE_MS;

describe(`the live Binance source against a venue in which ${FAULTS} faults happen within ${FOR_MS / MINUTE_MS} minutes`, () => {
  it('gives no wrong bar and no wrong price, flags what is missing, and is back within 3 s', async () => {
    const result = await runFeedSoak({ seed: 'in npm test', forMs: FOR_MS, faults: FAULTS });
    // An availability is a figure of a long run: here a fault happens every 36 s.
    const missed = boundsOf(result).filter(({ what, isMet }) => !isMet && !what.startsWith('availability'));
    expect({ missed, told: result.told, crashes: result.crashes }).toEqual({ missed: [], told: [], crashes: [] });
    expect(result.faultCount).toBe(FAULTS);
    expect(result.recoveries.length).toBeGreaterThan(FAULTS / 2);
    expect(result.bars.expected).toBe((6 * FOR_MS) / MINUTE_MS);
    expect(result.bars.flagged).toBeGreaterThan(0);
    expect(result.seconds.inOutage).toBeGreaterThan(0);
    expect(result.seconds.fresh).toBeGreaterThan(10 * result.seconds.stale);
  });
});

describe('the plan of faults', () => {
  it('is the same for the same seed, has as many as asked for one after the other, and all kinds in a long run', () => {
    const plan = faultPlan('1', 500, 0, 24 * 60 * MINUTE_MS);
    expect(plan).toEqual(faultPlan('1', 500, 0, 24 * 60 * MINUTE_MS));
    expect(plan).not.toEqual(faultPlan('2', 500, 0, 24 * 60 * MINUTE_MS));
    expect(plan).toHaveLength(500);
    for (const [index, { atMs }] of plan.entries()) expect(atMs).toBeGreaterThan((plan[index - 1]?.atMs ?? -1) + (plan[index - 1]?.forMs ?? 0));
    expect(new Set(plan.map(({ kind }) => kind))).toEqual(new Set<FaultKind>(FAULT_KINDS));
  });
});
