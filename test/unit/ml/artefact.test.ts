import { describe, expect, it } from 'vitest';
import { readArtefact } from '../../../shared/ml/artefact/artefact.ts';
import { modelSet } from '../../../shared/ml/model-set.ts';
import { artefactSaying } from '../../support/models.ts';

const good = artefactSaying(0.7);

describe('an artefact', () => {
  it('is asked when its hash, its features and its skill hold', () => {
    const read = readArtefact(good);
    if (read.kind !== 'fit') throw new Error(read.why);
    expect(read.oddsOf(new Float64Array(good.features.length))).toBeCloseTo(0.7, 12);
  });

  it.each([
    [
      'a weight was changed',
      { ...good, networks: [{ ...good.networks[0], weights: good.networks[0]?.weights.map((weight) => weight + 1) }] },
      'changed after training',
    ],
    [
      'its skill was written in',
      { ...artefactSaying(0.7, { skill: { ...good.skill, isSkilled: false, why: 'No skill: measured' } }), skill: good.skill },
      'changed after training',
    ],
    [
      'it has no skill',
      artefactSaying(0.7, { skill: { ...good.skill, isSkilled: false, low: -0.01, why: 'No skill: measured' } }),
      'No skill: measured',
    ],
    ['its interval touches zero', artefactSaying(0.7, { skill: { ...good.skill, low: 0 } }), 'not shown skill'],
    ['its features are of another version', artefactSaying(0.7, { featureVersion: 'features-0' }), 'features-0'],
    ['its features are others', artefactSaying(0.7, { features: good.features.toReversed() }), 'not those of this program'],
    ['its network takes other inputs', artefactSaying(0.7, { networks: [{ sizes: [2, 1], weights: [0, 0, 0] }] }), 'inputs'],
    ['its weights do not fit', { ...good, networks: [{ sizes: [2, 1], weights: [0] }] }, 'weights do not fit'],
    ['it is something else', { hello: 1 }, 'no model of ours'],
    ['it is no JSON', 'not JSON', 'no model of ours'],
  ])('is refused, with the reason, when %s', (_what, value, why) => {
    expect(readArtefact(value)).toMatchObject({ kind: 'refused', why: expect.stringContaining(why) });
  });
});

describe('a set of models', () => {
  it('has the first of a strategy, and tells what became of every file', () => {
    const set = modelSet([
      { source: 'a.json', value: good },
      { source: 'b.json', value: artefactSaying(0.2) },
      { source: 'c.json', value: artefactSaying(0.5, { strategy: 'swing', featureVersion: 'old' }) },
      { source: 'd.json', value: null },
    ]);
    expect(set.of('scalping')?.version).toBe(good.hash.slice(0, 12));
    expect(set.of('swing')).toBeNull();
    expect(set.states).toMatchObject([
      { strategy: 'scalping', absentWhy: null, source: 'a.json' },
      { strategy: 'scalping', absentWhy: 'Another model of scalping was named before it' },
      { strategy: 'swing', absentWhy: expect.stringContaining('train it again') },
      { strategy: null, absentWhy: expect.stringContaining('no model') },
    ]);
  });
});
