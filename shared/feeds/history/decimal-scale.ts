const MOST_DIGITS = 15;
/** Whole numbers up to here are exact as floats, and so is the quotient of one of them and a power of ten: the nearest float. */
const MOST_EXACT = Number.MAX_SAFE_INTEGER;

/**
 * The least number of decimals with which every value is exactly `whole / 10^decimals`, so that it comes back bit for bit.
 * Null where there is none: such values are kept as floats.
 */
export function exactDecimals(values: readonly (number | null)[]): number | null {
  let decimals = 0;
  for (const value of values) {
    while (value !== null && wholeOf(value, 10 ** decimals) === null) {
      decimals++;
      if (decimals > MOST_DIGITS) return null;
    }
  }
  const factor = 10 ** decimals;
  // A value that was exact with fewer decimals may be too large with more.
  return values.every((value) => value === null || wholeOf(value, factor) !== null) ? decimals : null;
}

/** The whole number that divided by the factor is the value, or null where there is none. The product is rounded: it may be one beside it. */
export function wholeOf(value: number, factor: number): number | null {
  // Whole numbers have no negative zero.
  if (Object.is(value, -0)) return null;
  const near = Math.round(value * factor);
  if (isIt(near, factor, value)) return near;
  if (isIt(near - 1, factor, value)) return near - 1;
  return isIt(near + 1, factor, value) ? near + 1 : null;
}

const isIt = (whole: number, factor: number, value: number): boolean => Math.abs(whole) <= MOST_EXACT && whole / factor === value;
