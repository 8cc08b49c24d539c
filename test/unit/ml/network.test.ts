import { describe, expect, it } from 'vitest';
import { rng } from '../../../shared/kernel/rng.ts';
import { addGradient } from '../../../shared/ml/network/backward.ts';
import { createNetwork, logitLoss, logitOf, sigmoid, workspaceFor } from '../../../shared/ml/network/network.ts';
import { type Table, type TrainingSettings, trainNetwork } from '../../../shared/ml/network/train-network.ts';

const SETTINGS: TrainingSettings = { hidden: [6], epochs: 120, batch: 8, learningRate: 0.02, l2: 0, patience: 120 };

/** The exclusive or of two signs: no line divides it. */
function exclusiveOr(count: number): Table {
  const random = rng('xor');
  const rows = Float64Array.from({ length: 2 * count }, () => random.normal());
  return {
    inputs: 2,
    rows,
    labels: Uint8Array.from({ length: count }, (_, row) => ((rows[2 * row] ?? 0) > 0 !== (rows[2 * row + 1] ?? 0) > 0 ? 1 : 0)),
  };
}

const range = (from: number, to: number): readonly number[] => Array.from({ length: to - from }, (_, index) => from + index);

describe('the network', () => {
  it.each([[[5, 1]], [[5, 4, 1]], [[5, 7, 3, 1]]])('has the gradient of finite differences with layers %j', (sizes) => {
    const network = createNetwork(sizes, rng('gradient', ...sizes));
    const random = rng('rows');
    const row = Float64Array.from({ length: 5 }, () => random.normal());
    const [workspace, deltas] = [workspaceFor(network), workspaceFor(network)];
    const loss = (): number => logitLoss(logitOf(network, row, 0, workspace), 1);
    const gradient = new Float64Array(network.weights.length);
    addGradient(network, row, 0, workspace, deltas, sigmoid(logitOf(network, row, 0, workspace)) - 1, gradient);
    const step = 1e-6;
    const numeric = network.weights.map((weight, index) => {
      network.weights[index] = weight + step;
      const above = loss();
      network.weights[index] = weight - step;
      const below = loss();
      network.weights[index] = weight;
      return (above - below) / (2 * step);
    });
    expect(Math.max(...gradient.map(Math.abs))).toBeGreaterThan(1e-3);
    for (const [index, slope] of numeric.entries()) expect(gradient[index]).toBeCloseTo(slope, 7);
  });

  it('learns what no line divides, which a logistic regression cannot', () => {
    const table = exclusiveOr(300);
    const trained = (hidden: readonly number[]) => trainNetwork(table, range(0, 200), range(200, 300), { ...SETTINGS, hidden }, rng(1));
    expect(trained([6]).validationLoss).toBeLessThan(0.35);
    expect(trained([]).validationLoss).toBeGreaterThan(0.6);
  });

  it('is the same to the last bit for the same seed, and another for another', () => {
    const table = exclusiveOr(60);
    const weights = (seed: number) => trainNetwork(table, range(0, 40), range(40, 60), { ...SETTINGS, epochs: 5 }, rng(seed)).network.weights;
    expect(weights(1)).toEqual(weights(1));
    expect(weights(1)).not.toEqual(weights(2));
  });

  it('stops when the validation rows get no better, and keeps the weights that were best', () => {
    const random = rng('noise');
    const table: Table = {
      inputs: 8,
      rows: Float64Array.from({ length: 8 * 80 }, () => random.normal()),
      labels: Uint8Array.from({ length: 80 }, () => (random.next() < 0.5 ? 1 : 0)),
    };
    const heard: number[] = [];
    const trained = trainNetwork(table, range(0, 40), range(40, 80), { ...SETTINGS, patience: 4 }, rng(1), (epoch) => heard.push(epoch));
    expect(trained.epochs).toBe(trained.bestEpoch + 4);
    expect(heard).toHaveLength(trained.epochs);
  });

  it('weighs a rare class up, so that it is not drowned', () => {
    const random = rng('rare');
    const labels = Uint8Array.from({ length: 300 }, (_, row) => (row % 15 === 0 ? 1 : 0));
    const table: Table = { inputs: 1, rows: Float64Array.from(labels, (label) => label + 0.5 * random.normal()), labels };
    const { network } = trainNetwork(table, range(0, 200), range(200, 300), { ...SETTINGS, hidden: [], epochs: 60 }, rng(1));
    expect(logitOf(network, Float64Array.of(1), 0, workspaceFor(network))).toBeGreaterThan(0);
    expect(logitOf(network, Float64Array.of(0), 0, workspaceFor(network))).toBeLessThan(0);
  });

  it('refuses to learn from nothing, from one class, or in a shape that is none', () => {
    const table = exclusiveOr(10);
    const train = (fit: readonly number[], one: Table = table) => trainNetwork(one, fit, [0], SETTINGS, rng(1));
    expect(() => train([])).toThrow(expect.objectContaining({ code: 'too_few_rows' }));
    expect(() => train([0, 1], { ...table, labels: new Uint8Array(10) })).toThrow(expect.objectContaining({ code: 'one_class' }));
    expect(() => createNetwork([3, 2], rng(1))).toThrow(expect.objectContaining({ code: 'bad_shape' }));
  });
});
