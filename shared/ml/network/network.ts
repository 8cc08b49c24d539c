import type { Rng } from '../../kernel/rng.ts';
import { MlError } from '../ml-error.ts';

/**
 * A multi-layer perceptron with one output, a logit. `sizes` are the units of each layer from the inputs to the output;
 * `weights` hold, layer after layer, the matrix row by row (one row a unit) and then the biases. Without a hidden layer it is a
 * logistic regression.
 */
export interface Network {
  readonly sizes: readonly number[];
  readonly weights: Float64Array;
}

/** What a pass through a network needs besides: the outputs of each layer. One a caller, used again for every row. */
export interface Workspace {
  readonly outputs: readonly Float64Array[];
}

/** Weights and biases of a network of these sizes. @throws MlError `bad_shape` */
export function weightCount(sizes: readonly number[]): number {
  if (sizes.length < 2 || sizes.at(-1) !== 1 || sizes.some((size) => !Number.isInteger(size) || size < 1)) {
    throw new MlError('bad_shape', `A network has inputs and one output, received layers of ${sizes.join(', ')}`, { sizes });
  }
  let count = 0;
  for (let layer = 1; layer < sizes.length; layer++) count += ((sizes[layer - 1] as number) + 1) * (sizes[layer] as number);
  return count;
}

/**
 * A network with drawn weights: normal with variance 2 / inputs (1 / inputs towards the output), biases zero.
 * @see He et al.: "Delving deep into rectifiers" (2015)
 * @throws MlError `bad_shape`
 */
export function createNetwork(sizes: readonly number[], random: Rng): Network {
  const weights = new Float64Array(weightCount(sizes));
  let at = 0;
  for (let layer = 1; layer < sizes.length; layer++) {
    const inputs = sizes[layer - 1] as number;
    const units = sizes[layer] as number;
    const deviation = Math.sqrt((layer === sizes.length - 1 ? 1 : 2) / inputs);
    for (let index = 0; index < inputs * units; index++) weights[at + index] = deviation * random.normal();
    at += (inputs + 1) * units;
  }
  return { sizes, weights };
}

export const workspaceFor = ({ sizes }: Pick<Network, 'sizes'>): Workspace => ({ outputs: sizes.slice(1).map((size) => new Float64Array(size)) });

/**
 * The logit of one row: `rows[offset ...]` has the inputs. Hidden units rectify (max(0, x)). Trainer and inference both run this.
 */
export function logitOf({ sizes, weights }: Network, rows: Float64Array, offset: number, { outputs }: Workspace): number {
  let from = rows;
  let fromAt = offset;
  let at = 0;
  const last = sizes.length - 1;
  for (let layer = 1; layer <= last; layer++) {
    const inputs = sizes[layer - 1] as number;
    const units = sizes[layer] as number;
    const to = outputs[layer - 1] as Float64Array;
    const biases = at + inputs * units;
    for (let unit = 0; unit < units; unit++) {
      let sum = weights[biases + unit] as number;
      for (let input = 0; input < inputs; input++) sum += (weights[at + input] as number) * (from[fromAt + input] as number);
      to[unit] = layer < last && sum < 0 ? 0 : sum;
      at += inputs;
    }
    at = biases + units;
    from = to;
    fromAt = 0;
  }
  return from[0] as number;
}

/** 1 / (1 + e^-x). */
export const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

/** Log-loss of a logit without overflow: ln(1 + e^x) - y x. */
export const logitLoss = (logit: number, label: number): number => Math.max(logit, 0) - logit * label + Math.log1p(Math.exp(-Math.abs(logit)));
