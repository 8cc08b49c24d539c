import { describe, expect, it } from 'vitest';
import { rng } from '../../../shared/kernel/rng.ts';
import { HOUR_MS } from '../../../shared/kernel/time.ts';
import { auc, brier, logLoss, reliability } from '../../../shared/ml/evaluate/metrics.ts';
import { pnlOf } from '../../../shared/ml/evaluate/opportunity-pnl.ts';
import { skillOf } from '../../../shared/ml/evaluate/skill.ts';

describe('scores of odds', () => {
  const said = { odds: [0.9, 0.6, 0.4, 0.1], labels: [1, 0, 1, 0] };

  it('are those of their definitions', () => {
    expect(logLoss(said)).toBeCloseTo(-(2 * Math.log(0.9) + 2 * Math.log(0.4)) / 4, 12);
    expect(brier(said)).toBeCloseTo((0.01 + 0.36 + 0.36 + 0.01) / 4, 12);
    // Of the four pairs of a one and a zero, only (.4, .6) is in the wrong order.
    expect(auc(said)).toBe(0.75);
    expect(auc({ odds: [0.5, 0.5, 0.5], labels: [1, 0, 1] })).toBe(0.5);
  });

  it('are null where there is nothing to score', () => {
    const nothing = { odds: [], labels: [] };
    expect([logLoss(nothing), brier(nothing), auc({ odds: [0.2, 0.3], labels: [1, 1] })]).toEqual([null, null, null]);
  });

  it('have a reliability curve of bins that hold what was said', () => {
    expect(reliability({ odds: [0.05, 0.07, 1], labels: [0, 1, 1] })).toEqual([
      { from: 0, to: 0.1, count: 2, meanOdds: 0.060000000000000005, hitRate: 0.5 },
      { from: 0.9, to: 1, count: 1, meanOdds: 1, hitRate: 1 },
    ]);
  });
});

describe('skill', () => {
  const rows = (oddsOf: (label: number) => number, count = 480) => {
    const random = rng('skill-rows');
    return Array.from({ length: count }, (_, place) => {
      const label = random.next() < 0.3 ? 1 : 0;
      return { atMs: place * HOUR_MS, odds: oddsOf(label), baseOdds: 0.3, label };
    });
  };

  it('is there when the odds lean the right way', () => {
    const skill = skillOf(
      rows((label) => (label === 1 ? 0.4 : 0.25)),
      rng(1),
    );
    expect(skill).toMatchObject({ isSkilled: true, rows: 480, blocks: 20 });
    expect(skill.low).toBeGreaterThan(0);
    expect(skill.why).toMatch(/^Skilled: log-loss below the base rate's by 0\.\d+, 95 % interval 0\.\d+ to/);
  });

  it('is not there for the base rate itself, nor for noise around it', () => {
    expect(
      skillOf(
        rows(() => 0.3),
        rng(1),
      ),
    ).toMatchObject({ isSkilled: false, improvement: 0 });
    const random = rng('noise');
    expect(
      skillOf(
        rows(() => 0.2 + 0.2 * random.next()),
        rng(1),
      ).isSkilled,
    ).toBe(false);
  });

  it('is not claimed of too few rows or of too few days, however good', () => {
    const good = (label: number): number => (label === 1 ? 0.9 : 0.1);
    expect(skillOf(rows(good, 99), rng(1))).toMatchObject({ isSkilled: false, why: expect.stringContaining('Too little') });
    expect(skillOf(rows(good, 200), rng(1))).toMatchObject({ isSkilled: false, blocks: 9 });
  });
});

describe('the result over opportunities', () => {
  const opportunity = (atMs: number, endMs: number, netReturn: number, more = {}) => ({
    symbol: 'BTC',
    atMs,
    endMs,
    netReturn,
    isTradable: true,
    ...more,
  });

  it('takes one at a time of each symbol, and none that cannot be traded', () => {
    const rows = [
      opportunity(0, 10, 0.02),
      opportunity(5, 15, 0.5),
      opportunity(6, 8, 0.01, { symbol: 'ETH' }),
      opportunity(10, 12, -0.05),
      opportunity(20, 22, 0.5, { isTradable: false }),
    ];
    const result = pnlOf(rows, () => true);
    expect(result).toMatchObject({ trades: 3, won: 2 });
    expect(result.sumNet).toBeCloseTo(-0.02, 12);
    expect(pnlOf(rows, () => false)).toEqual({ trades: 0, won: 0, sumNet: 0, meanNet: null });
  });
});
