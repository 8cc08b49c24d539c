import { describe, expect, it } from 'vitest';
import { DAY_MS } from '../../../shared/kernel/time.ts';
import { evaluateForward, unfit } from '../../../shared/ml/evaluate/walk-forward.ts';
import { FEATURE_NAMES } from '../../../shared/ml/features/feature-set.ts';
import { madeRows } from '../../support/models.ts';

/** Forty days of two dozen rows; blocks of ten days are tested. */
const rows = madeRows(960, 'embargo', () => 0.4);
const fit = { hidden: [2], epochs: 2, batch: 32, learningRate: 0.01, l2: 0.1, patience: 2, members: 3, embargoMs: 4 * DAY_MS };
const evaluated = (embargoMs: number) => evaluateForward(rows, { seed: '1', folds: 3, fit: { ...fit, embargoMs }, featureNames: FEATURE_NAMES });

describe('a walk-forward test whose embargo is long', () => {
  it('leaves out the fold in which it takes every row beside a held-out block, says so, and tests the others', () => {
    const { folds, skipped } = evaluated(4 * DAY_MS);
    expect(skipped).toEqual([expect.stringContaining('fold 1: beside block 1 of 3, held out with an embargo of 4.0 days')]);
    expect(folds.map(({ tested }) => tested)).toEqual([240, 240]);
  });

  it('leaves out none where rows remain beside every block', () => {
    expect(evaluated(DAY_MS)).toMatchObject({ skipped: [], folds: [{}, {}, {}] });
  });

  it('fails only when nothing could be learnt from', () => {
    expect(() => evaluated(30 * DAY_MS)).toThrow(expect.objectContaining({ code: 'too_few_rows' }));
  });

  it('asks that both kinds of rows are left beside each block', () => {
    // All that reached their target lie in the first third: beside it there are none.
    const sorted = rows.map((row, place) => ({ ...row, label: place < 300 ? 1 : 0 }) as const);
    const all = rows.map((_, place) => place);
    expect(unfit(sorted, all, { ...fit, embargoMs: 0 })).toContain('beside block 1 of 3');
  });
});
