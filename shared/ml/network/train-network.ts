import type { Rng } from '../../kernel/rng.ts';
import { MlError } from '../ml-error.ts';
import { addGradient } from './backward.ts';
import { createNetwork, logitLoss, logitOf, type Network, sigmoid, workspaceFor } from './network.ts';

/** Rows of inputs, one after the other, with their labels (0 or 1). */
export interface Table {
  readonly inputs: number;
  readonly rows: Float64Array;
  readonly labels: Uint8Array;
}

export interface TrainingSettings {
  /** Units of the hidden layers; none for a logistic regression. */
  readonly hidden: readonly number[];
  readonly epochs: number;
  readonly batch: number;
  readonly learningRate: number;
  /** Decay of the weights an epoch's step, as in AdamW. */
  readonly l2: number;
  /** Epochs without a better validation loss after which training ends. */
  readonly patience: number;
}

export interface Trained {
  readonly network: Network;
  /** Epochs that were run, and the one whose weights were kept. */
  readonly epochs: number;
  readonly bestEpoch: number;
  /** Mean log-loss of the validation rows, each weighed by its class, with the weights that were kept. */
  readonly validationLoss: number;
}

const BETA_1 = 0.9;
const BETA_2 = 0.999;
const EPSILON = 1e-8;

/**
 * Trains a network by Adam on mini-batches and keeps the weights of the epoch that was best on the validation rows. Both classes
 * weigh the same: a row counts rows / (2 x rows of its class). Every draw comes from `random`: the same seed gives the same bits.
 * @param fit         places of the rows to learn from
 * @param validation  places of the rows that say when to stop
 * @see Kingma, Ba: "Adam" (2015); Loshchilov, Hutter: "Decoupled weight decay regularization" (2019)
 * @throws MlError `too_few_rows` when either is empty, `one_class` when the rows to learn from have one label only
 */
export function trainNetwork(
  table: Table,
  fit: readonly number[],
  validation: readonly number[],
  settings: TrainingSettings,
  random: Rng,
  onEpoch: (epoch: number) => void = () => {},
): Trained {
  if (fit.length === 0 || validation.length === 0) {
    throw new MlError('too_few_rows', `Training needs rows to learn from and rows to stop by, received ${fit.length} and ${validation.length}`);
  }
  const network = createNetwork([table.inputs, ...settings.hidden, 1], random);
  const step = createAdam(network, settings);
  const classWeights = classWeightsOf(table, fit);
  const order = Int32Array.from(fit);
  let best = { weights: network.weights.slice(), loss: Number.POSITIVE_INFINITY, epoch: 0 };
  let epoch = 0;
  while (epoch < settings.epochs && epoch - best.epoch < settings.patience) {
    shuffle(order, random);
    for (let from = 0; from < order.length; from += settings.batch) step(table, order.subarray(from, from + settings.batch), classWeights);
    epoch += 1;
    const loss = meanLoss(network, table, validation, classWeights);
    if (loss < best.loss) best = { weights: network.weights.slice(), loss, epoch };
    onEpoch(epoch);
  }
  return { network: { sizes: network.sizes, weights: best.weights }, epochs: epoch, bestEpoch: best.epoch, validationLoss: best.loss };
}

type ClassWeights = readonly [ofZero: number, ofOne: number];

function classWeightsOf({ labels }: Table, fit: readonly number[]): ClassWeights {
  let ones = 0;
  for (const row of fit) ones += labels[row] as number;
  if (ones === 0 || ones === fit.length) throw new MlError('one_class', `All ${fit.length} rows to learn from end the same way`, { ones });
  return [fit.length / (2 * (fit.length - ones)), fit.length / (2 * ones)];
}

function shuffle(order: Int32Array, random: Rng): void {
  for (let last = order.length - 1; last > 0; last--) {
    const other = Math.floor(random.next() * (last + 1));
    const kept = order[last] as number;
    order[last] = order[other] as number;
    order[other] = kept;
  }
}

/** Mean log-loss of rows, each weighed by its class. */
function meanLoss(network: Network, { rows, labels, inputs }: Table, places: readonly number[], weights: ClassWeights): number {
  const workspace = workspaceFor(network);
  let sum = 0;
  let weight = 0;
  for (const row of places) {
    const label = labels[row] as 0 | 1;
    sum += weights[label] * logitLoss(logitOf(network, rows, row * inputs, workspace), label);
    weight += weights[label];
  }
  return sum / weight;
}

/** A step of Adam on the mean weighed log-loss of a batch; changes the network's weights in place. */
function createAdam(network: Network, { learningRate, l2 }: TrainingSettings) {
  const { weights } = network;
  const gradient = new Float64Array(weights.length);
  const first = new Float64Array(weights.length);
  const second = new Float64Array(weights.length);
  const workspace = workspaceFor(network);
  const deltas = workspaceFor(network);
  let steps = 0;
  return ({ rows, labels, inputs }: Table, batch: Int32Array, classWeights: ClassWeights): void => {
    gradient.fill(0);
    for (const row of batch) {
      const label = labels[row] as 0 | 1;
      const error = sigmoid(logitOf(network, rows, row * inputs, workspace)) - label;
      addGradient(network, rows, row * inputs, workspace, deltas, classWeights[label] * error, gradient);
    }
    steps += 1;
    const rate = (learningRate * Math.sqrt(1 - BETA_2 ** steps)) / (1 - BETA_1 ** steps);
    for (let index = 0; index < weights.length; index++) {
      const slope = (gradient[index] as number) / batch.length;
      const m = BETA_1 * (first[index] as number) + (1 - BETA_1) * slope;
      const v = BETA_2 * (second[index] as number) + (1 - BETA_2) * slope * slope;
      first[index] = m;
      second[index] = v;
      const weight = weights[index] as number;
      weights[index] = weight - (rate * m) / (Math.sqrt(v) + EPSILON) - learningRate * l2 * weight;
    }
  };
}
