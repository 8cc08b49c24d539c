import { logitLoss, sigmoid } from '../network/network.ts';

/** Calibrated odds = sigmoid(slope x logit + shift). */
export interface Platt {
  readonly slope: number;
  readonly shift: number;
}

const MOST_STEPS = 100;
const SMALL = 1e-10;
const RIDGE = 1e-9;

/**
 * Fits the two figures on logits that were made without their own row, by Newton's method with halved steps, on targets pulled in
 * as if one more row of each class had been seen. A slope that is not above zero (the logits point the wrong way) becomes zero: then the odds
 * are the base rate.
 * @param labels  0 or 1
 * @see Platt: "Probabilistic outputs for support vector machines" (1999); Lin, Lin, Weng: "A note on Platt's probabilistic outputs" (2007)
 */
export function fitPlatt(logits: readonly number[], labels: readonly number[]): Platt {
  const ones = labels.reduce((sum, label) => sum + label, 0);
  const targets = labels.map((label) => (label === 1 ? (ones + 1) / (ones + 2) : 1 / (labels.length - ones + 2)));
  const base = (ones + 1) / (labels.length + 2);
  const flat: Platt = { slope: 0, shift: Math.log(base / (1 - base)) };
  let fitted = flat;
  for (let step = 0; step < MOST_STEPS; step++) {
    const next = newtonStep(fitted, logits, targets);
    if (next === null) break;
    fitted = next;
  }
  return fitted.slope > 0 ? fitted : flat;
}

const lossOf = ({ slope, shift }: Platt, logits: readonly number[], targets: readonly number[]): number =>
  logits.reduce((sum, logit, row) => sum + logitLoss(slope * logit + shift, targets[row] as number), 0);

/** A better fit, or null where there is none. */
function newtonStep(from: Platt, logits: readonly number[], targets: readonly number[]): Platt | null {
  let [gSlope, gShift, hSlope, hShift, hBoth] = [0, 0, RIDGE, RIDGE, 0];
  logits.forEach((logit, row) => {
    const odds = sigmoid(from.slope * logit + from.shift);
    const error = odds - (targets[row] as number);
    const curve = odds * (1 - odds);
    gSlope += error * logit;
    gShift += error;
    hSlope += curve * logit * logit;
    hShift += curve;
    hBoth += curve * logit;
  });
  const determinant = hSlope * hShift - hBoth * hBoth;
  const slope = -(hShift * gSlope - hBoth * gShift) / determinant;
  const shift = -(hSlope * gShift - hBoth * gSlope) / determinant;
  const loss = lossOf(from, logits, targets);
  for (let share = 1; share > SMALL; share /= 2) {
    const next = { slope: from.slope + share * slope, shift: from.shift + share * shift };
    if (lossOf(next, logits, targets) < loss - SMALL) return next;
  }
  return null;
}
