import { describe, expect, it } from 'vitest';
import type { ModelWatch } from '../../../shared/contracts/alert.ts';
import { rng } from '../../../shared/kernel/rng.ts';
import { DRIFT_WINDOW, decayOf, newModelWatch, withDecision } from '../../../shared/ml/drift/model-watch.ts';
import { spreadOf, stabilityIndex } from '../../../shared/ml/drift/psi.ts';
import type { LoadedModel } from '../../../shared/ml/model-set.ts';
import { artefactSaying, modelSaying } from '../../support/models.ts';

/** Features spread as a standard normal, in training. */
function normalModel(): LoadedModel {
  const random = rng('trained');
  const spread = spreadOf(Array.from({ length: 2_000 }, () => random.normal()));
  const features = artefactSaying(0.7).features.map((feature) => ({ ...feature, spread: { edges: [...spread.edges], shares: [...spread.shares] } }));
  const model = modelSaying(0.7, { features }).of('scalping');
  if (model === null) throw new Error('refused');
  return model;
}

const model = normalModel();

/** The watch after decisions whose features lie `shift` deviations from training. */
function met(decisions: number, shift: number): ModelWatch {
  const random = rng('live', shift);
  let watch = newModelWatch(model);
  for (let decision = 0; decision < decisions; decision++) {
    const features = (model.artefact?.features ?? []).map(() => shift + random.normal());
    watch = withDecision(watch, model, { modelVersion: model.version, features });
  }
  return watch;
}

describe('the stability index', () => {
  it('is that of its definition', () => {
    const index = 0.25 * Math.log(0.75 / 0.5) - 0.25 * Math.log(0.25 / 0.5);
    expect(stabilityIndex([0.5, 0.5], [75, 25])).toBeCloseTo(index, 12);
    expect(stabilityIndex([0.5, 0.5], [50, 50])).toBe(0);
  });

  it('bins what is missing apart, and a bin that nothing fell into is no infinity', () => {
    expect(spreadOf([1, 2, 3, 4, Number.NaN]).shares.at(-1)).toBe(0.2);
    expect(stabilityIndex([0.5, 0.5, 0], [0, 0, 10])).toBeGreaterThan(1);
    expect(stabilityIndex([0.5, 0.5, 0], [0, 0, 10])).toBeLessThan(10);
  });
});

describe('the watch over a model', () => {
  it('leaves it on while it is asked what it was trained on', () => {
    expect(decayOf(met(DRIFT_WINDOW, 0), model)).toBeNull();
  });

  it('switches it off when half of its features are spread another way, and not before the window is full', () => {
    expect(decayOf(met(DRIFT_WINDOW - 1, 1), model)).toBeNull();
    expect(decayOf(met(DRIFT_WINDOW, 1), model)).toMatch(/over 100 decisions the median PSI of its features is \d\.\d\d, at most 0\.25/);
  });

  it('begins a new window after a full one, and counts nothing of another version', () => {
    expect(met(DRIFT_WINDOW + 3, 0).decisions).toBe(3);
    const watch = met(5, 0);
    expect(withDecision(watch, model, { modelVersion: 'older', features: [] })).toBe(watch);
  });

  it.each([
    ['as many as promised reached their target', 30, 21, false],
    ['somewhat fewer did', 30, 15, false],
    ['far fewer did', 30, 12, true],
    ['none did, of too few trades to tell', 29, 0, false],
    ['more did than promised', 30, 30, false],
  ])('with odds of .7, %s', (_what, trades, hits, isOff) => {
    const watch = { ...newModelWatch(model), trades, hits, expected: 0.7 * trades, variance: 0.21 * trades };
    const why = decayOf(watch, model);
    if (isOff) expect(why).toContain('It promises too much: 12 of 30');
    else expect(why).toBeNull();
  });
});
