import { describe, expect, it } from 'vitest';
import { canonicalJson } from '../../../shared/kernel/canonical-json.ts';
import { readArtefact } from '../../../shared/ml/artefact/artefact.ts';
import { sigmoid } from '../../../shared/ml/network/network.ts';
import { shuffledLabels, TRAINING, type TrainingChoices, trainModel } from '../../../shared/ml/train-model.ts';
import { madeRows } from '../../support/models.ts';

/** What is tested is the method, not the market: fewer folds than in earnest. */
const CHOICES: TrainingChoices = { ...TRAINING, folds: 2 };

/** Reaches its target when a feature is far from its mean, on either side: a line cannot see it. */
const planted = madeRows(1_500, 'planted', (features) => (Math.abs(features[1] ?? 0) > 0.67 ? 0.9 : 0.1));
const train = (rows: typeof planted, seed = '1') => trainModel({ strategy: 'scalping', seed, rows, choices: CHOICES });

describe('training on a planted signal', () => {
  const training = train(planted);

  it('finds it, beats the base rate and the logistic regression, and its artefact is accepted', () => {
    const { artefact, evaluation } = training;
    expect(artefact.skill).toMatchObject({ isSkilled: true });
    expect(evaluation.pooled.model.auc).toBeGreaterThan(0.7);
    expect(evaluation.pooled.logistic.auc).toBeLessThan(0.55);
    expect(evaluation.pooled.model.logLoss).toBeLessThan((evaluation.pooled.baseRate.logLoss ?? 0) - 0.05);
    expect(readArtefact(JSON.parse(JSON.stringify(artefact)))).toMatchObject({ kind: 'fit', version: artefact.hash.slice(0, 12) });
  });

  it('names the planted feature as the important one, and raises the result out of sample', () => {
    const { evaluation, pnl } = training;
    expect(evaluation.importance[0]?.feature).toBe('return5');
    expect(evaluation.importance[1]?.lossIncrease).toBeLessThan((evaluation.importance[0]?.lossIncrease ?? 0) / 5);
    expect(pnl.with.trades).toBeGreaterThan(20);
    expect(pnl.with.meanNet).toBeGreaterThan((pnl.without.meanNet ?? 0) + 0.003);
  });

  it('is the same artefact, to the last digit, for the same seed', () => {
    const few = planted.slice(0, 200);
    const [one, same, other] = [train(few), train(few), train(few, '2')];
    expect(canonicalJson(one.artefact)).toBe(canonicalJson(same.artefact));
    expect(one.artefact.hash).not.toBe(other.artefact.hash);
  });

  it('gives odds that read back from the file are the same', () => {
    const read = readArtefact(JSON.parse(JSON.stringify(training.artefact)));
    if (read.kind !== 'fit') throw new Error(read.why);
    const spread = planted.slice(0, 50).map(({ features }) => read.oddsOf(features));
    expect(Math.max(...spread) - Math.min(...spread)).toBeGreaterThan(0.3);
  });
});

describe('training on labels that were dealt out anew', () => {
  it.each(['1', '2', '3'])('shows no skill, and its artefact is refused (seed %s)', (seed) => {
    const { artefact, evaluation } = train(shuffledLabels(planted.slice(0, 500), seed), seed);
    expect(artefact.skill.isSkilled, artefact.skill.why).toBe(false);
    expect(Math.abs((evaluation.pooled.model.auc ?? 0) - 0.5)).toBeLessThan(0.1);
    expect(readArtefact(artefact)).toMatchObject({
      kind: 'refused',
      strategy: 'scalping',
      why: expect.stringContaining('skill above the base rate'),
    });
  });
});

describe('training', () => {
  it('is refused, with the figures, where too few rows or too few of a kind are there', () => {
    expect(() => train(planted.slice(0, 30))).toThrow(/30 rows to learn from, at least 40/);
    expect(() => train(madeRows(200, 'never', () => sigmoid(-20)))).toThrow(/0 of 200 rows reached their target/);
  });
});
