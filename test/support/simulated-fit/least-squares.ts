/** Residuals of a point, in deviations. */
export type Residuals = (point: readonly number[]) => readonly number[];

const STEP = 0.1;
const DAMPINGS = [0, 0.1, 1, 10, 100] as const;
const LONGEST = 0.7;

const sizeOf = (residuals: readonly number[]): number => residuals.reduce((total, residual) => total + residual ** 2, 0);

/**
 * Least squares by Levenberg-Marquardt steps with slopes from differences: of several dampings the best is taken. Deterministic.
 * Slopes are taken over a wide step: simulated moments are rough on a small one.
 */
export function leastSquares(residualsOf: Residuals, from: readonly number[], rounds: number, say: (line: string) => void): readonly number[] {
  let point = from;
  let residuals = residualsOf(point);
  for (let round = 1; round <= rounds; round++) {
    const slopes = point.map((_, i) => {
      const moved = residualsOf(point.map((value, j) => (j === i ? value + STEP : value)));
      return moved.map((residual, k) => (residual - (residuals[k] ?? 0)) / STEP);
    });
    const right = slopes.map((slope) => -dot(slope, residuals));
    const tried = DAMPINGS.map((damping) => {
      const direction = solve(normalMatrix(slopes, damping), right);
      const next = point.map((value, i) => value + Math.max(-LONGEST, Math.min(LONGEST, direction[i] ?? 0)));
      return { next, found: residualsOf(next) };
    });
    const best = tried.reduce((one, other) => (sizeOf(other.found) < sizeOf(one.found) ? other : one));
    if (sizeOf(best.found) >= sizeOf(residuals)) return point;
    say(`round ${round}: ${sizeOf(residuals).toFixed(1)} -> ${sizeOf(best.found).toFixed(1)}`);
    [point, residuals] = [best.next, best.found];
  }
  return point;
}

const dot = (a: readonly number[], b: readonly number[]): number => a.reduce((total, value, i) => total + value * (b[i] ?? 0), 0);

const normalMatrix = (slopes: readonly (readonly number[])[], damping: number): number[][] =>
  slopes.map((one, i) => slopes.map((other, j) => dot(one, other) * (i === j ? 1 + damping : 1)));

/** Gaussian elimination with pivots. */
function solve(matrix: number[][], right: number[]): readonly number[] {
  const size = right.length;
  const rows = matrix.map((row, i) => [...row, right[i] ?? 0]);
  for (let column = 0; column < size; column++) {
    let pivot = column;
    for (let i = column + 1; i < size; i++) if (Math.abs(rows[i]?.[column] ?? 0) > Math.abs(rows[pivot]?.[column] ?? 0)) pivot = i;
    [rows[column], rows[pivot]] = [rows[pivot] as number[], rows[column] as number[]];
    const base = rows[column] as number[];
    for (let i = 0; i < size; i++) {
      if (i === column) continue;
      const row = rows[i] as number[];
      const times = (row[column] ?? 0) / (base[column] ?? 1);
      for (let j = column; j <= size; j++) row[j] = (row[j] ?? 0) - times * (base[j] ?? 0);
    }
  }
  return rows.map((row, i) => (row[size] ?? 0) / (row[i] ?? 1));
}
