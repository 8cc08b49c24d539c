const ROOT_OF_TWO_PI = Math.sqrt(2 * Math.PI);

/** Density of the standard normal law at z. */
export const normalDensity = (z: number): number => Math.exp(-0.5 * z * z) / ROOT_OF_TWO_PI;

const HART_LIMIT = 7.07106781186547;
const NUMERATOR = [
  0.0352624965998911, 0.700383064443688, 6.37396220353165, 33.912866078383, 112.079291497871, 221.213596169931, 220.206867912376,
] as const;
const DENOMINATOR = [
  0.0883883476483184, 1.75566716318264, 16.064177579207, 86.7807322029461, 296.564248779674, 637.333633378831, 793.826512519948, 440.413735824752,
] as const;

/**
 * Distribution function of the standard normal law, to about 1e-15.
 * @see Hart et al.: "Computer approximations" (1968), algorithm 5666; West: "Better approximations to cumulative normal functions" (2005)
 */
export function normalCdf(x: number): number {
  const size = Math.abs(x);
  const tail = size > 37 ? 0 : Math.exp((-size * size) / 2) * (size < HART_LIMIT ? rational(size) : continued(size));
  return x > 0 ? 1 - tail : tail;
}

const horner = (coefficients: readonly number[], x: number): number => coefficients.reduce((value, coefficient) => value * x + coefficient, 0);
const rational = (x: number): number => horner(NUMERATOR, x) / horner(DENOMINATOR, x);
const continued = (x: number): number => 1 / (x + 1 / (x + 2 / (x + 3 / (x + 4 / (x + 0.65))))) / ROOT_OF_TWO_PI;

const A = [-3.969683028665376e1, 2.209460984245205e2, -2.759285104469687e2, 1.38357751867269e2, -3.066479806614716e1, 2.506628277459239] as const;
const B = [-5.447609879822406e1, 1.615858368580409e2, -1.556989798598866e2, 6.680131188771972e1, -1.328068155288572e1, 1] as const;
const C = [-7.784894002430293e-3, -3.223964580411365e-1, -2.400758277161838, -2.549732539343734, 4.374664141464968, 2.938163982698783] as const;
const D = [7.784695709041462e-3, 3.224671290700398e-1, 2.445134137142996, 3.754408661907416, 1] as const;

/** Below this probability the tail's own approximation holds. */
const TAIL = 0.02425;

/**
 * The quantile of the standard normal: the z with that probability below it. Relative error below 1.2e-9.
 * @param probability  0 < probability < 1; at 0 and 1 the answer is infinite
 * @see Acklam: "An algorithm for computing the inverse normal cumulative distribution function" (2003)
 */
export function normalQuantile(probability: number): number {
  if (probability <= 0) return Number.NEGATIVE_INFINITY;
  if (probability >= 1) return Number.POSITIVE_INFINITY;
  if (probability < TAIL) return tail(probability);
  if (probability > 1 - TAIL) return -tail(1 - probability);
  const q = probability - 0.5;
  const r = q * q;
  return (polynomial(A, r) * q) / polynomial(B, r);
}

function tail(probability: number): number {
  const q = Math.sqrt(-2 * Math.log(probability));
  return polynomial(C, q) / polynomial(D, q);
}

const polynomial = (coefficients: readonly number[], x: number): number => coefficients.reduce((sum, c) => sum * x + c, 0);
