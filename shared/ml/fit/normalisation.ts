/**
 * How a feature becomes an input of the network. `value`: less the mean, over the deviation, held within 5. `flagged`: besides,
 * an input that is 1 where the feature is missing. `unused`: it was never, or always the same, in training: nothing was learnt of it.
 */
export interface FeatureScale {
  readonly use: 'value' | 'flagged' | 'unused';
  readonly mean: number;
  readonly deviation: number;
}

export type Normalisation = readonly FeatureScale[];

/** Beyond so many deviations a value says no more than "far". */
export const MOST_DEVIATIONS = 5;
/** A feature that is there more rarely than this has too few rows to say how it is spread. */
const LEAST_PRESENT = 0.05;
const LEAST_DEVIATION = 1e-9;

/** The scales of the features over these rows. A missing value is NaN. */
export function normalisationOf(rows: readonly Float64Array[]): Normalisation {
  const width = rows[0]?.length ?? 0;
  return Array.from({ length: width }, (_, feature) => {
    const present = rows.map((row) => row[feature] as number).filter((value) => !Number.isNaN(value));
    const mean = present.reduce((sum, value) => sum + value, 0) / Math.max(1, present.length);
    const deviation = Math.sqrt(present.reduce((sum, value) => sum + (value - mean) ** 2, 0) / Math.max(1, present.length));
    if (present.length < LEAST_PRESENT * rows.length || deviation < LEAST_DEVIATION) return { use: 'unused', mean: 0, deviation: 1 };
    return { use: present.length < rows.length ? 'flagged' : 'value', mean, deviation };
  });
}

/** Inputs of a network that is fed by this normalisation. */
export const inputCount = (normalisation: Normalisation): number =>
  normalisation.reduce((count, { use }) => count + (use === 'unused' ? 0 : use === 'flagged' ? 2 : 1), 0);

/** Writes a row's inputs: first the scaled values (the mean, 0, where missing), then the flags. */
export function writeInputs(normalisation: Normalisation, features: Float64Array, to: Float64Array, offset: number): void {
  let at = offset;
  for (let index = 0; index < normalisation.length; index++) {
    const { use, mean, deviation } = normalisation[index] as FeatureScale;
    if (use === 'unused') continue;
    const value = features[index] as number;
    to[at++] = Number.isNaN(value) ? 0 : Math.min(MOST_DEVIATIONS, Math.max(-MOST_DEVIATIONS, (value - mean) / deviation));
  }
  for (let index = 0; index < normalisation.length; index++) {
    if ((normalisation[index] as FeatureScale).use === 'flagged') to[at++] = Number.isNaN(features[index] as number) ? 1 : 0;
  }
}
