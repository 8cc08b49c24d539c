import type { Rng } from '../../kernel/rng.ts';
import type { LabelledRow, Predictor } from '../fit/fit-model.ts';
import { logLossOf } from './metrics.ts';

export interface Importance {
  readonly feature: string;
  /** Mean log-loss that is lost when the feature's values are dealt out anew among the rows; below zero it only disturbed. */
  readonly lossIncrease: number;
}

/**
 * Permutation importance on rows that the model did not learn from, the most important first.
 * @see Breiman: "Random forests" (2001)
 */
export function permutationImportance(
  rows: readonly LabelledRow[],
  predict: Predictor,
  names: readonly string[],
  random: Rng,
): readonly Importance[] {
  const lossWith = (featuresOf: (row: number) => Float64Array): number =>
    rows.reduce((sum, { label }, row) => sum + logLossOf(predict(featuresOf(row)), label), 0) / rows.length;
  const loss = lossWith((row) => (rows[row] as LabelledRow).features);
  const increases = names.map((feature, place) => {
    const order = dealt(rows.length, random);
    const changed = lossWith((row) => {
      const features = (rows[row] as LabelledRow).features.slice();
      features[place] = (rows[order[row] as number] as LabelledRow).features[place] as number;
      return features;
    });
    return { feature, lossIncrease: changed - loss };
  });
  return increases.sort((a, b) => b.lossIncrease - a.lossIncrease);
}

function dealt(count: number, random: Rng): readonly number[] {
  const order = Array.from({ length: count }, (_, index) => index);
  for (let last = count - 1; last > 0; last--) {
    const other = Math.floor(random.next() * (last + 1));
    [order[last], order[other]] = [order[other] as number, order[last] as number];
  }
  return order;
}
