const ROOT_OF_TWO_PI = Math.sqrt(2 * Math.PI);
const ONE_OVER_ROOT_PI = 1 / Math.sqrt(Math.PI);

// Cody's three ranges, coefficients of the highest power first.
const CENTRE = 0.46875;
const CENTRE_TOP = [0.18577770618460315, 3.1611237438705655, 113.86415415105016, 377.485237685302, 3209.3775891384694] as const;
const CENTRE_BOTTOM = [1, 23.601290952344122, 244.02463793444417, 1282.6165260773723, 2844.236833439171] as const;
const MIDDLE = 4;
const MIDDLE_TOP = [
  2.1531153547440383e-8, 0.5641884969886701, 8.883149794388377, 66.11919063714163, 298.6351381974001, 881.952221241769, 1712.0476126340707,
  2051.0783778260716, 1230.3393547979972,
] as const;
const MIDDLE_BOTTOM = [
  1, 15.744926110709835, 117.6939508913125, 537.1811018620099, 1621.3895745666903, 3290.7992357334597, 4362.619090143247, 3439.3676741437216,
  1230.3393548037495,
] as const;
const TAIL_TOP = [
  0.016315387137302097, 0.30532663496123236, 0.36034489994980445, 0.12578172611122926, 0.016083785148742275, 0.0006587491615298378,
] as const;
const TAIL_BOTTOM = [1, 2.568520192289822, 1.8729528499234673, 0.5279051029514285, 0.06051834131244132, 0.0023352049762686918] as const;

// exp(-x^2 / 2) is less than the least double from here on; the infinities of an option at expiry are beyond it too.
const UNDERFLOW = 39;

/** Density of the standard normal law. */
export const normalDensity = (x: number): number => decay(x) / ROOT_OF_TWO_PI;

/** Distribution function of the standard normal law; the lower tail keeps its relative precision, about 1e-15, down to underflow. */
export function normalCdf(x: number): number {
  if (x > 0) return 1 - normalCdf(-x);
  const z = -x / Math.SQRT2;
  return z <= CENTRE ? 0.5 - centralErf(z) / 2 : 0.5 * decay(x) * scaledErfc(z);
}

/**
 * Complementary error function without its decay, exp(x^2) erfc(x), for x >= 0: to about 1e-15 of itself.
 * @see Cody: "Rational Chebyshev approximations for the error function", Mathematics of Computation 23 (1969), and his CALERF (1990)
 */
export function scaledErfc(x: number): number {
  if (x <= CENTRE) return Math.exp(x * x) * (1 - centralErf(x));
  if (x <= MIDDLE) return horner(MIDDLE_TOP, x) / horner(MIDDLE_BOTTOM, x);
  const inverse = 1 / (x * x);
  return (ONE_OVER_ROOT_PI - (inverse * horner(TAIL_TOP, inverse)) / horner(TAIL_BOTTOM, inverse)) / x;
}

/** The error function for 0 <= x <= CENTRE. */
const centralErf = (x: number): number => (x * horner(CENTRE_TOP, x * x)) / horner(CENTRE_BOTTOM, x * x);

/** exp(-x^2 / 2). The square is taken in two parts: its rounding would otherwise cost the tail two digits. */
function decay(x: number): number {
  if (x > UNDERFLOW || x < -UNDERFLOW) return 0;
  const coarse = Math.trunc(x * 16) / 16;
  return Math.exp((-coarse * coarse) / 2) * Math.exp((-(x - coarse) * (x + coarse)) / 2);
}

function horner(coefficients: readonly number[], x: number): number {
  let value = 0;
  for (const coefficient of coefficients) value = value * x + coefficient;
  return value;
}

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
