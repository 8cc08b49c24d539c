import { RiskError } from './risk-error.ts';

/** Shares of the diagonal that are added to it, one after the other, until a matrix of few observations can be decomposed. */
const RIDGES = [0, 1e-10, 1e-8, 1e-6, 1e-4] as const;

/**
 * The lower triangle L with L L' = covariance, row by row. With fewer observations than factors a covariance is singular: then
 * at most a ten-thousandth of the variances is added to the diagonal.
 * @param covariance  symmetric, n x n, row by row
 * @throws RiskError `not_a_covariance` when not even that makes it positive definite
 */
export function cholesky(covariance: Float64Array, n: number): Float64Array {
  for (const ridge of RIDGES) {
    const lower = decomposed(covariance, n, ridge);
    if (lower !== null) return lower;
  }
  throw new RiskError('not_a_covariance', `A matrix of ${n} x ${n} is not positive definite, so no covariance`, { n });
}

function decomposed(covariance: Float64Array, n: number, ridge: number): Float64Array | null {
  const lower = new Float64Array(n * n);
  for (let row = 0; row < n; row++) {
    for (let column = 0; column <= row; column++) {
      const entry = (covariance[row * n + column] as number) * (row === column ? 1 + ridge : 1);
      const rest = entry - dot(lower, row * n, column * n, column);
      if (row === column) {
        // A factor that never moved has a variance of nothing: its row stays empty.
        if (rest < 0 || (rest === 0 && entry !== 0)) return null;
        lower[row * n + row] = Math.sqrt(rest);
      } else {
        const diagonal = lower[column * n + column] as number;
        lower[row * n + column] = diagonal === 0 ? 0 : rest / diagonal;
      }
    }
  }
  return lower;
}

function dot(values: Float64Array, a: number, b: number, length: number): number {
  let sum = 0;
  for (let i = 0; i < length; i++) sum += (values[a + i] as number) * (values[b + i] as number);
  return sum;
}
