import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rng } from '../../../shared/kernel/rng.ts';
import { fitModel, predictor } from '../../../shared/ml/fit/fit-model.ts';
import { inputCount, normalisationOf, writeInputs } from '../../../shared/ml/fit/normalisation.ts';
import { fitPlatt } from '../../../shared/ml/fit/platt.ts';
import { purgedFolds, type Spanned, walkForward } from '../../../shared/ml/fit/splits.ts';
import { sigmoid } from '../../../shared/ml/network/network.ts';
import { madeRows } from '../../support/models.ts';

const spans = fc
  .array(fc.record({ atMs: fc.integer({ min: 0, max: 1_000 }), forMs: fc.integer({ min: 1, max: 80 }) }), { minLength: 30, maxLength: 80 })
  .map((rows) => rows.map(({ atMs, forMs }): Spanned => ({ atMs, endMs: atMs + forMs })));
const at = (rows: readonly Spanned[], place: number): Spanned => rows[place] as Spanned;

describe('walk-forward splits', () => {
  it('never learn from a row whose end was not known an embargo before the test began', () => {
    fc.assert(
      fc.property(spans, fc.integer({ min: 0, max: 50 }), (rows, embargoMs) => {
        const splits = walkForward(rows, 4, embargoMs);
        for (const { train, test } of splits) {
          const startMs = Math.min(...test.map((row) => at(rows, row).atMs));
          for (const row of train) expect(at(rows, row).endMs + embargoMs).toBeLessThanOrEqual(startMs);
        }
        const tested = splits.flatMap(({ test }) => test);
        expect(new Set(tested).size).toBe(tested.length);
      }),
      { numRuns: 40 },
    );
  });

  it('keep rows of one instant together', () => {
    const rows = Array.from({ length: 30 }, (_, place): Spanned => ({ atMs: Math.floor(place / 10), endMs: Math.floor(place / 10) + 1 }));
    for (const { test } of walkForward(rows, 4, 0)) {
      const instants = new Set(test.map((row) => at(rows, row).atMs));
      for (const instant of instants)
        expect(rows.filter(({ atMs }) => atMs === instant)).toHaveLength(test.filter((row) => at(rows, row).atMs === instant).length);
    }
  });
});

describe('purged folds', () => {
  it('hold every row out once, and learn from none that overlaps what is held out', () => {
    fc.assert(
      fc.property(spans, (rows) => {
        const among = rows.map((_, row) => row);
        const splits = purgedFolds(rows, among, 3, 10);
        expect(splits.flatMap(({ test }) => test).sort((a, b) => a - b)).toEqual(among);
        for (const { train, test } of splits) {
          for (const row of train) {
            for (const held of test) {
              const isApart = at(rows, row).endMs + 10 <= at(rows, held).atMs || at(rows, row).atMs >= at(rows, held).endMs + 10;
              expect(isApart).toBe(true);
            }
          }
        }
      }),
      { numRuns: 25 },
    );
  });
});

describe('normalisation', () => {
  it('scales what varies, flags what is sometimes missing, and leaves out what says nothing', () => {
    const rows = [
      [1, 7, 1, Number.NaN],
      [3, 7, Number.NaN, Number.NaN],
    ].map((row) => Float64Array.from(row));
    const scales = normalisationOf([...rows, Float64Array.of(5, 7, 3, Number.NaN)]);
    expect(scales.map(({ use }) => use)).toEqual(['value', 'unused', 'flagged', 'unused']);
    expect(inputCount(scales)).toBe(3);
    const inputs = new Float64Array(3);
    writeInputs(scales, rows[1] as Float64Array, inputs, 0);
    expect([...inputs]).toEqual([0, 0, 1]);
    writeInputs(scales, Float64Array.of(1e9, 0, 2, 0), inputs, 0);
    expect([...inputs]).toEqual([5, 0, 0]);
  });
});

describe('calibration', () => {
  it('finds the slope and shift that made the labels', () => {
    const random = rng('platt');
    const logits = Array.from({ length: 4_000 }, () => 3 * random.normal());
    const labels = logits.map((logit) => (random.next() < sigmoid(0.5 * logit - 1) ? 1 : 0));
    const { slope, shift } = fitPlatt(logits, labels);
    expect(Math.abs(slope - 0.5)).toBeLessThan(0.1);
    expect(Math.abs(shift + 1)).toBeLessThan(0.1);
  });

  it('is the base rate when the logits point the wrong way', () => {
    const logits = [3, 2, 1, -1, -2, -3];
    const { slope, shift } = fitPlatt(logits, [0, 0, 0, 0, 1, 1]);
    expect(slope).toBe(0);
    expect(sigmoid(shift)).toBeCloseTo(3 / 8, 10);
  });
});

describe('a fitted model', () => {
  const settings = { hidden: [4], epochs: 10, batch: 16, learningRate: 0.01, l2: 0.01, patience: 5, members: 2, embargoMs: 0 };

  it('gives odds of 0 to 1 also where everything is missing or far from all that was seen', () => {
    const rows = madeRows(120, 'odds', (features) => sigmoid(2 * (features[0] ?? 0)));
    const predict = predictor(
      fitModel(
        rows,
        rows.map((_, row) => row),
        settings,
        rng(1),
      ),
    );
    for (const fill of [Number.NaN, 1e12, -1e12]) {
      const odds = predict(new Float64Array(rows[0]?.features.length ?? 0).fill(fill));
      expect(odds).toBeGreaterThan(0);
      expect(odds).toBeLessThan(1);
    }
  });
});
