import type { Network, Workspace } from './network.ts';

/**
 * Adds to `gradient` what the weights of one row's loss change, given `error` = d loss / d logit. Follows `logitOf` of the same
 * row and workspace. `deltas` is scratch of the workspace's shape.
 */
export function addGradient(
  { sizes, weights }: Network,
  rows: Float64Array,
  offset: number,
  { outputs }: Workspace,
  { outputs: deltas }: Workspace,
  error: number,
  gradient: Float64Array,
): void {
  let end = weights.length;
  (deltas[deltas.length - 1] as Float64Array)[0] = error;
  for (let layer = sizes.length - 1; layer >= 1; layer--) {
    const inputs = sizes[layer - 1] as number;
    const start = end - (inputs + 1) * (sizes[layer] as number);
    const delta = deltas[layer - 1] as Float64Array;
    if (layer === 1) addLayer(gradient, start, delta, rows, offset, inputs);
    else {
      const from = outputs[layer - 2] as Float64Array;
      addLayer(gradient, start, delta, from, 0, inputs);
      passBack(weights, start, delta, from, deltas[layer - 2] as Float64Array);
    }
    end = start;
  }
}

/** The part of one layer: each unit's delta times what came in, and the delta itself for its bias. */
function addLayer(gradient: Float64Array, start: number, delta: Float64Array, from: Float64Array, fromAt: number, inputs: number): void {
  const biases = start + inputs * delta.length;
  for (let unit = 0; unit < delta.length; unit++) {
    const d = delta[unit] as number;
    if (d === 0) continue;
    const row = start + unit * inputs;
    gradient[biases + unit] = (gradient[biases + unit] as number) + d;
    for (let input = 0; input < inputs; input++) gradient[row + input] = (gradient[row + input] as number) + d * (from[fromAt + input] as number);
  }
}

/** The deltas of the layer below. A rectified unit that gave nothing passes nothing back. */
function passBack(weights: Float64Array, start: number, delta: Float64Array, outputs: Float64Array, below: Float64Array): void {
  below.fill(0);
  for (let unit = 0; unit < delta.length; unit++) {
    const d = delta[unit] as number;
    const row = start + unit * below.length;
    if (d !== 0) for (let input = 0; input < below.length; input++) below[input] = (below[input] as number) + d * (weights[row + input] as number);
  }
  for (let input = 0; input < below.length; input++) if ((outputs[input] as number) <= 0) below[input] = 0;
}
